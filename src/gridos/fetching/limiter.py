"""Lets only so many requests of one connection, and of all together, be under way at a time, and none too early."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import Final, TypeAlias
from uuid import UUID

from gridos.fetching.deadline import Deadline
from gridos.fetching.pacing import Bucket, is_meant
from gridos.fetching.priority import Priority, Urgency
from gridos.fetching.queueing import Queue, Waiter, order
from gridos.fetching.share import Share
from gridos.grid import CellError
from gridos.plugins import PaceSpec, UpstreamError

LONGEST_PAUSE: Final = 60.0
"""Seconds a request waits for the end of a pause. A longer one refuses it at once instead."""

SLOW_FOR: Final = 300.0
"""Seconds for which only half as many requests run as may otherwise, after upstream found them too many at once."""

JOINING: Final = 0.02
"""Seconds for which a process that seems to be the only one to ask waits for another that begins in the same moment."""

_SWEPT_AT: Final = 1_000
_SHORTEST: Final = 0.001  # a timer that rings a hair too early must not ring in a circle

Later: TypeAlias = Callable[[float, Callable[[], object]], asyncio.TimerHandle]
"""Calls back after so many seconds, as `loop.call_later`."""


def in_the_loop(seconds: float, call: Callable[[], object]) -> asyncio.TimerHandle:
    """Call back from the event loop."""
    return asyncio.get_running_loop().call_later(seconds, call)


def _nobody_else(_: UUID) -> None:
    """There is no other process."""


class Limiter:
    """
    A queue for each connection, which take turns at the places of all.

    The more urgent goes first, among connections and within one, though every now and then the less urgent does. What
    holds one connection back (its own number at once, a pause, its pace) holds back no other. `began` is called with a
    connection that begins to be asked for.
    """

    def __init__(self, in_all: int, clock: Callable[[], float], later: Later = in_the_loop) -> None:
        self._in_all = in_all
        self._clock = clock
        self.later = later
        self._running = 0
        self._queues: dict[UUID, Queue] = {}
        self._swept_at = _SWEPT_AT
        self._rota = _Rota()
        self._share = Share()
        self.began: Callable[[UUID], object] = _nobody_else

    @asynccontextmanager
    async def turn(
        self,
        connection: UUID,
        at_once: int,
        deadline: Deadline | None = None,
        *,
        urgency: Urgency | None = None,
        cost: float = 1.0,
        pace: PaceSpec | None = None,
    ) -> AsyncGenerator[None]:
        """
        Wait for a turn and hold it. The wait does not count towards the deadline that is given.

        Who becomes more urgent meanwhile goes before those who are not.
        UpstreamError, with the reason of the pause, if the connection has to pause for long.
        """
        queue = self._queue(connection)
        queue.at_once, queue.used_at = at_once, self._clock()
        if not queue.asks:
            queue.asks, queue.is_counted = True, False
            self.began(connection)
        if pace and queue.bucket is None:
            part = queue.share.part
            queue.bucket = Bucket(pace.burst * part, pace.per_second * part, self._clock())
        urgency = urgency or Urgency()
        waiter = Waiter(urgency.priority, cost, asyncio.get_running_loop().create_future())
        with deadline.paused() if deadline else nullcontext(), urgency.followed(partial(self._hurry, queue, waiter)):
            await self._wait(queue, waiter)
        try:
            yield
        finally:
            self._release(queue, waiter)

    def take(self, share: Share) -> None:
        """
        Use so much of what each connection is allowed, and leave the rest to other processes.

        Connections that are asked for keep what they have until those who ask are counted, if there are others.
        """
        if share == self._share:
            return
        self._share = share
        for queue in list(self._queues.values()):
            if share.of == 1 or not queue.asks:
                self._resize(queue, share)

    def asked(self) -> set[UUID]:
        """The connections that are asked for. What has rested is no more, until it begins again."""
        now = self._clock()
        for queue in self._queues.values():
            if queue.asks and queue.has_rested(now):
                queue.asks = False
                self._resize(queue, self._share)
        return {connection for connection, queue in self._queues.items() if queue.asks}

    def count(self, shares: Mapping[UUID, Share]) -> None:
        """
        Use so much of these connections: the share among the processes that ask for them.

        The first time, more than before is taken only after a moment in which others would be heard of.
        """
        for connection, share in shares.items():
            queue = self._queues.get(connection)
            if queue is None or not queue.asks:
                continue
            queue.due = share
            if queue.is_counted or share.part <= queue.share.part:
                self._resize(queue, share)
                queue.is_counted = True
            else:
                self.later(JOINING, partial(self._grow, queue))

    def pause(self, connection: UUID, why: CellError) -> bool:
        """Hold this connection's queue, and no other, until the error's `retry_at`; false if it is held for longer."""
        queue, now = self._queue(connection), self._clock()
        is_news = (why.retry_at or 0.0) - now > queue.pause_left(now)
        if is_news:
            queue.pause = why
        if queue.pause_left(now) > LONGEST_PAUSE:
            for waiter in queue.clear():
                waiter.turn.set_exception(UpstreamError(why))
        self._settle(queue)
        return is_news

    def pause_of(self, connection: UUID) -> CellError | None:
        """Why this connection has to pause at the moment, if it has to."""
        queue = self._queues.get(connection)
        return queue.pause if queue and queue.pause_left(self._clock()) else None

    def slow_down(self, connection: UUID) -> None:
        """Halve, for a while, how many requests of this connection run at the same time."""
        self._queue(connection).slow_until = self._clock() + SLOW_FOR

    def learn(self, connection: UUID, *, available: float, per_second: float, capacity: float) -> None:
        """
        Upstream told its budget for this connection, in all processes; what cannot be meant is ignored.

        What is under way may not be in its sum yet.
        """
        if not is_meant(available, per_second, capacity):
            return
        queue, now = self._queue(connection), self._clock()
        part = queue.share.part
        available, per_second, capacity = available * part, per_second * part, capacity * part
        queue.bucket = queue.bucket or Bucket(capacity, per_second, now)
        queue.bucket.learn(available - queue.cost_under_way, per_second, capacity, now)
        self._settle(queue)

    def forget(self, connection: UUID) -> None:
        """End what holds back a connection that is gone or has new secrets."""
        if queue := self._queues.pop(connection, None):
            queue.pause, queue.bucket, queue.slow_until = None, None, 0.0
            self._settle(queue)

    def _grow(self, queue: Queue) -> None:
        """Take what is due for the first time; who does not ask has spent nothing of it."""
        if queue.asks and not queue.is_counted:
            self._resize(queue, queue.due, Bucket.widen)
            queue.is_counted = True

    def _resize(
        self, queue: Queue, share: Share, resize: Callable[[Bucket, float, float], None] = Bucket.scale
    ) -> None:
        if share == queue.share:
            return
        if queue.bucket:
            resize(queue.bucket, share.part / queue.share.part, self._clock())
        queue.share = queue.due = share
        self._settle(queue)

    async def _wait(self, queue: Queue, waiter: Waiter) -> None:
        if queue.pause and queue.pause_left(self._clock()) > LONGEST_PAUSE:
            raise UpstreamError(queue.pause)
        queue.join(waiter)
        self._settle(queue)
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.cancelled():
                queue.leave(waiter)
                self._settle(queue)
            elif waiter.turn.exception() is None:  # it was given up in the very moment in which its turn came
                self._release(queue, waiter)
            raise

    def _hurry(self, queue: Queue, waiter: Waiter, priority: Priority) -> None:
        if priority < waiter.priority and not waiter.turn.done():
            queue.leave(waiter)
            waiter.priority = priority
            queue.join(waiter)
            self._settle(queue)

    def _release(self, queue: Queue, waiter: Waiter) -> None:
        self._running -= 1
        queue.release(waiter)
        self._settle(queue)

    def _settle(self, queue: Queue) -> None:
        """Something about a queue has changed."""
        self._place(queue)
        while self._running < self._in_all and (ready := self._rota.next()):
            self._running += 1
            ready.serve(self._clock())
            self._place(ready)

    def _place(self, queue: Queue) -> None:
        if queue.timer:
            queue.timer.cancel()
            queue.timer = None
        seconds = queue.seconds_to_next(self._clock())
        if seconds == 0:
            self._rota.add(queue)
            return
        self._rota.remove(queue)
        if seconds is not None:
            queue.timer = self.later(max(seconds, _SHORTEST), lambda: self._settle(queue))

    def _queue(self, connection: UUID) -> Queue:
        if connection not in self._queues:
            self._sweep()
            self._queues[connection] = Queue(self._share, self._share)
        return self._queues[connection]

    def _sweep(self) -> None:
        if len(self._queues) < self._swept_at:
            return
        now = self._clock()
        self._queues = {connection: queue for connection, queue in self._queues.items() if not queue.is_idle(now)}
        self._swept_at = max(_SWEPT_AT, 2 * len(self._queues))


class _Rota:
    """The queues whose next request may go at once, by the most urgent that each holds."""

    def __init__(self) -> None:
        self._ready = {priority: OrderedDict[Queue, None]() for priority in Priority}
        self._served = 0

    def add(self, queue: Queue) -> None:
        """Line up behind the others, unless it already stands there."""
        for priority, ready in self._ready.items():
            if priority == queue.top:
                ready.setdefault(queue)
            else:
                ready.pop(queue, None)

    def remove(self, queue: Queue) -> None:
        """Stand in line no more."""
        for ready in self._ready.values():
            ready.pop(queue, None)

    def next(self) -> Queue | None:
        """The one whose turn it is, taken out of the line."""
        for priority in order(self._served):
            if ready := self._ready[priority]:
                self._served += 1
                return ready.popitem(last=False)[0]
        return None
