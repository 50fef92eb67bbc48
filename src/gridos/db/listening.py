"""
Hears what other processes tell through PostgreSQL's NOTIFY.

A notice is only a hint to look: some are missed while the connection is lost. So after every new connection the
subscribers are told to resynchronise, and whoever must not miss anything also looks once a second.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, TypeAlias, get_args

import psycopg
from psycopg import AsyncConnection

from gridos.db.doors import Connection, become_nobody
from gridos.errors import StorageUnavailable

Channel: TypeAlias = Literal["wb", "connection", "plugins", "access", "sessions", "answers", "limits", "askers"]
"""
What a notice is about, and its text: `wb` workbook:seq (new ops), `connection` owner:slug (other secrets),
`plugins` owner (installed or removed), `access` workbook (its collaborators, its name, its deletion), `sessions` user
(signed out somewhere, an API key revoked, or disabled), `answers` connections (answers of theirs were saved), `limits`
connections (a process was told to leave their upstream alone; none: a process has come or gone), `askers`
process:connection (which it begins to ask for, or asks for no more).
"""

_log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0  # seconds between attempts to connect
_HEARTBEAT = 20.0  # seconds of silence until the connection has to prove that it lives


class Listener:
    """
    The process's one listening connection.

    Callbacks are plain functions called in the event loop, one after another; one that raises harms no other.
    """

    def __init__(self, url: str) -> None:
        """`url` is a direct or session-mode address: a transaction pooler loses LISTEN."""
        self._url = url
        self._callbacks: defaultdict[str, list[Callable[[str], None]]] = defaultdict(list)
        self._resyncs: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, channel: Channel, callback: Callable[[str], None]) -> None:
        """Call back with the text of every notice on a channel."""
        self._callbacks[channel].append(callback)

    def on_resync(self, callback: Callable[[], None]) -> None:
        """Call back whenever notices may have been missed: after every connect, the first one included."""
        self._resyncs.append(callback)

    async def open(self) -> None:
        """Listen from now on, until `close`; `StorageUnavailable` if the database does not answer."""
        try:
            connection = await self._connect()
        except (psycopg.Error, TimeoutError):
            raise StorageUnavailable from None
        self._task = asyncio.create_task(self._keep_hearing(connection), name="listener")

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _keep_hearing(self, connection: Connection) -> None:
        while True:
            await self._hear(connection)
            _log.warning("the listening connection is lost; connecting again")
            connection = await self._reconnect()

    async def _reconnect(self) -> Connection:
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._connect()
            except (psycopg.Error, TimeoutError) as trouble:
                _log.debug("the listening connection is turned away: %s", type(trouble).__name__)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _connect(self) -> Connection:
        connection = await AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5)
        try:
            async with asyncio.timeout(_HEARTBEAT):
                await become_nobody(connection)
                for channel in get_args(Channel):
                    await connection.execute(f"listen {channel}".encode())
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _hear(self, connection: Connection) -> None:
        """Pass notices on until the connection is lost."""
        loop = asyncio.get_running_loop()
        for resync in self._resyncs:
            loop.call_soon(resync)
        with suppress(psycopg.Error, TimeoutError):
            async with connection:
                while True:
                    async for notice in connection.notifies(timeout=_HEARTBEAT):
                        for callback in self._callbacks[notice.channel]:
                            loop.call_soon(callback, notice.payload)
                    async with asyncio.timeout(_HEARTBEAT):
                        await connection.execute("select")
