"""A Stripe account of 100,000 charges: what a first reading and a refresh ask for, and how much memory they need."""

import asyncio
import json
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from bench.processes import running
from gridos.fetching import Fetcher
from gridos.formulas import Call, is_builtin
from gridos.plugins import ConnectionRef, OpenConnection, Plugin, Plugins, shipped_folder
from gridos.plugins.loading import load_alone
from gridos.sandbox import STRIPE_KEYS
from gridos.secret import Secret

CHARGES = 100_000
PAGE = 100
YEAR = [("STRIPE_REVENUE", 365), ("STRIPE_CHARGE_COUNT", 365)]
WINDOWS = [(function, days) for function in ("STRIPE_REVENUE", "STRIPE_CHARGE_COUNT") for days in (7, 30, 90)]
_TENTH = [(function, 36) for function, _ in YEAR]
_EXPIRED = 61

Cells = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class History:
    """Requests, and megabytes at most while cells were read. `charges` is how many charges the year has."""

    charges: int
    year: int
    refresh: int
    windows: int
    quarter: int
    year_memory: float
    tenth_memory: float

    @property
    def pages(self) -> float:
        """The requests that the year needs at least."""
        return self.charges / PAGE


def measure(folder: Path) -> History:
    """Read the large account of a sandbox in a process of its own."""
    arguments = ("sandbox", "--port", "0", "--orders", str(CHARGES))
    with running("gridos", *arguments, log=folder / "sandbox.log") as sandbox:
        return asyncio.run(_measure(sandbox.url.rstrip(".")))


async def _measure(url: str) -> History:
    year, quarter, alone, traced = _Sheet(url), _Sheet(url), _Sheet(url), [_Sheet(url), _Sheet(url)]
    try:
        first = await year.cost(YEAR)
        history = History(
            charges=await year.charges(),
            year=first,
            refresh=await year.cost(YEAR),
            windows=await quarter.cost(WINDOWS),
            quarter=await alone.cost(WINDOWS[2:3]),
            tenth_memory=await traced[0].memory(_TENTH),
            year_memory=await traced[1].memory(YEAR),
        )
    finally:
        for sheet in (year, quarter, alone, *traced):
            await sheet.fetcher.aclose()
    return history


class _Sheet:
    """Cells of one owner, of whom nothing is kept yet. Between two readings every answer grows too old."""

    def __init__(self, url: str) -> None:
        plugin = _unhurried(load_alone(shipped_folder() / "stripe", is_builtin))
        self._ref = ConnectionRef(uuid4(), plugin.slug, uuid4(), 1)
        self._later = 0.0
        self.fetcher = Fetcher(Plugins([plugin]), _open, saas=True, upstreams={"stripe": url}, clock=self._clock)

    def _clock(self) -> float:
        return time.time() + self._later

    async def _ask(self, cells: Cells) -> list[object]:
        calls = [Call(function, json.dumps([days])) for function, days in cells]
        answers = await asyncio.gather(*(self.fetcher.ask(self._ref, call) for call in calls))
        assert all(isinstance(answer.value, int | float) for answer in answers), answers
        return [answer.value for answer in answers]

    async def cost(self, cells: Cells) -> int:
        """The requests that the cells need."""
        self._later += _EXPIRED
        before = self.fetcher.counts.requests["stripe"]
        await self._ask(cells)
        return self.fetcher.counts.requests["stripe"] - before

    async def charges(self) -> int:
        """How many charges the last year has."""
        count = (await self._ask([("STRIPE_CHARGE_COUNT", 365)]))[0]
        assert isinstance(count, int)
        return count

    async def memory(self, cells: Cells) -> float:
        """The most megabytes that Python holds while the cells are read, beyond what it held before."""
        tracemalloc.start()
        await self._ask(cells)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak / 1e6


async def _open(ref: ConnectionRef) -> OpenConnection:
    return OpenConnection(ref, {"SECRET_KEY": Secret(STRIPE_KEYS["max"])})


def _unhurried(plugin: Plugin) -> Plugin:
    """The plugin without the pace that spares Stripe: requests are counted here, and the sandbox need not be spared."""
    assert plugin.manifest.connection
    connection = plugin.manifest.connection.model_copy(update={"pace": None})
    return replace(plugin, manifest=plugin.manifest.model_copy(update={"connection": connection}))
