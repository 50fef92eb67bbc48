"""What happens to every answer on its way out: security headers, and one log line."""

import logging
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("gridos.access")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000"}
PRIVATE = ("/settings/", "/auth/")


class Traffic:
    """A pure ASGI layer: it never holds a body, so answers stream through."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._headers = HEADERS | HSTS if is_https else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            scope["query_string"] = b""  # uvicorn would log it, and no socket of ours has one
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            _log(scope, status, time.perf_counter() - start)

    def _add_headers(self, scope: Scope, headers: MutableHeaders) -> None:
        for name, value in self._headers.items():
            headers.setdefault(name, value)  # a page states its own policy, with its nonce
        if scope["path"].startswith(PRIVATE):
            headers["Cache-Control"] = "no-store"


def _log(scope: Scope, status: int, seconds: float) -> None:
    # Without the query: it may hold an invite's token. Escaped: a path may hold line ends and a terminal's commands.
    log.info("%s %s %d %.0f ms", scope["method"], ascii(scope["path"])[1:-1], status, seconds * 1e3)
