"""
Keeps to a limit together with the other server processes.

Nothing of this stands between a call and its upstream: a process knows its share beforehand, and tells what it has met
afterwards.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any, Final, TypeVar
from uuid import UUID

from gridos.fetching.gateway import Gateway
from gridos.fetching.limit_store import LimitStore, Told
from gridos.fetching.telling import heed

_logger = logging.getLogger(__name__)

T = TypeVar("T")

MOST_AT_ONCE: Final = 200


class Peers:
    """This process among the others. While the database does not answer, it keeps the share that it had."""

    def __init__(self, store: LimitStore, gateway: Gateway) -> None:
        self._store = store
        self._gateway = gateway
        self._told: dict[tuple[UUID, str], Told] = {}
        self._heard: set[UUID] = set()
        self._uncounted: set[UUID] = set()
        self._has_others = False
        self._in_order = asyncio.Lock()
        self._may_have_missed = False
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_away = False

    async def announce(self) -> None:
        """Say that this process lives, and take its shares; to be repeated well within 30 seconds."""
        limiter = self._gateway.limiter
        async with self._in_order:
            if share := await self._try(self._store.announce(limiter.asked())):
                self._has_others = share.of > 1
                limiter.take(share)
                await self._ask(limiter.asked())

    async def catch_up(self) -> None:
        """Learn what may have been missed: who lives, and all that is held back."""
        await self.announce()
        await self._heed(None)

    def tell(self, told: Told) -> None:
        """Let the others know, soon."""
        self._told[told.ref.id, told.name] = told
        self._go_on("tell", self._tell)

    def began(self, connection: UUID) -> None:
        """A connection begins to be asked for here; its share, if there are others, is known soon."""
        if self._has_others:
            self._uncounted.add(connection)
            self._go_on("count", self._count)

    def heard_asker(self, process: UUID, connection: UUID) -> None:
        """A process asks for a connection, or does not any more."""
        if process != self._store.process:
            self.began(connection)

    def heard(self, connections: Collection[UUID]) -> None:
        """Another process has told something of these connections; of none: it has come or gone."""
        self._heard.update(connections)
        self._may_have_missed |= not connections
        self._go_on("follow", self._follow)

    async def sweep(self) -> None:
        """Delete what is over."""
        await self._store.sweep()

    async def aclose(self) -> None:
        """Tell what is to be told, and leave one's share to the others."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._try(self._store.leave())

    async def _tell(self) -> None:
        """One statement at a time; what comes meanwhile shares the next one."""
        while batch := [self._told.pop(key) for key in list(self._told)[:MOST_AT_ONCE]]:
            await self._try(self._store.tell(batch))

    async def _count(self) -> None:
        """One statement at a time, as above."""
        while self._uncounted:
            async with self._in_order:
                uncounted, self._uncounted = self._uncounted, set()
                await self._ask(uncounted & self._gateway.limiter.asked())

    async def _ask(self, connections: Collection[UUID]) -> None:
        if connections and self._has_others:
            self._gateway.limiter.count(await self._try(self._store.ask(connections)) or {})

    async def _follow(self) -> None:
        while self._heard or self._may_have_missed:
            heard, self._heard = self._heard, set()
            if self._may_have_missed:
                self._may_have_missed = False
                await self.catch_up()
            else:
                await self._heed(heard)

    async def _heed(self, connections: Collection[UUID] | None) -> None:
        for connection, text in await self._try(self._store.read(connections, self._gateway.clock())) or ():
            heed(self._gateway, connection, text)

    def _go_on(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = self._tasks.get(name)
        if task is None or task.done():
            self._tasks[name] = asyncio.create_task(work(), name=f"limits: {name}")

    async def _try(self, work: Awaitable[T]) -> T | None:
        """None when the database does not answer."""
        try:
            outcome = await work
        except Exception as trouble:  # noqa: BLE001 -- whatever storage does, calls go on
            if not self._is_away:
                _logger.warning("limits are not shared with other processes now: %s", type(trouble).__name__)
            self._is_away = True
            return None
        self._is_away = False
        return outcome
