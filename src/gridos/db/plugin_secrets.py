"""
Sealed values, wrapped data keys and connections in PostgreSQL.

A user's rows are listed and written as that user. Data keys, and sealed values that are about to be opened, are read
by the service alone. Connections move by themselves: triggers stand on the table of values.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from gridos.db.doors import Connection, Doors
from gridos.plugin_secrets import (
    KEPT_FOR,
    DataKeyReplaced,
    Finding,
    Health,
    PlacedSecret,
    Resealed,
    StoredConnection,
    StoredSecret,
    WrappedKey,
)
from gridos.plugin_secrets.sealing import sealed_with

# Where sealed values are kept.
_TABLES = ("user_plugin_secrets_previous", "user_plugin_secrets")


class PostgresSecretStore:
    """A `SecretStore` on the two doors."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def get_set_keys(self, owner: UUID, plugin: str) -> Collection[str]:
        """See `SecretStore`."""
        rows = await self._doors.as_user(owner).fetch(
            "select secret_key from public.user_plugin_secrets where user_id = %s and plugin_slug = %s",
            (owner, plugin),
        )
        return {key for (key,) in rows}

    async def get_all_set_keys(self, owner: UUID) -> Mapping[str, Collection[str]]:
        """See `SecretStore`."""
        rows = await self._doors.as_user(owner).fetch(
            "select plugin_slug, array_agg(secret_key) from public.user_plugin_secrets"
            " where user_id = %s group by plugin_slug",
            (owner,),
        )
        return dict(rows)

    async def write(self, owner: UUID, plugin: str, sealed: Mapping[str, bytes], gone: Collection[str]) -> None:
        """See `SecretStore`."""
        async with self._doors.as_user(owner) as connection:
            await _lock(connection, owner, plugin)
            await _hold_data_keys(connection, sealed.values())
            if gone:
                for table in _TABLES:
                    await connection.execute(
                        f"delete from public.{table}"  # noqa: S608 -- one of two names of ours
                        " where user_id = %s and plugin_slug = %s and secret_key = any(%s)",
                        (owner, plugin, list(gone)),
                    )
            if sealed:
                await _keep_previous(connection, owner, plugin, list(sealed))
                await _put(connection, owner, plugin, sealed)

    async def wipe(self, owner: UUID, plugin: str) -> None:
        """See `SecretStore`."""
        async with self._doors.as_user(owner) as connection:
            await _lock(connection, owner, plugin)
            await _forget_previous(connection, owner, plugin)
            await connection.execute(
                "delete from public.user_plugin_secrets where user_id = %s and plugin_slug = %s", (owner, plugin)
            )

    async def can_restore(self, owner: UUID, plugin: str) -> bool:
        """See `SecretStore`."""
        rows = await self._doors.as_user(owner).fetch(
            "select from public.user_plugin_secrets_previous where user_id = %s and plugin_slug = %s"
            " and secret_value is not null and kept_at > now() - %s limit 1",
            (owner, plugin, KEPT_FOR),
        )
        return bool(rows)

    async def restore(self, owner: UUID, plugin: str) -> bool:
        """See `SecretStore`."""
        async with self._doors.as_user(owner) as connection:
            await _lock(connection, owner, plugin)
            rows = await connection.execute(
                "select secret_key, secret_value from public.user_plugin_secrets_previous"
                " where user_id = %s and plugin_slug = %s and kept_at > now() - %s",
                (owner, plugin, KEPT_FOR),
            )
            kept: dict[str, bytes | None] = dict(await rows.fetchall())
            if not any(kept.values()):
                return False
            await connection.execute(
                "delete from public.user_plugin_secrets"
                " where user_id = %s and plugin_slug = %s and secret_key = any(%s)",
                (owner, plugin, [key for key, value in kept.items() if value is None]),
            )
            await _put(connection, owner, plugin, {key: value for key, value in kept.items() if value is not None})
            # Last: the trigger that writes down what happened knows by them that values came back.
            await _forget_previous(connection, owner, plugin)
            return True

    async def forget_old(self) -> None:
        """See `SecretStore`."""
        async with self._doors.as_service(why="forget replaced secrets") as connection:
            await connection.execute(
                "delete from public.user_plugin_secrets_previous where kept_at <= now() - %s", (KEPT_FOR,)
            )

    async def find_connection(self, owner: UUID, plugin: str, keys: Collection[str]) -> StoredConnection | None:
        """See `SecretStore`."""
        rows = await self._doors.as_service(why="open a connection").fetch(
            # A sealed value names its data key in bytes 5 to 20.
            "select c.connection_id, c.version, c.state, c.message, c.checked_at,"
            " s.secret_key, s.secret_value, s.updated_at, k.key_id, k.root_key_id, k.wrapped"
            " from public.plugin_connections c"
            " left join public.user_plugin_secrets s on (s.user_id, s.plugin_slug) = (c.user_id, c.plugin_slug)"
            "  and s.secret_key = any(%s)"
            " left join public.user_data_keys k on k.user_id = s.user_id"
            "  and k.key_id = encode(substr(s.secret_value, 5, 16), 'hex')::uuid"
            " where c.user_id = %s and c.plugin_slug = %s",
            (list(keys), owner, plugin),
        )
        if not rows:
            return None
        connection_id, version, health, message, checked_at = rows[0][:5]
        finding = Finding(health, message) if message is not None else None
        secrets = [_secret(owner, *row[5:]) for row in rows if row[5] is not None]
        return StoredConnection(connection_id, version, secrets, finding, checked_at)

    async def get_connections(self, owner: UUID, plugins: Collection[str]) -> Mapping[str, StoredConnection]:
        """See `SecretStore`."""
        rows = await self._doors.as_service(why="name connections").fetch(
            "select plugin_slug, connection_id, version from public.plugin_connections"
            " where user_id = %s and plugin_slug = any(%s)",
            (owner, list(plugins)),
        )
        return {plugin: StoredConnection(*connection) for plugin, *connection in rows}

    async def get_healths(self, owner: UUID) -> Mapping[str, Health | None]:
        """See `SecretStore`."""
        rows = await self._doors.as_service(why="tell how connections stand").fetch(
            "select plugin_slug, state from public.plugin_connections where user_id = %s", (owner,)
        )
        return dict(rows)

    async def put_finding(self, connection: UUID, version: int, finding: Finding, over: str | None = None) -> None:
        """See `SecretStore`."""
        async with self._doors.as_service(why="keep what was found out about a connection") as door:
            if finding.health == "connected":
                # A replacement under way has chosen what it keeps: forgetting that now would leave no way back.
                await _lock_connection(door, connection)
            await door.execute(
                "update public.plugin_connections"
                " set state = %(health)s, message = %(message)s, checked_at = now(), updated_at = now()"
                " where connection_id = %(connection)s and version = %(version)s"
                " and (state is null or %(health)s::text is not null and coalesce(message = %(over)s, true))",
                {
                    "connection": connection,
                    "version": version,
                    "health": finding.health,
                    "message": finding.message,
                    "over": over,
                },
            )
            if finding.health == "connected":
                await door.execute(
                    "delete from public.user_plugin_secrets_previous p using public.plugin_connections c"
                    " where c.connection_id = %s and c.version = %s"
                    " and (p.user_id, p.plugin_slug) = (c.user_id, c.plugin_slug)",
                    (connection, version),
                )

    async def count_data_keys(self) -> Mapping[bytes, int]:
        """See `SecretStore`."""
        async with self._doors.as_service(why="compare root keys") as connection:
            rows = await connection.execute("select root_key_id, count(*) from public.user_data_keys group by 1")
            return dict(await rows.fetchall())

    async def find_data_key(self, owner: UUID) -> WrappedKey | None:
        """See `SecretStore`."""
        async with self._doors.as_service(why="seal a secret") as connection:
            return await _find_data_key(connection, owner)

    async def add_data_key(self, fresh: WrappedKey) -> WrappedKey:
        """See `SecretStore`."""
        async with self._doors.as_service(why="seal a first secret") as connection:
            await connection.execute(
                "insert into public.user_data_keys (key_id, user_id, root_key_id, wrapped) values (%s, %s, %s, %s)"
                " on conflict (user_id) where active do nothing",
                (fresh.id, fresh.owner, fresh.root_key_id, fresh.wrapped),
            )
            stored = await _find_data_key(connection, fresh.owner)
            assert stored, "the one that was there first cannot be gone: data keys go with their user"
            return stored

    async def find_data_keys_to_rewrap(self, root_key_id: bytes) -> Sequence[WrappedKey]:
        """See `SecretStore`."""
        async with self._doors.as_service(why="rotate the root key") as connection:
            rows = await connection.execute(
                "select key_id, user_id, root_key_id, wrapped from public.user_data_keys"
                " where root_key_id <> %s order by key_id",
                (root_key_id,),
            )
            return [WrappedKey(*row) for row in await rows.fetchall()]

    async def rewrap(self, changes: Sequence[tuple[WrappedKey, WrappedKey]]) -> int:
        """See `SecretStore`."""
        async with self._doors.as_service(why="rotate the root key") as connection, connection.cursor() as cursor:
            await cursor.executemany(
                "with changed as (update public.user_data_keys set root_key_id = %s, wrapped = %s"
                " where key_id = %s and wrapped = %s returning user_id)"
                " insert into public.secret_activity (user_id, action) select user_id, 'rotate' from changed",
                [(new.root_key_id, new.wrapped, old.id, old.wrapped) for old, new in changes],
            )
            return cursor.rowcount

    async def find_active_data_keys(self) -> Sequence[WrappedKey]:
        """See `SecretStore`."""
        rows = await self._doors.as_service(why="renew data keys").fetch(
            "select key_id, user_id, root_key_id, wrapped from public.user_data_keys where active order by key_id"
        )
        return [WrappedKey(*row) for row in rows]

    async def replace_data_key(self, old: WrappedKey, fresh: WrappedKey) -> bool:
        """See `SecretStore`."""
        async with self._doors.as_service(why="renew a data key") as connection:
            retired = await connection.execute(
                "update public.user_data_keys set active = false where key_id = %s and active", (old.id,)
            )
            if retired.rowcount:
                await connection.execute(
                    "with renewed as (insert into public.user_data_keys (key_id, user_id, root_key_id, wrapped)"
                    " values (%s, %s, %s, %s) returning user_id)"
                    " insert into public.secret_activity (user_id, action) select user_id, 'rotate' from renewed",
                    (fresh.id, fresh.owner, fresh.root_key_id, fresh.wrapped),
                )
            return bool(retired.rowcount)

    async def find_all(self, owner: UUID) -> Sequence[PlacedSecret]:
        """See `SecretStore`."""
        rows = await self._doors.as_service(why="renew a data key").fetch(
            "select s.plugin_slug, s.secret_key, s.secret_value, s.updated_at, k.key_id, k.root_key_id, k.wrapped"
            " from (select user_id, plugin_slug, secret_key, secret_value, updated_at from public.user_plugin_secrets"
            "  union all select user_id, plugin_slug, secret_key, secret_value, kept_at"
            "  from public.user_plugin_secrets_previous where secret_value is not null) s"
            " left join public.user_data_keys k on k.user_id = s.user_id"
            "  and k.key_id = encode(substr(s.secret_value, 5, 16), 'hex')::uuid"
            " where s.user_id = %s order by s.plugin_slug",
            (owner,),
        )
        return [PlacedSecret(plugin, _secret(owner, *row)) for plugin, *row in rows]

    async def reseal(self, owner: UUID, plugin: str, changes: Sequence[Resealed]) -> int:
        """See `SecretStore`."""
        async with self._doors.as_service(why="renew a data key") as connection, connection.cursor() as cursor:
            await _lock(connection, owner, plugin)
            await cursor.execute("select set_config('gridos.resealing', 'on', true)")
            resealed = 0
            for table in _TABLES if changes else ():
                await cursor.executemany(
                    f"update public.{table} set secret_value = %s"  # noqa: S608 -- one of two names of ours
                    " where user_id = %s and plugin_slug = %s and secret_key = %s and secret_value = %s",
                    [(change.after, owner, plugin, change.key, change.before) for change in changes],
                )
                resealed += cursor.rowcount
            return resealed

    async def drop_retired_data_keys(self) -> int:
        """See `SecretStore`."""
        async with self._doors.as_service(why="drop retired data keys") as connection:
            dropped = await connection.execute(
                "delete from public.user_data_keys k where not k.active and not exists ("
                "select from public.user_plugin_secrets s where s.user_id = k.user_id"
                " and encode(substr(s.secret_value, 5, 16), 'hex')::uuid = k.key_id) and not exists ("
                "select from public.user_plugin_secrets_previous p where p.user_id = k.user_id"
                " and encode(substr(p.secret_value, 5, 16), 'hex')::uuid = k.key_id)"
            )
            return dropped.rowcount


