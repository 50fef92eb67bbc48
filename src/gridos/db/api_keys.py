"""API keys in PostgreSQL, all through the service door: a key is looked at before anybody is known."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from gridos.accounts import ApiKey, FoundKey, User
from gridos.db.doors import Doors

_FIND = """
select k.id, u.id, u.email, k.scopes, k.expires_at
from public.api_keys k join public.users u on u.id = k.user_id
where k.key_hash = %s and u.disabled_at is null
"""


class PostgresApiKeys:
    """`accounts.ApiKeyStore`."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def add(self, user_id: UUID, key: bytes, added: ApiKey, *, at_most: int) -> bool:
        """Counted and inserted in one statement; two at the same moment may make one too many, which harms nobody."""
        async with self._doors.as_service(why="add an API key") as connection:
            inserted = await connection.execute(
                "insert into public.api_keys (id, user_id, name, key_hash, scopes, created_at, expires_at)"
                " select %s, %s, %s, %s, %s, %s, %s"
                " where (select count(*) from public.api_keys where user_id = %s) < %s",
                (
                    *(added.id, user_id, added.name, key, list(added.scopes), added.created_at, added.expires_at),
                    *(user_id, at_most),
                ),
            )
            return inserted.rowcount == 1

    async def list(self, user_id: UUID) -> Sequence[ApiKey]:
        """The newest first."""
        rows = await self._doors.as_service(why="list API keys").fetch(
            "select id, name, scopes, created_at, last_used_at, expires_at from public.api_keys"
            " where user_id = %s order by created_at desc, id",
            (user_id,),
        )
        return [ApiKey(key_id, name, tuple(scopes), *times) for key_id, name, scopes, *times in rows]

    async def revoke(self, user_id: UUID, key_id: UUID) -> bool:
        """The user's own keys only."""
        async with self._doors.as_service(why="revoke an API key") as connection:
            revoked = await connection.execute(
                "delete from public.api_keys where user_id = %s and id = %s", (user_id, key_id)
            )
            return revoked.rowcount == 1

    async def find(self, key: bytes) -> FoundKey | None:
        """One round trip, and no write."""
        rows = await self._doors.as_service(why="who asks").fetch(_FIND, (key,))
        if not rows:
            return None
        key_id, user_id, email, scopes, expires_at = rows[0]
        return FoundKey(key_id, User(user_id, email), tuple(scopes), expires_at)

    async def note_uses(self, uses: Mapping[UUID, datetime]) -> None:
        """Never back to an earlier time: other processes note theirs too."""
        async with self._doors.as_service(why="note what API keys were used") as connection:
            await connection.execute(
                "update public.api_keys k set last_used_at = greatest(k.last_used_at, used.at)"
                " from unnest(%s::uuid[], %s::timestamptz[]) used (id, at) where k.id = used.id",
                (list(uses), list(uses.values())),
            )
