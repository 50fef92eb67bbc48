"""
Answers that server processes share, and leases for those being asked for, in PostgreSQL.

Every statement locks rows in the order of their key, so that no two wait for each other. None is held while upstream is
asked.
"""

import json
from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

import msgspec
import psycopg

from gridos.db.doors import Door, Doors
from gridos.fetching import NOBODY, Claim, Kept, Place, Wanted, from_text, to_text

LARGEST: Final = 1_000_000
"""Characters of an answer that is shared; a larger one stays in the process that has it."""
_BATCH: Final = 1_000
_MOST_SWEPT: Final = 20_000

# A connection without secrets gets its row here. What is good enough is read without a lock. `as_of` rides along with
# the claim: a row that somebody has saved since this statement began is not claimed but looked at again.
_CLAIM: Final = """
with asked as materialized (
  select *, decode(key, 'hex') as call_key
    from json_to_recordset(%(rows)s::json) as a (
      n int, connection_id uuid, connection_version bigint, owner uuid, plugin text, key text, call text,
      newer_than float8)
), made as (
  insert into public.plugin_connections (connection_id, user_id, plugin_slug, version)
  select distinct a.connection_id, users.id, a.plugin, 0
    from asked a left join public.users on users.id = a.owner
   where a.connection_version = 0 and (users.id is not null or a.owner = %(strangers)s)
     and not exists (select from public.plugin_connections c where c.connection_id = a.connection_id
                        or (c.user_id = a.owner and c.plugin_slug = a.plugin))
   order by 1
  on conflict do nothing returning connection_id
), wanted as materialized (
  select a.*, c.connection_id is not null or a.connection_id in (select connection_id from made) as is_current
    from asked a left join public.plugin_connections c
      on c.connection_id = a.connection_id and c.version = a.connection_version
), found as materialized (
  select w.n, a.kept, a.as_of,
         coalesce(a.leased_until > now() and a.leased_by <> %(me)s, false) as is_leased,
         coalesce(a.good_until > to_timestamp(%(now)s) and (a.as_of >= to_timestamp(w.newer_than) or a.is_limit), false)
           as is_good
    from wanted w left join public.connector_answers a using (connection_id, connection_version, call_key)
), mine as (
  insert into public.connector_answers as a
    (connection_id, connection_version, call_key, call, as_of, leased_by, leased_until, expires_at)
  select w.connection_id, w.connection_version, w.call_key, w.call, f.as_of,
         %(me)s, now() + interval '30 seconds', now() + interval '1 day'
    from wanted w join found f using (n)
   where w.is_current and not f.is_leased and not f.is_good
   order by 1, 2, 3
  on conflict (connection_id, connection_version, call_key) do update
     set leased_by = excluded.leased_by, leased_until = excluded.leased_until
   where (coalesce(a.leased_until, '-infinity') < now() or a.leased_by = excluded.leased_by)
     and a.as_of is not distinct from excluded.as_of
  returning a.connection_id, a.connection_version, a.call_key
)
select f.kept, m.call_key is not null, f.is_leased, w.is_current
  from wanted w join found f using (n) left join mine m using (connection_id, connection_version, call_key)
 order by w.n
"""

# The share lock holds off whoever is about to move the connection, so an answer of a key that was replaced a moment
# ago cannot slip in behind.
_SAVE: Final = """
with done as materialized (
  select *, decode(key, 'hex') as call_key
    from json_to_recordset(%(rows)s::json) as d (
      connection_id uuid, connection_version bigint, key text, kept text,
      as_of float8, good_until float8, is_limit boolean)
), current as materialized (
  select connection_id, version as connection_version from public.plugin_connections
   where connection_id in (select connection_id from done) order by connection_id for share
), mine as materialized (
  select a.connection_id, a.connection_version, a.call_key
    from public.connector_answers a
    join done using (connection_id, connection_version, call_key)
    join current using (connection_id, connection_version)
   where a.leased_by = %(me)s order by 1, 2, 3 for update of a
), saved as (
  update public.connector_answers a
     set kept = coalesce(d.kept, a.kept), leased_by = null, leased_until = null,
         as_of = case when d.kept is null then a.as_of else to_timestamp(d.as_of) end,
         good_until = case when d.kept is null then a.good_until else to_timestamp(d.good_until) end,
         is_limit = case when d.kept is null then a.is_limit else d.is_limit end,
         expires_at = case when d.kept is null then a.expires_at
                           else greatest(now(), to_timestamp(d.good_until)) + interval '7 days' end
    from done d join mine m using (connection_id, connection_version, call_key)
   where (a.connection_id, a.connection_version, a.call_key) = (m.connection_id, m.connection_version, m.call_key)
  returning a.connection_id
)
select pg_notify('answers', string_agg(distinct connection_id::text, ',')) from saved having count(*) > 0
"""