def _secret(owner: UUID, key: str, sealed: bytes, updated_at: datetime, *data_key: Any) -> StoredSecret:
    key_id, root_key_id, wrapped = data_key
    named = WrappedKey(key_id, owner, root_key_id, wrapped) if key_id else None
    return StoredSecret(key, sealed, named, updated_at)


async def _put(connection: Connection, owner: UUID, plugin: str, sealed: Mapping[str, bytes]) -> None:
    await connection.execute(
        "insert into public.user_plugin_secrets (user_id, plugin_slug, secret_key, secret_value)"
        " select %s, %s, key, value from unnest(%s::text[], %s::bytea[]) as fresh (key, value)"
        " on conflict (user_id, plugin_slug, secret_key)"
        " do update set secret_value = excluded.secret_value, updated_at = now()",
        (owner, plugin, list(sealed.keys()), list(sealed.values())),
    )


async def _keep_previous(connection: Connection, owner: UUID, plugin: str, keys: list[str]) -> None:
    """
    Keep what these keys hold now, also that one holds nothing, if any of it is about to be replaced.

    All that is kept of a connection ends at one time: half of it would be another connection than there ever was.
    """
    place = {"owner": owner, "plugin": plugin, "keys": keys, "kept_for": KEPT_FOR}
    await connection.execute(
        "delete from public.user_plugin_secrets_previous"
        " where user_id = %(owner)s and plugin_slug = %(plugin)s and kept_at <= now() - %(kept_for)s",
        place,
    )
    await connection.execute(
        "with kept as (select min(kept_at) as since from public.user_plugin_secrets_previous"
        "  where user_id = %(owner)s and plugin_slug = %(plugin)s),"
        " stored as (select secret_key, secret_value from public.user_plugin_secrets"
        "  where user_id = %(owner)s and plugin_slug = %(plugin)s and secret_key = any(%(keys)s))"
        " insert into public.user_plugin_secrets_previous (user_id, plugin_slug, secret_key, secret_value, kept_at)"
        " select %(owner)s, %(plugin)s, key, stored.secret_value, coalesce(kept.since, now())"
        " from unnest(%(keys)s::text[]) as fresh (key) left join stored on stored.secret_key = key cross join kept"
        " where kept.since is not null or exists (select from stored)"
        " on conflict do nothing",
        place,
    )


