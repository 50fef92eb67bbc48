"""Bounds how long a call may take, without counting the time it waits for its turn."""

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Deadline:
    """So many seconds of a call's own time. The clock stands still while anything is inside `paused()`."""

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._left = seconds
        self._pauses = 0
        self._timer: asyncio.TimerHandle | None = None
        self.is_over = False
        """Whether the work that was bounded has ended, in whichever way."""

    async def bound(self, work: Coroutine[Any, Any, T]) -> T:
        """
        What the work brings, or TimeoutError.

        Work that ignores its cancellation is left to itself: neither its result nor its end is waited for.
        """
        task = asyncio.create_task(work)
        task.add_done_callback(_see)
        self._go_on()
        try:
            await asyncio.wait({task, self._over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.is_over = True
            self._stand_still()
            task.cancel()
        if not task.done():
            raise TimeoutError
        return task.result()

    @contextmanager
    def paused(self) -> Generator[None]:
        """Stop the clock until the block is left. Several parts of one call may do so at the same time."""
        self._pauses += 1
        self._stand_still()
        try:
            yield
        finally:
            self._pauses -= 1
            if not self._pauses:
                self._go_on()

    def _go_on(self) -> None:
        self._timer = self._loop.call_later(self._left, self._expire)

    def _stand_still(self) -> None:
        if self._timer:
            self._left = self._timer.when() - self._loop.time()
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        if not self._over.done():
            self._over.set_result(None)


def _see(task: asyncio.Task[Any]) -> None:
    """Look at a failure, since asyncio would log the words of one that nobody looked at."""
    if not task.cancelled():
        task.exception()
