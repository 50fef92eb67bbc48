"""Which server processes live, and what they tell one another about connections, in PostgreSQL."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from gridos.db.doors import Door, Doors
from gridos.fetching import Share, Told

# Two that come in the same moment do not see each other here, but hear of each other and announce themselves again.
_ANNOUNCE: Final = """
with me as (
  insert into public.server_processes (process, alive_until) values (%(me)s, now() + interval '30 seconds')
  on conflict (process) do update set alive_until = excluded.alive_until
), alive as (
  select process from public.server_processes where alive_until > now()
), others as (
  select process from alive where process <> %(me)s
), rested as (
  delete from public.connector_askers where process = %(me)s and connection_id <> all(%(asked)s::uuid[])
  returning pg_notify('askers', process || ':' || connection_id)
)
select (select count(*) from others where process < %(me)s), (select count(*) + 1 from others),
       case when %(me)s not in (select process from alive) then pg_notify('limits', '') end
"""

# Two that begin in the same moment do not see each other here either, but hear of each other and count again.
_ASK: Final = """
with begun as (
  insert into public.connector_askers (process, connection_id) select %(me)s, unnest(%(connections)s::uuid[])
  on conflict do nothing returning pg_notify('askers', process || ':' || connection_id)
), others as (
  select connection_id, process from public.connector_askers join public.server_processes using (process)
   where connection_id = any(%(connections)s) and process <> %(me)s and alive_until > now()
)
select connection_id, count(process) filter (where process < %(me)s), count(process) + 1
  from unnest(%(connections)s::uuid[]) as mine (connection_id) left join others using (connection_id) group by 1
"""

_LEAVE: Final = """
with asked as (delete from public.connector_askers where process = %(me)s),
     gone as (delete from public.server_processes where process = %(me)s returning 1)
select pg_notify('limits', '') from gone
"""

# The share lock holds off whoever is about to move the connection, as for answers.
_TELL: Final = """
with told as materialized (
  select * from json_to_recordset(%(rows)s::json) as t (
    connection_id uuid, connection_version bigint, name text, told text, until float8)
), current as materialized (
  select connection_id, version as connection_version from public.plugin_connections
   where connection_id in (select connection_id from told) order by connection_id for share
), kept as (
  insert into public.connector_limits as l (connection_id, name, told, until)
  select t.connection_id, t.name, t.told, to_timestamp(t.until)
    from told t join current using (connection_id, connection_version) order by 1, 2
  on conflict (connection_id, name) do update set told = excluded.told, until = excluded.until
   where l.until < excluded.until
  returning connection_id
)
select pg_notify('limits', string_agg(distinct connection_id::text, ',')) from kept having count(*) > 0
"""

_READ: Final = """
select connection_id, told from public.connector_limits
 where until > to_timestamp(%(now)s) and (%(connections)s::uuid[] is null or connection_id = any(%(connections)s))
"""

_SWEEP: Final = """
with gone as (
  delete from public.server_processes where alive_until < now()
), asked as (
  delete from public.connector_askers where ctid = any(array(
    select ctid from public.connector_askers where process not in (
      select process from public.server_processes where alive_until > now()) for update skip locked))
)
delete from public.connector_limits where ctid = any(array(
  select ctid from public.connector_limits where until < now() for update skip locked))
"""


class PostgresLimits:
    """A `LimitStore`."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._me = uuid4()

    @property
    def process(self) -> UUID:
        """See `LimitStore`."""
        return self._me

    async def announce(self, asked: Collection[UUID]) -> Share:
        """See `LimitStore`."""
        [(rank, of, _)] = await self._door().fetch(_ANNOUNCE, {"me": self._me, "asked": list(asked)})
        return Share(rank, of)

    async def ask(self, connections: Collection[UUID]) -> Mapping[UUID, Share]:
        """See `LimitStore`."""
        rows = await self._door().fetch(_ASK, {"me": self._me, "connections": list(connections)})
        return {connection: Share(rank, of) for connection, rank, of in rows}

    async def leave(self) -> None:
        """See `LimitStore`."""
        await self._door().fetch(_LEAVE, {"me": self._me})

    async def tell(self, told: Sequence[Told]) -> None:
        """See `LimitStore`."""
        rows = [
            {
                "connection_id": one.ref.id,
                "connection_version": one.ref.version,
                "name": one.name,
                "told": one.text,
                "until": one.until,
            }
            for one in told
        ]
        await self._door().fetch(_TELL, {"rows": msgspec.json.encode(rows).decode()})

    async def read(self, connections: Collection[UUID] | None, now: float) -> Sequence[tuple[UUID, str]]:
        """See `LimitStore`."""
        some = None if connections is None else list(connections)
        rows = await self._door().fetch(_READ, {"connections": some, "now": now})
        return [(connection, told) for connection, told in rows]

    async def sweep(self) -> None:
        """See `LimitStore`."""
        async with self._door() as connection:
            await connection.execute(_SWEEP)

    def _door(self) -> Door:
        return self._doors.as_service(why="share limits", is_lasting=False)


def end_processes(url: str) -> None:
    """None lives now: for a server that is alone with its database, which others before it may have left by dying."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("delete from public.server_processes")


def hearing_limits(heard: Callable[[Collection[UUID]], None]) -> Callable[[str], None]:
    """What to subscribe to the channel `limits`: passes on whose limits have changed; none: a process comes or goes."""
    return lambda text: heard([UUID(one) for one in text.split(",") if one])


def hearing_askers(heard: Callable[[UUID, UUID], None]) -> Callable[[str], None]:
    """What to subscribe to the channel `askers`: passes on which process begins or ends to ask for which connection."""

    def hear(text: str) -> None:
        process, _, connection = text.partition(":")
        heard(UUID(process), UUID(connection))

    return hear
