"""Tells the open workbooks what other processes, or other requests of this one, have changed."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from gridos.db import Listener
from gridos.errors import GridOSError
from gridos.live import Hub

log = logging.getLogger(__name__)


class Notices:
    """Runs what a notice asks for. One that fails is logged; the next resynchronisation makes up for it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._running: set[asyncio.Task[None]] = set()

    def subscribe(self, listener: Listener) -> None:
        """Listen to every channel the database tells something on (`db.listening.Channel`)."""
        listener.subscribe("wb", self._workbook)
        listener.subscribe("access", self._access)
        listener.subscribe("connection", self._connection)
        listener.subscribe("plugins", self._plugins)
        listener.subscribe("sessions", self._sessions)
        listener.on_resync(lambda: self._run(self._hub.catch_up()))

    def _workbook(self, text: str) -> None:
        self._run(self._hub.follow(UUID(text.partition(":")[0])))

    def _access(self, text: str) -> None:
        self._run(self._hub.access_changed(UUID(text)))

    def _connection(self, text: str) -> None:
        owner, _, plugin = text.partition(":")
        self._run(self._hub.connection_changed(UUID(owner), plugin))

    def _plugins(self, text: str) -> None:
        self._run(self._hub.plugins_changed(UUID(text)))

    def _sessions(self, text: str) -> None:
        self._run(self._hub.sessions_changed(UUID(text)))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._logged(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _logged(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except GridOSError as error:
            log.warning("A notice could not be followed: %s", error)
        except Exception:  # a notice must not end the listener
            log.exception("A notice could not be followed")

    async def close(self) -> None:
        """Stop what still runs."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
