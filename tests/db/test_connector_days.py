"""Days of connections: the same promises in memory and in PostgreSQL."""

import asyncio
from datetime import date
from typing import TypeAlias

import pytest
from psycopg import errors

from gridos.db import Doors
from gridos.db.connector_answers import PostgresAnswers
from gridos.db.connector_days import PostgresDays
from gridos.fetching import DayStore, Place, Wanted
from gridos.fetching.days import MemoryDays
from gridos.formulas import Call
from gridos.plugins import ConnectionRef, Day, DayTotal
from tests.db.connections import connect, new_owner, unconnected

FIRST, SECOND, THIRD = date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)
SOLD = Day(1_000.5, (DayTotal("EUR", 12_345, 3), DayTotal("JPY", -500, 1)))
QUIET = Day(1_000.5)

Scene: TypeAlias = tuple[DayStore, ConnectionRef]


@pytest.fixture(params=["memory", "postgresql"])
async def scene(request: pytest.FixtureRequest, doors: Doors) -> Scene:
    """A store, and a connection to keep days of."""
    ref = await connect(doors, await new_owner(doors))
    return (MemoryDays() if request.param == "memory" else PostgresDays(doors)), ref


class TestDays:
    """What every `DayStore` promises."""

    async def test_days_are_kept(self, scene: Scene) -> None:
        """Days come back as they were put, a day without sales as a day; others are missing."""
        store, ref = scene
        await store.put(ref, "orders", "UTC", {FIRST: SOLD, SECOND: QUIET})
        assert await store.read(ref, "orders", "UTC", FIRST, THIRD) == {FIRST: SOLD, SECOND: QUIET}
        assert await store.read(ref, "orders", "UTC", SECOND, SECOND) == {SECOND: QUIET}
        assert await store.read(ref, "orders", "UTC", THIRD, THIRD) == {}

    async def test_series_and_zones_never_mix(self, scene: Scene) -> None:
        """Another series, zone or version of the same connection has days of its own."""
        store, ref = scene
        await store.put(ref, "orders", "UTC", {FIRST: SOLD})
        assert await store.read(ref, "orders", "Asia/Tokyo", FIRST, FIRST) == {}
        assert await store.read(ref, "refunds", "UTC", FIRST, FIRST) == {}
        earlier = ConnectionRef(ref.owner, ref.plugin, ref.id, ref.version - 1)
        assert await store.read(earlier, "orders", "UTC", FIRST, FIRST) == {}

    async def test_a_day_is_replaced_whole(self, scene: Scene) -> None:
        """A day that is put again loses currencies that it no longer has."""
        store, ref = scene
        await store.put(ref, "orders", "UTC", {FIRST: SOLD, SECOND: QUIET})
        again = Day(2_000, (DayTotal("JPY", 10**30, 2),))
        await store.put(ref, "orders", "UTC", {FIRST: again})
        assert await store.read(ref, "orders", "UTC", FIRST, THIRD) == {FIRST: again, SECOND: QUIET}
        await store.put(ref, "orders", "UTC", {})
        await store.put(ref, "orders", "UTC", {FIRST: QUIET})
        assert await store.read(ref, "orders", "UTC", FIRST, FIRST) == {FIRST: QUIET}

    async def test_confirming(self, scene: Scene) -> None:
        """Confirmed days are as of then, whatever they hold; others stay, and none becomes older."""
        store, ref = scene
        await store.put(ref, "orders", "UTC", {FIRST: SOLD, SECOND: QUIET, THIRD: QUIET})
        await store.confirm(ref, "orders", "UTC", FIRST, SECOND, 3_000)
        await store.confirm(ref, "orders", "UTC", FIRST, THIRD, 500)
        found = await store.read(ref, "orders", "UTC", FIRST, THIRD)
        assert {day: one.as_of for day, one in found.items()} == {FIRST: 3_000, SECOND: 3_000, THIRD: 1_000.5}
        assert found[FIRST].totals == SOLD.totals

    async def test_the_same_days_put_at_once(self, scene: Scene) -> None:
        """Several who put the same days at the same time leave one of their versions, whole."""
        store, ref = scene
        versions = [Day(number, (DayTotal("EUR", number, 1), DayTotal("USD", number, 1))) for number in range(8)]
        days = [{FIRST: one, SECOND: one} for one in versions]
        await asyncio.gather(*(store.put(ref, "orders", "UTC", one) for one in days))
        assert await store.read(ref, "orders", "UTC", FIRST, THIRD) in days


async def test_all_or_nothing(doors: Doors) -> None:
    """When one day cannot be kept, none is."""
    store, ref = PostgresDays(doors), await connect(doors, await new_owner(doors))
    impossible = Day(1, (DayTotal("EUR", 1, 1), DayTotal("EUR", 2, 1)))
    with pytest.raises(errors.UniqueViolation):
        await store.put(ref, "orders", "UTC", {FIRST: SOLD, SECOND: impossible})
    assert await store.read(ref, "orders", "UTC", FIRST, THIRD) == {}


async def test_days_go_when_the_version_moves(doors: Doors) -> None:
    """After another secret was stored nothing of the earlier one is left, nor can be put any more."""
    store, old = PostgresDays(doors), await connect(doors, await new_owner(doors))
    await store.put(old, "orders", "UTC", {FIRST: SOLD})
    new = await connect(doors, old.owner)
    await store.put(old, "orders", "UTC", {SECOND: SOLD})
    for ref in (old, new):
        assert await store.read(ref, "orders", "UTC", FIRST, THIRD) == {}


async def test_days_outlive_the_process(doors: Doors) -> None:
    """Another process reads what one has put, also for a connection without secrets once that is known."""
    owner = await new_owner(doors)
    ref = unconnected(owner)
    await PostgresAnswers(doors).claim([Wanted(Place(ref, Call("days", "[]")), 0)], 0)
    await PostgresDays(doors).put(ref, "orders", "UTC", {FIRST: SOLD})
    assert await PostgresDays(doors).read(ref, "orders", "UTC", FIRST, FIRST) == {FIRST: SOLD}
