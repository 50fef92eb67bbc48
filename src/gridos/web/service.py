"""Whether the server lives, whether it can work, and what it counts."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.datastructures import Headers

from gridos.errors import NotAllowed

IsWatcher = Callable[[str], bool]
"""Says whether an Authorization header holds the metrics token."""

LOOPBACK = frozenset({"127.0.0.1", "::1"})
FORWARDING_HEADERS = ("forwarded", "via", "x-forwarded-", "x-real-ip")


def router(is_ready: Callable[[], Awaitable[bool]], registry: CollectorRegistry, is_watcher: IsWatcher) -> APIRouter:
    """The routes of `/healthz`, `/readyz` and `/metrics`, open to those who watch the server."""
    routes = APIRouter(tags=["service"])

    @routes.get("/healthz")
    async def health() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @routes.get("/readyz")
    async def ready() -> JSONResponse:
        """The database answers too."""
        if await is_ready():
            return JSONResponse({"status": "ok"})
        return JSONResponse({"detail": "The database does not answer."}, 503)

    @routes.get("/metrics", response_class=Response)
    async def metrics(request: Request) -> Response:
        """Prometheus counters, for this machine itself or for whoever holds the metrics token."""
        if not _may_watch(request, is_watcher):
            raise NotAllowed("Metrics answer this machine itself, or a bearer of GRIDOS_METRICS_TOKEN.")
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return routes


def _may_watch(request: Request, is_watcher: IsWatcher) -> bool:
    peer = request.client.host if request.client else ""
    is_here = peer in LOOPBACK and not _is_forwarded(request.headers)
    return is_here or is_watcher(request.headers.get("authorization", ""))


def _is_forwarded(headers: Headers) -> bool:
    """A proxy on this machine makes every visitor look like loopback."""
    return any(name.startswith(FORWARDING_HEADERS) for name in headers)
