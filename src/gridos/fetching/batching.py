"""Makes calls of a source together that wait at the same time, where its plugin can ask for many at once."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeAlias

from gridos.fetching.merging import Merging
from gridos.fetching.priority import Urgency
from gridos.fetching.running import Errand, Outcome
from gridos.formulas import Call
from gridos.plugins import Batch, ConnectionRef, Plugins, read_results

GATHERING_SECONDS: Final = 0.02
"""How long the first call waits for others: a sheet asks for all its cells in one go."""

Run: TypeAlias = Callable[[ConnectionRef, Call, Errand], Awaitable[Outcome]]


@dataclass(slots=True, eq=False)
class _Gathering:
    """Calls of one connection's source that will be made together."""

    ref: ConnectionRef
    batch: Batch
    errand: Errand
    calls: list[Call] = field(default_factory=list[Call])
    full: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def place(self) -> tuple[ConnectionRef, str]:
        """No two connections, nor two versions of one, ever share a batch."""
        return self.ref, self.batch.name


class Batching:
    """
    Runs calls, those of sources with a batch together.

    A batch belongs to nobody who waits for it, and is called off when the last of them has left.
    """

    def __init__(self, plugins: Plugins, run: Run) -> None:
        self._plugins = plugins
        self._run = run
        self._open: dict[tuple[ConnectionRef, str], _Gathering] = {}
        self._running: Merging[_Gathering, Mapping[Call, Outcome]] = Merging()

    async def run(self, ref: ConnectionRef, call: Call, errand: Errand) -> Outcome:
        """The outcome of a call. What a batch does not bring is asked for alone."""
        if batch := self._find_batch(ref, call):
            gathering = self._join(ref, batch, call, errand)
            outcomes = await self._running.run(gathering, partial(self._make, gathering), errand.urgency)
            if call in outcomes:
                return outcomes[call]
        return await self._run(ref, call, errand)

    def _find_batch(self, ref: ConnectionRef, call: Call) -> Batch | None:
        plugin = self._plugins.find(ref.plugin)
        source = plugin and plugin.sources.get(call.function)
        return source.batch if source else None

    def _join(self, ref: ConnectionRef, batch: Batch, call: Call, errand: Errand) -> _Gathering:
        gathering = _Gathering(ref, batch, replace(errand, earlier=None))
        gathering = self._open.setdefault(gathering.place, gathering)
        gathering.calls.append(call)
        if len(gathering.calls) == batch.most:
            self._close(gathering)
        return gathering

    def _close(self, gathering: _Gathering) -> None:
        gathering.full.set()
        if self._open.get(gathering.place) is gathering:
            del self._open[gathering.place]

    async def _make(self, gathering: _Gathering, urgency: Urgency) -> Mapping[Call, Outcome]:
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHERING_SECONDS):
                    await gathering.full.wait()
        finally:
            self._close(gathering)
        calls, batch = gathering.calls, gathering.batch
        if len(calls) < batch.least:
            return {}
        arguments = json.dumps([[json.loads(call.arguments) for call in calls]])
        errand = replace(gathering.errand, urgency=urgency)
        written = await self._run(gathering.ref, Call(batch.name, arguments), errand)
        outcomes = zip(calls, read_results(written, len(calls)), strict=True)
        return {call: outcome for call, outcome in outcomes if outcome is not None}
