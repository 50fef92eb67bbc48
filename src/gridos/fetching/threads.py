"""Runs synchronous functions beside the event loop, so that a stuck one harms nobody else."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from threading import Thread
from typing import Final, TypeVar
from uuid import UUID

from gridos.fetching.deadline import Deadline
from gridos.fetching.limiter import Limiter

T = TypeVar("T")

IN_ALL: Final = 32
PER_CONNECTION: Final = 4


class Threads:
    """
    At most four threads for one connection and 32 in all; further functions wait for their turn.

    A thread cannot be stopped. It holds its turn until it ends, even if nobody waits for it any more. It is a daemon
    of its own rather than one of an executor's, because Python waits for those before it exits.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._limiter = Limiter(IN_ALL, clock)

    async def run(self, connection: UUID, deadline: Deadline, function: Callable[[], T]) -> T:
        """What the function returns. It must not raise: there may be nobody left to raise to."""
        started = asyncio.Event()
        work = asyncio.create_task(self._run(connection, deadline, function, started))
        try:
            return await asyncio.shield(work)
        finally:
            if not started.is_set():
                work.cancel()

    async def _run(self, connection: UUID, deadline: Deadline, function: Callable[[], T], started: asyncio.Event) -> T:
        async with self._limiter.turn(connection, PER_CONNECTION, deadline):
            started.set()
            return await _in_thread(function)


async def _in_thread(function: Callable[[], T]) -> T:
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        result = function()
        with suppress(RuntimeError):  # the loop is closed: the server has stopped meanwhile
            loop.call_soon_threadsafe(outcome.set_result, result)

    Thread(target=copy_context().run, args=(run,), daemon=True).start()
    return await outcome
