"""Totals per day that a plugin's functions share, as `kernel.days`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What one day brought in one currency: whole minor units, and how many records they are made of."""

    currency: str
    amount_minor: int
    items: int


@dataclass(frozen=True, slots=True)
class Day:
    """A whole day as it was at `as_of` (POSIX seconds). A day on which nothing happened has no totals."""

    as_of: float
    totals: Sequence[DayTotal] = ()


class Days(Protocol):
    """
    Days of one connection, kept until its version moves: also across restarts, and for every server process.

    `series` says what is counted and `zone` where its days begin: days of different zones never mix. Whether a day is
    still right is for the plugin to know; it is told since when nobody has looked.
    """

    async def read(self, series: str, zone: str, first: date, last: date) -> Mapping[date, Day]:
        """The kept days from `first` to `last`, both included; days that nobody put are missing."""
        ...

    async def put(self, series: str, zone: str, days: Mapping[date, Day]) -> None:
        """Keep whole days, in place of what was kept for them; all or nothing."""
        ...

    async def confirm(self, series: str, zone: str, first: date, last: date, as_of: float) -> None:
        """The kept days from `first` to `last` were still right at `as_of`."""
        ...
