"""A Stripe account of 100,000 charges: what a first reading and a refresh ask for, and how much memory they need."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from bench.processes import running
from bench.sheet import Sheet
from gridos.sandbox import STRIPE_KEYS

CHARGES = 100_000
PAGE = 100
YEAR = [("STRIPE_REVENUE", 365), ("STRIPE_CHARGE_COUNT", 365)]
WINDOWS = [(function, days) for function in ("STRIPE_REVENUE", "STRIPE_CHARGE_COUNT") for days in (7, 30, 90)]
_TENTH = [(function, 36) for function, _ in YEAR]


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
    year, quarter, alone, *traced = (Sheet("stripe", url, {"SECRET_KEY": STRIPE_KEYS["max"]}) for _ in range(5))
    try:
        first = await year.cost(YEAR)
        history = History(
            charges=await year.count("STRIPE_CHARGE_COUNT", 365),
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