async def _forget_previous(connection: Connection, owner: UUID, plugin: str) -> None:
    await connection.execute(
        "delete from public.user_plugin_secrets_previous where user_id = %s and plugin_slug = %s", (owner, plugin)
    )


async def _hold_data_keys(connection: Connection, sealed: Collection[bytes]) -> None:
    for data_key in {sealed_with(value) for value in sealed}:
        held = await connection.execute("select gridos.hold_data_key(%s)", (data_key,))
        if not (row := await held.fetchone()) or not row[0]:
            raise DataKeyReplaced


async def _lock(connection: Connection, owner: UUID, plugin: str) -> None:
    # Two batches with the same keys in another order would otherwise wait for each other's rows.
    await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{owner}/{plugin}",))


async def _lock_connection(connection: Connection, connection_id: UUID) -> None:
    rows = await connection.execute(
        "select user_id, plugin_slug from public.plugin_connections where connection_id = %s", (connection_id,)
    )
    if place := await rows.fetchone():
        await _lock(connection, *place)


async def _find_data_key(connection: Connection, owner: UUID) -> WrappedKey | None:
    rows = await connection.execute(
        "select key_id, user_id, root_key_id, wrapped from public.user_data_keys where user_id = %s and active",
        (owner,),
    )
    row = await rows.fetchone()
    return WrappedKey(*row) if row else None
