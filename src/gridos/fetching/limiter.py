"""Lets only so many requests of one connection, and of all together, be under way at a time."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from gridos.fetching.deadline import Deadline
from gridos.grid import CellError
from gridos.plugins import UpstreamError

LONGEST_PAUSE: Final = 60.0
"""Seconds a request waits for the end of a pause. A longer one refuses it at once instead."""


class Limiter:
    """
    Queues, one per connection, first come first served.

    Each connection brings at most its own number of requests to the queue of all, so owners take turns there.
    """

    def __init__(self, in_all: int, clock: Callable[[], float]) -> None:
        self._in_all = asyncio.Semaphore(in_all)
        self._queues: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()
        self._pauses: dict[UUID, CellError] = {}
        self._clock = clock

    @asynccontextmanager
    async def turn(self, connection: UUID, at_once: int, deadline: Deadline | None = None) -> AsyncGenerator[None]:
        """
        Wait for a turn and hold it. The wait does not count towards the deadline that is given.

        UpstreamError, with the reason of the pause, if the connection has to pause for long.
        """
        queue = self._queues.get(connection) or asyncio.Semaphore(at_once)
        self._queues[connection] = queue
        async with AsyncExitStack() as held:
            with deadline.paused() if deadline else nullcontext():
                await held.enter_async_context(queue)
                await self._sit_out(connection)
                await held.enter_async_context(self._in_all)
            yield

    def pause(self, connection: UUID, why: CellError) -> None:
        """Hold this connection's queue, and no other, until the error's `retry_at`."""
        now = self._clock()
        self._pauses = {held: one for held, one in self._pauses.items() if (one.retry_at or 0.0) > now}
        self._pauses[connection] = why

    def pause_of(self, connection: UUID) -> CellError | None:
        """Why this connection has to pause at the moment, if it has to."""
        why = self._pauses.get(connection)
        return why if why and (why.retry_at or 0.0) > self._clock() else None

    def forget(self, connection: UUID) -> None:
        """End the pause of a connection that is gone or has new secrets."""
        self._pauses.pop(connection, None)

    async def _sit_out(self, connection: UUID) -> None:
        while why := self._pauses.get(connection):
            seconds = (why.retry_at or 0.0) - self._clock()
            if seconds <= 0:
                del self._pauses[connection]
            elif seconds > LONGEST_PAUSE:
                raise UpstreamError(why)
            else:
                await asyncio.sleep(seconds)
