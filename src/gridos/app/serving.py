"""Runs the server, from a free port to the last closed file."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import closing
from typing import Any, Never

import uvicorn
from fastapi import FastAPI

from gridos.app.assembling import Server, assemble
from gridos.app.database import DatabaseUrls, open_database
from gridos.app.hardening import forget_variables, leave_no_core
from gridos.app.logs import quiet_plugins, set_up_logs
from gridos.errors import PortTaken
from gridos.settings import Settings
from gridos.web.live import LARGEST_FRAME

log = logging.getLogger(__name__)

# What still runs this many seconds after being told to stop is broken off.
FAREWELL_SECONDS = 3

Work = Callable[[DatabaseUrls, socket.socket], Coroutine[Any, Any, None]]


def serve(settings: Settings) -> None:
    """Run the server until told to stop."""

    async def work(urls: DatabaseUrls, listening: socket.socket) -> None:
        async with assemble(settings, urls, may_make_key=not settings.saas) as server:
            await answer(server, listening)

    listen_and_run(settings, work)


def listen_and_run(settings: Settings, work: Work) -> None:
    """Take the port, open the database, and do the work; close both, whatever ends it."""
    set_up_logs(settings.log_level)
    leave_no_core()
    leave_when_told()
    forget_variables()
    with closing(_listen(settings)) as listening, open_database(settings) as urls:
        loop_factory = _config("").get_loop_factory()
        with asyncio.Runner(loop_factory=loop_factory) as runner, quiet_plugins(runner.get_loop()):
            runner.run(work(urls, listening))


def leave_when_told() -> None:
    """SIGTERM and Ctrl-C raise SystemExit, so that everything that is open is closed in order."""
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, _leave)


def calm_collector() -> None:
    """
    What stands now stands until the end: the garbage collector need not look through it in the middle of a request.

    And a thousand cells are a normal day, no reason to look.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def answer(server: Server, listening: socket.socket) -> None:
    """Answer requests until told to stop."""
    calm_collector()
    log.info("GridOS answers at %s", address(listening))
    await _Server(server).serve(sockets=[listening])


class _Server(uvicorn.Server):
    """Lets whoever waits for cells go first, so that stopping does not take as long as they would wait."""

    def __init__(self, server: Server) -> None:
        super().__init__(_config(server.app))
        self._hub = server.hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._hub.close_all()
        await super().shutdown(sockets)


def _config(app: FastAPI | str) -> uvicorn.Config:
    # Our own layer logs requests, without their queries. A proxy's headers are believed by nobody here.
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=FAREWELL_SECONDS,
        ws_max_size=LARGEST_FRAME,
        # Compressing would be done once for each socket, and what many are told is to be encoded once.
        ws_per_message_deflate=False,
    )


def _leave(*_: object) -> Never:
    sys.exit(0)


def address(listening: socket.socket) -> str:
    """The address to open in a browser on this machine."""
    bound: str
    bound, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bound, bound)  # noqa: S104 -- read, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen(settings: Settings) -> socket.socket:
    """Take the port first: a server that cannot have it starts nothing."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named, because asyncio's own loop switches Nagle's delay off only then: 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"GridOS cannot listen on {settings.host}, port {settings.port}: {error.strerror}. "
            "Choose another with GRIDOS_HOST or GRIDOS_PORT (`--port` for the demo)."
        ) from None
    return listening
