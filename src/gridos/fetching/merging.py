"""Does equal work that is wanted at the same time only once."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from gridos.fetching.priority import Priority, Urgency

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_URGENT: Final = Urgency()


class Dropped(Exception):
    """The work was called off, so there is no outcome to wait for."""


@dataclass(slots=True, eq=False)
class _Flight(Generic[V]):
    """One piece of work. `outcome` is apart from `task`, so that work which ignores its end is not waited for."""

    urgency: Urgency
    task: asyncio.Task[V]
    outcome: asyncio.Future[V]
    waiters: int = 0


class Merging(Generic[K, V]):
    """
    One task per key, which belongs to nobody who waits for it.

    A waiter may be cancelled without harm to the others. When the last one leaves, the task is cancelled. It is as
    urgent as the most urgent that has waited for it.
    """

    def __init__(self) -> None:
        self._flights: dict[K, _Flight[V]] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._flights

    def count(self, meant: Callable[[K], bool]) -> int:
        """How many pieces of such work are under way."""
        return sum(map(meant, self._flights))

    async def run(self, key: K, work: Callable[[Urgency], Coroutine[Any, Any, V]], urgency: Urgency = _URGENT) -> V:
        """
        The outcome of the work under way for this key, started now if there is none; Dropped if it is called off.

        `urgency` is that of whoever waits; the work is given its own.
        """
        flight = self._flights.get(key) or self._start(key, work, urgency.priority)
        flight.waiters += 1
        flight.urgency.rise(urgency.priority)
        try:
            with urgency.followed(flight.urgency.rise):
                return await asyncio.shield(flight.outcome)
        finally:
            flight.waiters -= 1
            if not flight.waiters:
                self._end(key, flight)

    def drop(self, meant: Callable[[K], bool]) -> None:
        """Call such work off. Whoever waits for it learns so at once; whatever it still brings is lost."""
        for key, flight in [item for item in self._flights.items() if meant(item[0])]:
            self._end(key, flight)

    def _start(self, key: K, work: Callable[[Urgency], Coroutine[Any, Any, V]], priority: Priority) -> _Flight[V]:
        urgency = Urgency(priority)
        # An empty context: what one waiter's request has bound must not reach work that is done for all of them.
        task = asyncio.create_task(work(urgency), context=Context())
        flight = self._flights[key] = _Flight(urgency, task, asyncio.get_running_loop().create_future())
        task.add_done_callback(lambda _: self._land(key, flight))
        return flight

    def _land(self, key: K, flight: _Flight[V]) -> None:
        failure = Dropped() if flight.task.cancelled() else flight.task.exception()
        if flight.outcome.done():
            return
        if failure:
            flight.outcome.set_exception(failure)
            flight.outcome.exception()  # marks it as seen: asyncio would log the words of one that nobody awaits
        else:
            flight.outcome.set_result(flight.task.result())
        self._end(key, flight)

    def _end(self, key: K, flight: _Flight[V]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        flight.task.cancel()
        if not flight.outcome.done():
            flight.outcome.set_exception(Dropped())
            flight.outcome.exception()
