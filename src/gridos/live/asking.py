"""Asks what formulas wait for, on the owner's connections, and hands the answers back in batches."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol
from uuid import UUID

from gridos.errors import StorageUnavailable
from gridos.fetching import ANY, ConnectionMoved, Urgency, Wish
from gridos.formulas import Answer, Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef

# Answers that arrive within this time share one recalculation: long enough to gather, too short to notice. The last
# one that is under way is not made to wait.
GATHERING_SECONDS = 0.05
# Whatever asks again at once, and is answered at once, must not spin.
PAUSE_SECONDS = 0.02
# A failing database or a stale value is looked at again after this time.
RETRY_SECONDS = 15.0

# How often a call follows a connection that moves while it runs, before it gives up for a while.
MOST_MOVES = 5


class Fetching(Protocol):
    """What runs a call (`fetching.Fetcher`). Upstream trouble comes back as an answer; nothing else is raised."""

    async def ask(self, ref: ConnectionRef, call: Call, wish: Wish = ANY) -> Answer:
        """The answer to a call; raises ConnectionMoved when the connection is no longer at `ref.version`."""
        ...


CurrentConnections = Callable[[UUID, Collection[str]], Awaitable[Mapping[str, ConnectionRef]]]


@dataclass(frozen=True, slots=True)
class Arrival:
    """
    An answer with the connection it was given on; None when the connection could not even be looked up.

    One that is not the last is to be shown until a newer one is there.
    """

    answer: Answer
    ref: ConnectionRef | None
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class LongCall:
    """A call under way that tells how many records it has read, and of how many if that is known."""

    function: str
    read: int
    of: int | None


class Asker:
    """The calls of one workbook that are under way."""

    def __init__(
        self,
        owner: UUID,
        fetching: Fetching,
        current_connections: CurrentConnections,
        plugin_of: Callable[[Call], str],
        deliver: Callable[[Mapping[Call, Arrival]], Awaitable[None]],
        on_progress: Callable[[], object],
    ) -> None:
        self._owner = owner
        self._fetching = fetching
        self._current_connections = current_connections
        self._plugin_of = plugin_of
        self._deliver = deliver
        self._on_progress = on_progress
        self.done = 0
        """How many calls were answered since none was under way."""
        self._running: dict[Call, asyncio.Task[None]] = {}
        self._urgencies: dict[Call, Urgency] = {}
        self._wished: dict[Call, Wish] = {}
        self._long: dict[Call, LongCall] = {}
        self._arrived: dict[Call, Arrival] = {}
        self._delivery: asyncio.Task[None] | None = None
        self._complete = asyncio.Event()

    @property
    def is_busy(self) -> bool:
        """Whether calls are asked and not delivered."""
        return bool(self._running)

    @property
    def pending(self) -> int:
        """How many calls are asked and not delivered."""
        return len(self._running)

    @property
    def longest(self) -> LongCall | None:
        """Of the calls under way that tell how far they are, the one that has read most."""
        return max(self._long.values(), key=lambda one: one.read, default=None)

    def ask(self, calls: Iterable[Call], wish: Wish = ANY) -> int:
        """
        Start every call that is not under way; their answers are delivered. Says how many calls there are.

        One that is under way already becomes as urgent as the wish.
        """
        wanted = set(calls)
        for call in wanted & self._running.keys():
            self._join(call, wish)
        if missing := wanted - self._running.keys():
            self.done = self.done if self._running else 0
            refs = self._look_up(missing)
            for call in missing:
                urgency = self._urgencies[call] = Urgency(wish.urgency.priority)
                self._running[call] = asyncio.create_task(self._run(call, refs, replace(wish, urgency=urgency)))
            self._on_progress()
        return len(wanted)

    def _join(self, call: Call, wish: Wish) -> None:
        urgency, priority = self._urgencies[call], wish.urgency.priority
        # Whoever sees an earlier value meanwhile is patient, unless they wish for a newer one.
        if wish.newer_than or priority < urgency.priority:
            urgency.rise(priority)
        if wish.newer_than:
            self._wished[call] = wish

    async def gather(self, calls: Iterable[Call], seconds: float) -> dict[Call, Answer]:
        """The answers that come within a time, without delivering them: for formulas that stand in no cell."""
        calls = set(calls)
        refs = self._look_up(calls)
        tasks = {asyncio.create_task(self._answer(call, refs, ANY)): call for call in calls}
        done, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        return {tasks[task]: task.result().answer for task in done}

    def forget(self, plugin: str) -> None:
        """Drop what is under way for a plugin whose connection has changed."""
        self._give_up([call for call in self._running if self._plugin_of(call) == plugin])

    def keep_only(self, used: Container[Call]) -> None:
        """Give up what no cell waits for any more; upstream is spared the rest of it."""
        self._give_up([call for call in self._running if call not in used])

    def _give_up(self, calls: Collection[Call]) -> None:
        for call in calls:
            self._running.pop(call).cancel()
            for known in (self._arrived, self._wished, self._long, self._urgencies):
                known.pop(call, None)
        if calls:
            self._complete_if_all_arrived()
            self._on_progress()

    async def close(self) -> None:
        """Stop waiting for anything."""
        tasks = [*self._running.values(), *([self._delivery] if self._delivery else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._running.clear()

    def _look_up(self, calls: Iterable[Call]) -> "asyncio.Task[Mapping[str, ConnectionRef] | None]":
        # One look at the connections for the whole batch, and never an older look: between a PUT and its
        # notice, an old version would find old answers.
        return asyncio.create_task(self._find_refs({self._plugin_of(call) for call in calls}))

    async def _find_refs(self, plugins: set[str]) -> Mapping[str, ConnectionRef] | None:
        try:
            return await self._current_connections(self._owner, plugins)
        except StorageUnavailable:
            return None

    async def _answer(
        self,
        call: Call,
        refs: "asyncio.Task[Mapping[str, ConnectionRef] | None]",
        wish: Wish,
        meanwhile: Callable[[Arrival], object] = lambda _: None,
    ) -> Arrival:
        plugin = self._plugin_of(call)
        found = await asyncio.shield(refs)
        for _ in range(MOST_MOVES):
            if found is None:
                break
            ref = found[plugin]
            show = partial(_show_meanwhile, meanwhile, ref)
            try:
                return Arrival(await self._fetching.ask(ref, call, replace(wish, meanwhile=show)), ref)
            except ConnectionMoved:
                found = await self._find_refs({plugin})
        return Arrival(Answer(_storage_error(plugin)), None)

    async def _run(self, call: Call, refs: "asyncio.Task[Mapping[str, ConnectionRef] | None]", wish: Wish) -> None:
        wish = replace(wish, progress=partial(self._note, call))
        self._arrive(call, await self._answer(call, refs, wish, partial(self._arrive, call)))

    def _note(self, call: Call, read: int, of: int | None) -> None:
        if call in self._running:
            self._long[call] = LongCall(call.function, read, of)
            self._on_progress()

    def _arrive(self, call: Call, arrival: Arrival) -> None:
        self._arrived[call] = arrival
        self._complete_if_all_arrived()
        if self._delivery is None or self._delivery.done():
            self._delivery = asyncio.create_task(self._deliver_batches())

    def _ask_if_too_old(self, call: Call, answer: Answer) -> None:
        """Somebody wished for a newer answer than the one that was under way then has become."""
        wish = self._wished.pop(call, None)
        if wish and not isinstance(answer.value, CellError) and (answer.fetched_at or 0) < wish.newer_than:
            self.ask([call], wish)

    def _complete_if_all_arrived(self) -> None:
        if len(self._arrived) >= len(self._running):
            self._complete.set()

    async def _deliver_batches(self) -> None:
        while self._arrived:
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHERING_SECONDS):
                    await self._complete.wait()
            self._complete.clear()
            batch, self._arrived = self._arrived, {}
            for call in [call for call, arrival in batch.items() if arrival.is_last]:
                self._running.pop(call, None)
                self._urgencies.pop(call, None)
                self._long.pop(call, None)
                self.done += 1
                self._ask_if_too_old(call, batch[call].answer)
            await self._deliver(batch)
            self._on_progress()
            await asyncio.sleep(PAUSE_SECONDS)


def _show_meanwhile(arrive: Callable[[Arrival], object], ref: ConnectionRef, answer: Answer) -> None:
    arrive(Arrival(answer, ref, is_last=False))


def _storage_error(plugin: str) -> CellError:
    return CellError(
        "#VAULT!",
        "The connection cannot be read",
        "The database does not answer, so the owner's connection could not be opened.",
        "GridOS tries again by itself.",
        time.time() + RETRY_SECONDS,
        plugin,
    )
