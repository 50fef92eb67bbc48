"""Puts the routes together."""

from collections.abc import Iterable
from importlib.metadata import version

from fastapi import APIRouter, FastAPI

from gridos.web import docs
from gridos.web.errors import add_error_handlers
from gridos.web.guarding import Guard
from gridos.web.traffic import Traffic


def create_app(guard: Guard, routers: Iterable[APIRouter], *, is_https: bool) -> FastAPI:
    """The application. A route that is not among `routers` is a plain 404."""
    app = FastAPI(
        title="GridOS",
        version=version("gridos"),
        summary="A self-hosted spreadsheet whose cells call your services.",
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.guard = guard
    add_error_handlers(app)
    for routes in routers:
        app.include_router(routes)
    app.include_router(docs.router())
    app.add_middleware(Traffic, is_https=is_https)
    return app
