"""One connection's queue of requests: who is next, and when it may go."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gridos.fetching.pacing import Bucket
from gridos.fetching.priority import Priority
from gridos.fetching.share import Share
from gridos.grid import CellError

RESTED_AFTER: Final = 20.0
"""Seconds without a request after which a connection is not asked for any more, and other processes have its limits."""

_URGENT_FIRST: Final = tuple(Priority)
_SCHEDULED_FIRST: Final = (Priority.SCHEDULED, Priority.BACKFILL, Priority.INTERACTIVE)
_BACKFILL_FIRST: Final = (Priority.BACKFILL, Priority.SCHEDULED, Priority.INTERACTIVE)


def order(served: int) -> Sequence[Priority]:
    """Who goes first after so many turns. Every eighth is kept for those who would otherwise wait for ever."""
    if served % 32 == 31:  # noqa: PLR2004 -- every fourth of the eighth turns
        return _BACKFILL_FIRST
    return _SCHEDULED_FIRST if served % 8 == 7 else _URGENT_FIRST  # noqa: PLR2004 -- as above


@dataclass(slots=True, eq=False)
class Waiter:
    """A request that wants a turn, or has it."""

    priority: Priority
    cost: float
    turn: asyncio.Future[None]


def _queues() -> tuple[OrderedDict[Waiter, None], ...]:
    return tuple(OrderedDict[Waiter, None]() for _ in Priority)


@dataclass(slots=True, eq=False)
class Queue:
    """
    What waits and what runs on one connection, and what holds it back.

    `at_once` is how many requests may run in all processes together. Of that this one has its `share`: among all that
    live, and once it `is_counted` among those who ask for the connection; `due` is the one to come. `slow_until` is how
    long only half as many may.
    """

    share: Share
    due: Share
    asks: bool = False
    is_counted: bool = False
    used_at: float = 0.0
    at_once: int = 1
    bucket: Bucket | None = None
    pause: CellError | None = None
    slow_until: float = 0.0
    running: int = 0
    cost_under_way: float = 0.0
    timer: asyncio.TimerHandle | None = None
    _served: int = 0
    _waiting: tuple[OrderedDict[Waiter, None], ...] = field(default_factory=_queues)

    @property
    def top(self) -> Priority | None:
        """The priority of the most urgent that waits, if any does."""
        return next((priority for priority in Priority if self._waiting[priority]), None)

    def join(self, waiter: Waiter) -> None:
        """Wait behind all that are as urgent."""
        self._waiting[waiter.priority][waiter] = None

    def leave(self, waiter: Waiter) -> None:
        """Wait no more."""
        self._waiting[waiter.priority].pop(waiter, None)

    def clear(self) -> list[Waiter]:
        """Everybody who waited."""
        waiters = [waiter for waiting in self._waiting for waiter in waiting]
        for waiting in self._waiting:
            waiting.clear()
        return waiters

    def seconds_to_next(self, now: float) -> float | None:
        """How long until the next may go; 0 for at once, None when no passing of time helps."""
        waiter = self._next()
        if waiter is None or self.running >= self._limit(now):
            return None
        paused = self.pause_left(now)
        return max(paused, self.bucket.seconds_to(waiter.cost, now)) if self.bucket else paused

    def serve(self, now: float) -> Waiter:
        """Take out the next and give it its turn."""
        waiter = self._next()
        assert waiter
        self.leave(waiter)
        self._served += 1
        self.running += 1
        self.cost_under_way += waiter.cost
        if self.bucket:
            self.bucket.spend(waiter.cost, now)
        waiter.turn.set_result(None)
        return waiter

    def release(self, waiter: Waiter) -> None:
        """Its turn is over."""
        self.running -= 1
        self.cost_under_way -= waiter.cost

    def pause_left(self, now: float) -> float:
        """Seconds until the pause ends."""
        return max(0.0, (self.pause.retry_at or 0.0) - now) if self.pause else 0.0

    def is_idle(self, now: float) -> bool:
        """Whether nothing would be lost by forgetting it, but for what upstream told of its pace."""
        busy = self.running or self.top is not None or self.pause_left(now) or self.slow_until > now
        return not busy and (self.bucket is None or self.bucket.is_full(now))

    def has_rested(self, now: float) -> bool:
        """Whether it was not used for a while, and others may have what it leaves."""
        busy = self.running or self.top is not None or self.pause_left(now) or now - self.used_at < RESTED_AFTER
        return not busy and (self.bucket is None or self.bucket.is_at_rest(now))

    def _limit(self, now: float) -> int:
        return self.share.places(self.at_once if self.slow_until <= now else self.at_once // 2)

    def _next(self) -> Waiter | None:
        waiting = (self._waiting[priority] for priority in order(self._served))
        return next((next(iter(some)) for some in waiting if some), None)