_RENEW: Final = """
update public.connector_answers a set leased_until = now() + interval '30 seconds'
  from (select connection_id, connection_version, call_key
          from public.connector_answers
          join (select connection_id, connection_version, decode(key, 'hex') as call_key
                  from json_to_recordset(%(rows)s::json) as held (
                    connection_id uuid, connection_version bigint, key text)) held
         using (connection_id, connection_version, call_key)
         where leased_by = %(me)s order by 1, 2, 3 for update of connector_answers) mine
 where (a.connection_id, a.connection_version, a.call_key)
     = (mine.connection_id, mine.connection_version, mine.call_key)
returning 1
"""

_SWEEP: Final = """
with old as materialized (
  select connection_id, connection_version, call_key from public.connector_answers
   where expires_at < now() and coalesce(leased_until, '-infinity') < now()
   order by 1, 2, 3 limit %(batch)s for update skip locked
)
delete from public.connector_answers a using old
 where (a.connection_id, a.connection_version, a.call_key) = (old.connection_id, old.connection_version, old.call_key)
returning 1
"""


class PostgresAnswers:
    """An `AnswerStore`. Each instance is one claimer: a server process."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._me = uuid4()

    async def claim(self, wanted: Sequence[Wanted], now: float) -> Sequence[Claim]:
        """See `AnswerStore`."""
        claims = await self._claim(wanted, now)
        # The row of a connection without secrets may have been made by another process in this very moment.
        unsure = [n for n, claim in enumerate(claims) if not (claim.is_shared or wanted[n].place.ref.version)]
        if unsure:
            again = await self._claim([wanted[n] for n in unsure], now)
            claims = list({**dict(enumerate(claims)), **dict(zip(unsure, again, strict=True))}.values())
        return claims

    async def _claim(self, wanted: Sequence[Wanted], now: float) -> Sequence[Claim]:
        rows = [
            {
                "n": n,
                "owner": one.place.ref.owner,
                "plugin": one.place.ref.plugin,
                "call": _text(one.place),
                "newer_than": one.newer_than,
                **_where(one.place),
            }
            for n, one in enumerate(wanted)
        ]
        found = await self._run(_CLAIM, rows, strangers=NOBODY, now=now)
        return [Claim(from_text(kept) if kept else None, *rest) for kept, *rest in found]

    async def save(self, done: Sequence[tuple[Place, Kept | None]]) -> None:
        """See `AnswerStore`."""
        await self._run(_SAVE, [_where(place) | (_shared(kept) if kept else {}) for place, kept in done])

    async def renew(self, places: Collection[Place]) -> None:
        """See `AnswerStore`."""
        await self._run(_RENEW, [_where(place) for place in places])

    async def sweep(self) -> None:
        """See `AnswerStore`."""
        for _ in range(_MOST_SWEPT // _BATCH):
            swept = await self._door().fetch(_SWEEP, {"batch": _BATCH})
            if len(swept) < _BATCH:
                break

    async def _run(self, statement: LiteralString, rows: list[dict[str, Any]], **more: object) -> list[tuple[Any, ...]]:
        # One JSON text costs a tenth of as many arrays.
        return await self._door().fetch(statement, {"rows": msgspec.json.encode(rows).decode(), "me": self._me, **more})

    def _door(self) -> Door:
        return self._doors.as_service(why="share answers", is_lasting=False)


def end_leases(url: str) -> None:
    """Nobody asks now: for a server that is alone with its database, which others before it may have left by dying."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "update public.connector_answers set leased_by = null, leased_until = null where leased_by is not null"
        )


def hearing(heard: Callable[[Collection[UUID]], None]) -> Callable[[str], None]:
    """What to subscribe to the channel `answers`: passes on the connections whose answers were saved."""
    return lambda text: heard([UUID(one) for one in text.split(",")])


def _text(place: Place) -> str:
    return json.dumps([place.call.function, place.call.arguments])


def _where(place: Place) -> dict[str, Any]:
    key = sha256(_text(place).encode()).hexdigest()
    return {"connection_id": place.ref.id, "connection_version": place.ref.version, "key": key}


def _shared(kept: Kept) -> dict[str, Any]:
    text = to_text(kept)
    if len(text) > LARGEST:
        return {}
    return {"kept": text, "as_of": kept.as_of, "good_until": kept.until, "is_limit": kept.is_limit}
