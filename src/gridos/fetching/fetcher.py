"""Asks upstream on behalf of cells: each thing once, and never more often than its answer's age demands."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from aiohttp.abc import AbstractResolver
from yarl import URL

from gridos.fetching.answer_store import AnswerStore, Place
from gridos.fetching.answers import Answers, Key
from gridos.fetching.batching import Batching
from gridos.fetching.days import DayStore, MemoryDays
from gridos.fetching.egress import Allowed
from gridos.fetching.gateway import Gateway
from gridos.fetching.hearing import Hearing
from gridos.fetching.kept import Kept, failed, succeeded
from gridos.fetching.limit_store import LimitStore
from gridos.fetching.merging import Dropped, Merging
from gridos.fetching.moved import ConnectionMoved
from gridos.fetching.peers import Peers
from gridos.fetching.priority import Priority, Urgency
from gridos.fetching.running import Errand, OpenConnections, Outcome, Runner
from gridos.fetching.sharing import Sharing
from gridos.fetching.sources import Sources, as_text
from gridos.fetching.upstream import PATIENCE, Patience
from gridos.fetching.verifying import Proof, prove
from gridos.fetching.wishes import ANY, Wish
from gridos.formulas import Answer, Call
from gridos.grid import CellError
from gridos.isolation import Workers
from gridos.plugins import ConnectionRef, Manifest, OpenConnection, Plugins

# What an operator may see of an error's text: plugins write such texts too, and could put anything there.
_CODE: Final = re.compile(r"#[A-Z0-9_/]{1,60}[!?]?")
_MOST_CODES: Final = 200


def _nobody_observes(_ref: ConnectionRef, _outcome: Outcome) -> None:
    """Keep nothing of how connections fare."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened since the start; no number here belongs to a person."""

    requests: Counter[str]
    """Requests sent, by plugin."""
    answers: Counter[str] = field(default_factory=Counter[str])
    """Calls that brought an outcome, by plugin."""
    errors: Counter[str] = field(default_factory=Counter[str])
    """Outcomes that were errors, by their text; `other` for what plugins invent beyond measure."""


