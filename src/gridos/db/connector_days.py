"""Whole days of connections, in PostgreSQL."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any, Final

from gridos.db.doors import Connection, Doors
from gridos.plugins import ConnectionRef, Day, DayTotal

_READ: Final = """
select day, extract(epoch from as_of)::float8, currency, amount_minor, items from public.connector_days
 where connection_id = %(connection)s and connection_version = %(version)s and series = %(series)s and zone = %(zone)s
   and day between %(first)s and %(last)s order by day, currency
"""
_DELETE: Final = """
delete from public.connector_days
 where connection_id = %(connection)s and connection_version = %(version)s and series = %(series)s and zone = %(zone)s
   and day = any(%(put)s)
"""
_INSERT: Final = """
insert into public.connector_days
  (connection_id, connection_version, series, zone, day, as_of, currency, amount_minor, items)
select %(connection)s, %(version)s, %(series)s, %(zone)s, day, to_timestamp(as_of), currency, amount, items
  from unnest(%(days)s::date[], %(as_of)s::float8[], %(currencies)s::text[], %(amounts)s::numeric[],
              %(items)s::bigint[]) as fresh (day, as_of, currency, amount, items)
"""
_CONFIRM: Final = """
update public.connector_days set as_of = greatest(as_of, to_timestamp(%(as_of)s))
 where connection_id = %(connection)s and connection_version = %(version)s and series = %(series)s and zone = %(zone)s
   and day between %(first)s and %(last)s
"""
_NOTHING: Final = ""
"""The currency of a day on which nothing happened."""


class PostgresDays:
    """A `DayStore`."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def read(self, ref: ConnectionRef, series: str, zone: str, first: date, last: date) -> Mapping[date, Day]:
        """See `DayStore`."""
        rows = await self._doors.as_service(why="read days").fetch(
            _READ, _of(ref, series, zone) | {"first": first, "last": last}
        )
        return {day: _day(list(of_day)) for day, of_day in groupby(rows, key=lambda row: row[0])}

    async def put(self, ref: ConnectionRef, series: str, zone: str, days: Mapping[date, Day]) -> None:
        """See `DayStore`."""
        if not days:
            return
        rows = [row for day, one in days.items() for row in _rows(day, one)]
        names = ("days", "as_of", "currencies", "amounts", "items")
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        async with self._doors.as_service(why="keep days") as door:
            if not await _is_current(door, ref):
                return
            # Two processes that keep the same days at once would meet in the middle of each other's rows.
            await door.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{ref.id}/{ref.version}/{series}/{zone}",)
            )
            await door.execute(_DELETE, _of(ref, series, zone) | {"put": list(days)})
            await door.execute(_INSERT, _of(ref, series, zone) | columns)

    async def confirm(self, ref: ConnectionRef, series: str, zone: str, first: date, last: date, as_of: float) -> None:
        """See `DayStore`."""
        async with self._doors.as_service(why="confirm days") as door:
            await door.execute(_CONFIRM, _of(ref, series, zone) | {"first": first, "last": last, "as_of": as_of})


async def _is_current(door: Connection, ref: ConnectionRef) -> bool:
    """Whether the connection is at this version, and stays so until the door is left."""
    found = await door.execute(
        "select from public.plugin_connections where connection_id = %s and version = %s for share",
        (ref.id, ref.version),
    )
    return found.rowcount > 0


def _of(ref: ConnectionRef, series: str, zone: str) -> dict[str, Any]:
    return {"connection": ref.id, "version": ref.version, "series": series, "zone": zone}


def _rows(day: date, one: Day) -> Iterator[tuple[date, float, str, int, int]]:
    for total in one.totals or (DayTotal(_NOTHING, 0, 0),):
        yield day, float(one.as_of), total.currency, total.amount_minor, total.items


def _day(rows: list[tuple[Any, ...]]) -> Day:
    totals = (DayTotal(currency, int(amount), items) for _, _, currency, amount, items in rows if currency != _NOTHING)
    return Day(rows[0][1], tuple(totals))
