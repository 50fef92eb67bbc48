"""Puts the routes together."""

from collections.abc import Iterable
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from gridos.web import docs, pages
from gridos.web.errors import REFUSALS, add_error_handlers
from gridos.web.guarding import Guard
from gridos.web.traffic import Traffic


class _Application(FastAPI):
    """Every answer passes `Traffic`. A middleware would stand inside the layer that answers our own mistakes."""

    is_https = False

    def build_middleware_stack(self) -> ASGIApp:
        """The layers around the routes."""
        return Traffic(super().build_middleware_stack(), is_https=self.is_https)


def create_app(guard: Guard, routers: Iterable[APIRouter], *, is_https: bool) -> FastAPI:
    """The application. A route that is not among `routers` is a plain 404."""
    app = _Application(
        title="GridOS",
        version=version("gridos"),
        summary="A self-hosted spreadsheet whose cells call your services.",
        docs_url=None,
        redoc_url=None,
        responses=REFUSALS,
        telemetry={"tracing": False, "metrics": False},
    )
    app.is_https = is_https
    app.state.guard = guard
    add_error_handlers(app)
    for routes in routers:
        app.include_router(routes)
    app.include_router(docs.router())
    app.include_router(pages.router())
    return app