class Fetcher:
    """
    One per server process.

    An answer belongs to a connection, its version and a call, so that no user and no replaced secret ever sees
    another's. Nobody who waits owns the work: it goes on as long as anybody does. `observe` is told each outcome of
    upstream once, in the event loop, and must not wait. What is in `shared` and `days` outlives this process, and is
    that of other processes too; without them it is kept in memory. Through `limits` it keeps to limits together with
    them; without it, it takes itself to be alone.
    """

    def __init__(
        self,
        plugins: Plugins,
        open_connection: OpenConnections,
        *,
        saas: bool,
        egress_allow: Iterable[Allowed] = (),
        upstreams: Mapping[str, str | URL] = MappingProxyType({}),
        patience: Patience = PATIENCE,
        clock: Callable[[], float] = time.time,
        names: AbstractResolver | None = None,
        observe: Callable[[ConnectionRef, Outcome], None] = _nobody_observes,
        days: DayStore | None = None,
        workers: Workers | None = None,
        shared: AnswerStore | None = None,
        limits: LimitStore | None = None,
    ) -> None:
        self._gateway = Gateway(allow=egress_allow, upstreams=upstreams, patience=patience, clock=clock, names=names)
        self._plugins = plugins
        self._runner = Runner(plugins, open_connection, self._gateway, days or MemoryDays(), workers, saas=saas)
        self._batching = Batching(plugins, self._runner.run)
        self._clock = clock
        self._answers = Answers(clock)
        self._sharing = Sharing(shared, clock) if shared else None
        self._peers = Peers(limits, self._gateway) if limits else None
        if self._peers:
            self._gateway.tell = self._peers.tell
            self._gateway.limiter.began = self._peers.began
        self._running: Merging[Key, Kept] = Merging()
        self._hearing = Hearing()
        self._observe = observe
        self.counts = Counts(self._gateway.requests)

    async def ask(self, ref: ConnectionRef, call: Call, wish: Wish = ANY) -> Answer:
        """
        The answer that is kept, else the one of the call under way, here or in another process, else of a new one.

        Trouble of upstream or plugin is an answer too; only ConnectionMoved is raised, when the connection is not, or
        no longer, at `ref`'s version. A wish for a newer answer asks upstream even if the kept one is young, but never
        during a limit.
        """
        key = Key(ref.id, ref.version, call)
        if kept := self._answers.find(key, wish.newer_than):
            return kept.answer
        earlier = self._answers.peek(key)
        if earlier and earlier.stale:
            wish.meanwhile(earlier)
            if not wish.newer_than:
                return (await self._join_patiently(ref, key, wish)).answer
        return (await self._join(ref, key, wish)).answer

    async def _join_patiently(self, ref: ConnectionRef, key: Key, wish: Wish) -> Kept:
        """Whoever sees an earlier value meanwhile lets others go first, unless their wish becomes more urgent."""
        patient = Urgency(max(wish.urgency.priority, Priority.SCHEDULED))
        with wish.urgency.followed(patient.rise):
            return await self._join(ref, key, replace(wish, urgency=patient))

    async def _join(self, ref: ConnectionRef, key: Key, wish: Wish) -> Kept:
        """What the call under way brings, unless somebody wishes for newer than that."""
        with self._hearing.of(key, wish):
            while True:
                is_joined = key in self._running
                try:
                    kept = await self._running.run(key, partial(self._fetch, ref, key, wish), wish.urgency)
                except Dropped:
                    raise ConnectionMoved from None
                if not is_joined or kept.is_newer_than(wish.newer_than):
                    return kept

    def peek(self, ref: ConnectionRef, call: Call) -> Answer | None:
        """The answer at hand, stale if it is old; asks nobody and waits for nothing."""
        return self._answers.peek(Key(ref.id, ref.version, call))

    def forget(self, connection: UUID) -> None:
        """Drop all that is known of a connection that is gone or has new secrets, also what is still under way."""
        self._running.drop(lambda key: key.connection == connection)
        self._answers.forget(connection)
        if self._sharing:
            self._sharing.forget(connection)
        self._runner.forget(connection)
        self._gateway.forget(connection)

    def heard(self, connections: Collection[UUID]) -> None:
        """Another process has saved answers of these connections."""
        if self._sharing:
            self._sharing.heard(connections)

    def heard_limits(self, connections: Collection[UUID]) -> None:
        """Another process was told something about these connections; none: one has come or gone."""
        if self._peers:
            self._peers.heard(connections)

    def heard_asker(self, process: UUID, connection: UUID) -> None:
        """A process begins to ask for a connection, or does so no more."""
        if self._peers:
            self._peers.heard_asker(process, connection)

    async def meet(self) -> None:
        """Learn who else lives and what holds connections back: at the start, and when notices may have been missed."""
        if self._peers:
            await self._peers.catch_up()

    async def announce(self) -> None:
        """Say that this process lives; asked for every ten seconds."""
        if self._peers:
            await self._peers.announce()

    async def sweep(self) -> None:
        """Delete some of what is kept and was not used for long; asked for now and then."""
        if self._sharing:
            await self._sharing.sweep()
        if self._peers:
            await self._peers.sweep()

    async def verify(self, manifest: Manifest, opened: OpenConnection) -> Proof:
        """Test a connection, stored or not, by the request that its manifest names for this."""
        return await prove(manifest, opened, self._gateway)

    def in_flight(self, connection: UUID) -> int:
        """How many calls of a connection are under way."""
        return self._running.count(lambda key: key.connection == connection)

    async def aclose(self) -> None:
        """Call everything off and close every connection."""
        self._running.drop(lambda _: True)
        if self._sharing:
            await self._sharing.aclose()
        await self._gateway.aclose()
        if self._peers:
            await self._peers.aclose()

    async def _fetch(self, ref: ConnectionRef, key: Key, wish: Wish, urgency: Urgency) -> Kept:
        """`urgency` is that of all who wait; of the wish only the age counts."""
        wish = Wish(wish.newer_than, urgency)
        if self._sharing is None:
            return await self._run(ref, key, wish)
        place = Place(ref, key.call)
        if found := await self._sharing.find_or_take(place, wish.newer_than, partial(self._remember, key)):
            return found
        try:
            kept = await self._run(ref, key, wish)
        except BaseException:
            self._sharing.give(place, None)
            raise
        self._sharing.give(place, kept)
        return kept

    def _remember(self, key: Key, kept: Kept) -> None:
        """Take over what is kept for all processes, and show it until there is a newer one."""
        known = self._answers.last(key)
        if known is None or known.as_of < kept.as_of:
            self._answers.keep(key, kept)
        now = self._clock()
        if kept.earlier and not kept.is_good(now, 0.0) and kept.can_be_shown(now):
            self._hearing.tell_meanwhile(key, kept.earlier)

    async def _run(self, ref: ConnectionRef, key: Key, wish: Wish) -> Kept:
        sources = Sources(partial(self._ask_source, key, wish))
        progress = partial(self._hearing.tell_progress, key)
        errand = Errand(sources.ask, progress, self._earlier(ref, key), wish.urgency)
        outcome = await self._batching.run(ref, key.call, errand)
        if sources.have_moved:
            raise ConnectionMoved
        if self._is_source(ref, key.call):
            outcome = as_text(self._plugins.get(ref.plugin).manifest, outcome)
        self._observe(ref, outcome)
        self.counts.answers[ref.plugin] += 1
        now = self._clock()
        if isinstance(outcome, CellError):
            self._count_error(outcome.code)
            kept = failed(outcome, self._answers.last(key), now)
        else:
            until = min(now + self._ttl(ref.plugin, key.call), sources.good_until)
            kept = succeeded(outcome, now, fetched_at=min(now, sources.fetched_at), until=until)
        self._answers.keep(key, kept)
        return kept

    async def _ask_source(self, asking: Key, wish: Wish, ref: ConnectionRef, call: Call) -> Kept:
        key = Key(ref.id, ref.version, call)
        if kept := self._answers.find(key, wish.newer_than):
            return kept
        progress = partial(self._hearing.tell_progress, asking)
        return await self._join(ref, key, replace(wish, progress=progress))

    def _earlier(self, ref: ConnectionRef, key: Key) -> Any:
        known = self._answers.last(key)
        value = known and known.good and known.good.value
        return json.loads(value) if isinstance(value, str) and self._is_source(ref, key.call) else value

    def _is_source(self, ref: ConnectionRef, call: Call) -> bool:
        plugin = self._plugins.find(ref.plugin)
        return plugin is not None and call.function in plugin.sources

    def _ttl(self, slug: str, call: Call) -> float:
        plugin = self._plugins.get(slug)
        asked = plugin.functions.get(call.function) or plugin.sources.get(call.function)
        return asked.ttl if asked else 0.0

    def _count_error(self, code: str) -> None:
        errors = self.counts.errors
        countable = _CODE.fullmatch(code) and (code in errors or len(errors) < _MOST_CODES)
        errors[code if countable else "other"] += 1
