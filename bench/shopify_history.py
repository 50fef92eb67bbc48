"""A Shopify store of 100,000 orders: what a first reading and a refresh ask for, and how much memory they need."""

import asyncio
import math
from dataclasses import dataclass
from pathlib import Path

from bench.processes import running
from bench.sheet import Sheet
from bench.stores import LARGE, SMALL, domain

PAGE = 250
_FUNCTIONS = ("SHOPIFY_REVENUE", "SHOPIFY_ORDER_COUNT", "SHOPIFY_AVG_ORDER_VALUE")
YEAR = [(function, 365) for function in _FUNCTIONS]
WINDOWS = [(function, days) for function in _FUNCTIONS for days in (7, 30, 90)]
_QUARTER = [("SHOPIFY_REVENUE", 90)]
_TENTH = [(function, 36) for function in _FUNCTIONS]


@dataclass(frozen=True)
class Orders:
    """
    Requests, and megabytes at most while cells were read.

    `small_refresh` is a refresh of a store with a tenth of the orders; `lately` are the orders of yesterday and today.
    """

    year: int
    refresh: int
    small_refresh: int
    lately: int
    windows: int
    quarter: int
    year_memory: float
    tenth_memory: float

    @property
    def pages_lately(self) -> int:
        """The pages that the orders of yesterday and today fill."""
        return math.ceil(self.lately / PAGE)


def measure(folder: Path) -> Orders:
    """Read stores of a process of their own."""
    with running("bench.stores", log=folder / "stores.log") as stores:
        return asyncio.run(_measure(stores.url))


async def _measure(url: str) -> Orders:
    year, quarter, alone, *traced = (_sheet(url, LARGE) for _ in range(5))
    small = _sheet(url, SMALL)
    try:
        first = await year.cost(YEAR)
        await small.cost(YEAR)
        return Orders(
            year=first,
            refresh=await year.cost(YEAR),
            small_refresh=await small.cost(YEAR),
            lately=await year.count("SHOPIFY_ORDER_COUNT", 1),
            windows=await quarter.cost(WINDOWS),
            quarter=await alone.cost(_QUARTER),
            tenth_memory=await traced[0].memory(_TENTH),
            year_memory=await traced[1].memory(YEAR),
        )
    finally:
        for sheet in (year, quarter, alone, small, *traced):
            await sheet.fetcher.aclose()


def _sheet(url: str, token: str) -> Sheet:
    return Sheet("shopify", url, {"STORE_DOMAIN": domain(token), "ADMIN_TOKEN": token})
