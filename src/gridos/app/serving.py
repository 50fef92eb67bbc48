"""Runs the server, from a free port to the last closed file."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Never

import uvicorn

from gridos.app.assembling import Server, assemble
from gridos.app.database import DatabaseUrls, open_database
from gridos.app.logs import set_up_logs
from gridos.errors import PortTaken
from gridos.settings import Settings

log = logging.getLogger(__name__)

Prepare = Callable[[Server], Awaitable[None]]


async def _nothing(server: Server) -> None:
    pass


def serve(settings: Settings, *, may_make_key: bool = False, prepare: Prepare = _nothing) -> None:
    """
    Listen, open the database, answer until told to stop.

    `prepare` runs when everything stands and before the first request. `may_make_key` lets the vault make its own
    root key, for a single user and the demo.
    """
    set_up_logs(settings.log_level)
    # uvicorn ends itself by the signal it got. An exception instead lets the database stop in order.
    signal.signal(signal.SIGTERM, _leave)
    with closing(_listen(settings)) as listening, open_database(settings) as urls:
        config = uvicorn.Config("", log_config=None, access_log=False, server_header=False, proxy_headers=False)
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_run(settings, urls, listening, may_make_key=may_make_key, prepare=prepare))


def _leave(*_: object) -> Never:
    sys.exit(0)


async def _run(
    settings: Settings, urls: DatabaseUrls, listening: socket.socket, *, may_make_key: bool, prepare: Prepare
) -> None:
    async with assemble(settings, urls, may_make_key=may_make_key) as server:
        await prepare(server)
        config = uvicorn.Config(
            server.app, lifespan="off", log_config=None, access_log=False, server_header=False, proxy_headers=False
        )
        log.info("GridOS answers at %s", address(listening))
        await uvicorn.Server(config).serve(sockets=[listening])


def address(listening: socket.socket) -> str:
    """The address to open in a browser on this machine."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- read, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen(settings: Settings) -> socket.socket:
    """Take the port first: a server that cannot have it starts nothing."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"GridOS cannot listen on {settings.host}, port {settings.port}: {error.strerror}. "
            "Choose another with GRIDOS_PORT (`--port` for the demo)."
        ) from None
    return listening
