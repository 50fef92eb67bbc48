"""Live cells of one owner, asked of the fetch layer alone: what they cost, and how much memory they need."""

import asyncio
import json
import time
import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias
from uuid import uuid4

from gridos.fetching import Fetcher
from gridos.formulas import Call, is_builtin
from gridos.plugins import ConnectionRef, OpenConnection, Plugin, Plugins, shipped_folder
from gridos.plugins.loading import load_alone
from gridos.secret import Secret

_EXPIRED = 61

Cells: TypeAlias = Sequence[tuple[str, int]]


class Sheet:
    """Cells of one owner, of whom nothing is kept yet. Between two readings every answer grows too old."""

    def __init__(self, slug: str, url: str, secrets: Mapping[str, str]) -> None:
        plugin = _unhurried(load_alone(shipped_folder() / slug, is_builtin))
        self._slug, self._secrets = slug, secrets
        self._ref = ConnectionRef(uuid4(), plugin.slug, uuid4(), 1)
        self._later = 0.0
        self.fetcher = Fetcher(Plugins([plugin]), self._open, saas=True, upstreams={slug: url}, clock=self._clock)

    def _clock(self) -> float:
        return time.time() + self._later

    async def _open(self, ref: ConnectionRef) -> OpenConnection:
        return OpenConnection(ref, {key: Secret(value) for key, value in self._secrets.items()})

    async def _ask(self, cells: Cells) -> list[object]:
        calls = [Call(function, json.dumps([days])) for function, days in cells]
        answers = await asyncio.gather(*(self.fetcher.ask(self._ref, call) for call in calls))
        assert all(isinstance(answer.value, int | float) for answer in answers), answers
        return [answer.value for answer in answers]

    async def cost(self, cells: Cells) -> int:
        """The requests that the cells need."""
        self._later += _EXPIRED
        before = self.fetcher.counts.requests[self._slug]
        await self._ask(cells)
        return self.fetcher.counts.requests[self._slug] - before

    async def count(self, function: str, days: int) -> int:
        """What a function that counts shows."""
        [count] = await self._ask([(function, days)])
        assert isinstance(count, int)
        return count

    async def memory(self, cells: Cells) -> float:
        """The most megabytes that Python holds while the cells are read, beyond what it held before."""
        tracemalloc.start()
        await self._ask(cells)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak / 1e6


def _unhurried(plugin: Plugin) -> Plugin:
    """The plugin without the pace that spares its service: requests are counted here, and nobody need be spared."""
    assert plugin.manifest.connection
    connection = plugin.manifest.connection.model_copy(update={"pace": None})
    return replace(plugin, manifest=plugin.manifest.model_copy(update={"connection": connection}))
