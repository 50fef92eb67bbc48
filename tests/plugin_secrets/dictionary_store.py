"""The storage of secrets as a dictionary, for tests that need no PostgreSQL."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from gridos.plugin_secrets import (
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


class DictionarySecretStore:
    """A `SecretStore` that forgets everything with the test."""

    def __init__(self) -> None:
        self.values: dict[tuple[UUID, str], dict[str, bytes]] = {}
        self.previous: dict[tuple[UUID, str], dict[str, bytes | None]] = {}
        self.set_at: dict[tuple[UUID, str, str], datetime] = {}
        self.connections: dict[tuple[UUID, str], StoredConnection] = {}
        self.data_keys: dict[UUID, WrappedKey] = {}
        self.retired: set[UUID] = set()

    async def get_set_keys(self, owner: UUID, plugin: str) -> Collection[str]:
        """See `SecretStore`."""
        return self.values.get((owner, plugin), {}).keys()

    async def get_all_set_keys(self, owner: UUID) -> Mapping[str, Collection[str]]:
        """See `SecretStore`."""
        return {plugin: keys for (user, plugin), keys in self.values.items() if user == owner and keys}

    async def write(self, owner: UUID, plugin: str, sealed: Mapping[str, bytes], gone: Collection[str]) -> None:
        """See `SecretStore`."""
        if any(sealed_with(value) in self.retired for value in sealed.values()):
            raise DataKeyReplaced
        self._write(owner, plugin, sealed, gone)

    def _write(self, owner: UUID, plugin: str, sealed: Mapping[str, bytes], gone: Collection[str]) -> None:
        before = self.values.get((owner, plugin), {})
        after = {key: value for key, value in before.items() if key not in gone} | dict(sealed)
        if after == before:
            return
        kept = {key: value for key, value in self.previous.get((owner, plugin), {}).items() if key not in gone}
        if kept or sealed.keys() & before.keys():
            kept = {key: before.get(key) for key in sealed} | kept
        self.previous[owner, plugin] = kept
        self.values[owner, plugin] = after
        self.set_at |= {(owner, plugin, key): datetime.now(UTC) for key in sealed}
        connection = self.connections.get((owner, plugin), StoredConnection(uuid4(), 0))
        self.connections[owner, plugin] = StoredConnection(connection.id, connection.version + 1)

    async def wipe(self, owner: UUID, plugin: str) -> None:
        """See `SecretStore`."""
        await self.write(owner, plugin, {}, set(self.values.get((owner, plugin), {})))
        self.previous.pop((owner, plugin), None)

    async def can_restore(self, owner: UUID, plugin: str) -> bool:
        """See `SecretStore`."""
        return any(self.previous.get((owner, plugin), {}).values())

    async def restore(self, owner: UUID, plugin: str) -> bool:
        """See `SecretStore`."""
        if not await self.can_restore(owner, plugin):
            return False
        kept = self.previous[owner, plugin]
        sealed = {key: value for key, value in kept.items() if value is not None}
        self._write(owner, plugin, sealed, kept.keys() - sealed.keys())
        self.previous.pop((owner, plugin))
        return True

    async def forget_old(self) -> None:
        """Nothing is kept longer than a test."""

    async def find_connection(self, owner: UUID, plugin: str, keys: Collection[str]) -> StoredConnection | None:
        """See `SecretStore`."""
        connection = self.connections.get((owner, plugin))
        return connection and replace(
            connection,
            secrets=[
                self._stored(owner, plugin, key, sealed)
                for key, sealed in self.values[owner, plugin].items()
                if key in keys
            ],
        )

    def _stored(self, owner: UUID, plugin: str, key: str, sealed: bytes) -> StoredSecret:
        return StoredSecret(key, sealed, self.data_keys.get(sealed_with(sealed)), self.set_at[owner, plugin, key])

    async def get_connections(self, owner: UUID, plugins: Collection[str]) -> Mapping[str, StoredConnection]:
        """See `SecretStore`."""
        return {plugin: self.connections[owner, plugin] for plugin in plugins if (owner, plugin) in self.connections}

    async def get_healths(self, owner: UUID) -> Mapping[str, Health | None]:
        """See `SecretStore`."""
        return {
            plugin: stored.finding.health if stored.finding else None
            for (user, plugin), stored in self.connections.items()
            if user == owner
        }

    async def put_finding(self, connection: UUID, version: int, finding: Finding, over: str | None = None) -> None:
        """See `SecretStore`."""
        for place, stored in self.connections.items():
            if (stored.id, stored.version) != (connection, version):
                continue
            if finding.health == "connected":
                self.previous.pop(place, None)
            if _may_replace(stored.finding, finding, over):
                self.connections[place] = replace(stored, finding=finding, checked_at=datetime.now(UTC))

    async def count_data_keys(self) -> Mapping[bytes, int]:
        """See `SecretStore`."""
        return Counter(data_key.root_key_id for data_key in self.data_keys.values())

    async def find_data_key(self, owner: UUID) -> WrappedKey | None:
        """See `SecretStore`."""
        return next((data_key for data_key in await self.find_active_data_keys() if data_key.owner == owner), None)

    async def add_data_key(self, fresh: WrappedKey) -> WrappedKey:
        """See `SecretStore`."""
        stored = await self.find_data_key(fresh.owner)
        return stored or self.data_keys.setdefault(fresh.id, fresh)

    async def find_data_keys_to_rewrap(self, root_key_id: bytes) -> Sequence[WrappedKey]:
        """See `SecretStore`."""
        return [data_key for data_key in self.data_keys.values() if data_key.root_key_id != root_key_id]

    async def rewrap(self, changes: Sequence[tuple[WrappedKey, WrappedKey]]) -> int:
        """See `SecretStore`."""
        current = [(old, new) for old, new in changes if self.data_keys.get(old.id) == old]
        self.data_keys |= {old.id: new for old, new in current}
        return len(current)

    async def find_active_data_keys(self) -> Sequence[WrappedKey]:
        """See `SecretStore`."""
        return [data_key for data_key in self.data_keys.values() if data_key.id not in self.retired]

    async def replace_data_key(self, old: WrappedKey, fresh: WrappedKey) -> bool:
        """See `SecretStore`."""
        if old.id not in self.data_keys or old.id in self.retired:
            return False
        self.retired.add(old.id)
        self.data_keys[fresh.id] = fresh
        return True

    async def find_all(self, owner: UUID) -> Sequence[PlacedSecret]:
        """See `SecretStore`."""
        placed = sorted(
            (plugin, key, sealed)
            for kept in (self.values, self.previous)
            for (user, plugin), values in kept.items()
            for key, sealed in values.items()
            if user == owner and sealed
        )
        return [PlacedSecret(plugin, self._stored(owner, plugin, key, sealed)) for plugin, key, sealed in placed]

    async def reseal(self, owner: UUID, plugin: str, changes: Sequence[Resealed]) -> int:
        """See `SecretStore`."""
        resealed = 0
        for kept in (self.values, self.previous):
            values = kept.get((owner, plugin), {})
            current = {change.key: change.after for change in changes if values.get(change.key) == change.before}
            values.update(current)
            resealed += len(current)
        return resealed

    async def drop_retired_data_keys(self) -> int:
        """See `SecretStore`."""
        held = (value for kept in (self.values, self.previous) for values in kept.values() for value in values.values())
        named = {sealed_with(value) for value in held if value}
        gone = (self.retired - named) & self.data_keys.keys()
        for one in gone:
            del self.data_keys[one]
        return len(gone)


def _may_replace(before: Finding | None, after: Finding, over: str | None) -> bool:
    if before is None or before.health is None:
        return True
    return after.health is not None and over in {None, before.message}
