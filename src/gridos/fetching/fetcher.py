"""Asks upstream on behalf of cells: each thing once, and never more often than its answer's age demands."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from aiohttp.abc import AbstractResolver
from yarl import URL

from gridos.fetching.answers import Answers, Key
from gridos.fetching.batching import Batching
from gridos.fetching.days import DayStore, MemoryDays
from gridos.fetching.egress import Allowed
from gridos.fetching.gateway import Gateway
from gridos.fetching.merging import Dropped, Merging
from gridos.fetching.moved import ConnectionMoved
from gridos.fetching.running import Errand, OpenConnections, Outcome, Runner
from gridos.fetching.upstream import PATIENCE, Patience
from gridos.fetching.verifying import Proof, prove
from gridos.formulas import Answer, Call
from gridos.grid import CellError
from gridos.isolation import Workers
from gridos.plugins import ConnectionRef, Manifest, OpenConnection, Plugins, UpstreamError

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
    upstream once, in the event loop, and must not wait.
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
    ) -> None:
        self._gateway = Gateway(allow=egress_allow, upstreams=upstreams, patience=patience, clock=clock, names=names)
        self._plugins = plugins
        self._runner = Runner(plugins, open_connection, self._gateway, days or MemoryDays(), workers, saas=saas)
        self._batching = Batching(plugins, self._runner.run)
        self._answers = Answers(clock)
        self._running: Merging[Key, Answer] = Merging()
        self._observe = observe
        self.counts = Counts(self._gateway.requests)

    async def ask(self, ref: ConnectionRef, call: Call, *, fresh: bool = False) -> Answer:
        """
        The answer that is kept, else the one of the call under way, else of a new one.

        `fresh` asks upstream even if the answer is young, but never during a limit. Trouble of upstream or plugin is
        an answer too; only ConnectionMoved is raised, when the connection is not, or no longer, at `ref`'s version.
        """
        key = Key(ref.id, ref.version, call)
        if answer := self._answers.find(key, fresh=fresh):
            return answer
        try:
            return await self._running.run(key, partial(self._fetch, ref, key, fresh=fresh))
        except Dropped:
            raise ConnectionMoved from None

    def peek(self, ref: ConnectionRef, call: Call) -> Answer | None:
        """The answer at hand, stale if it is old; asks nobody and waits for nothing."""
        return self._answers.peek(Key(ref.id, ref.version, call))

    def forget(self, connection: UUID) -> None:
        """Drop all that is known of a connection that is gone or has new secrets, also what is still under way."""
        self._running.drop(lambda key: key.connection == connection)
        self._answers.forget(connection)
        self._runner.forget(connection)
        self._gateway.forget(connection)

    async def verify(self, manifest: Manifest, opened: OpenConnection) -> Proof:
        """Test a connection, stored or not, by the request that its manifest names for this."""
        return await prove(manifest, opened, self._gateway)

    def in_flight(self, connection: UUID) -> int:
        """How many calls of a connection are under way."""
        return self._running.count(lambda key: key.connection == connection)

    async def aclose(self) -> None:
        """Call everything off and close every connection."""
        self._running.drop(lambda _: True)
        await self._gateway.aclose()

    async def _fetch(self, ref: ConnectionRef, key: Key, *, fresh: bool) -> Answer:
        outcome = await self._batching.run(ref, key.call, self._errand(key, fresh=fresh))
        self._observe(ref, outcome)
        self.counts.answers[ref.plugin] += 1
        if isinstance(outcome, CellError):
            self._count_error(outcome.code)
        return self._answers.keep(key, outcome, self._ttl(ref.plugin, key.call))

    def _errand(self, key: Key, *, fresh: bool) -> Errand:
        async def ask_source(ref: ConnectionRef, call: Call) -> Any:
            answer = await self.ask(ref, call, fresh=fresh)
            if isinstance(answer.value, CellError):
                raise UpstreamError(answer.value)
            return answer.value

        return Errand(ask_source, lambda _done, _of: None, self._answers.earlier(key))

    def _ttl(self, slug: str, call: Call) -> float:
        plugin = self._plugins.get(slug)
        asked = plugin.functions.get(call.function) or plugin.sources.get(call.function)
        return asked.ttl if asked else 0.0

    def _count_error(self, code: str) -> None:
        errors = self.counts.errors
        countable = _CODE.fullmatch(code) and (code in errors or len(errors) < _MOST_CODES)
        errors[code if countable else "other"] += 1
