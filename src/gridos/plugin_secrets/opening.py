"""Opens an owner's connection while a call or a test runs. Only `live` and `app` may import this module."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID, uuid4, uuid5

from gridos.errors import SecretUnreadable, VaultLocked
from gridos.plugin_secrets.key_ring import KeyRing, WrappedKey
from gridos.plugin_secrets.sealing import DataKey, is_same
from gridos.plugin_secrets.storage import SecretStore, StoredConnection, StoredSecret
from gridos.plugins import ConnectionRef, Manifest, OpenConnection, Plugins
from gridos.secret import Secret


class Connections(Protocol):
    """Where the secrets of running calls come from."""

    async def open_connection(self, ref: ConnectionRef) -> OpenConnection:
        """
        The connection as it is now, with every declared secret that is set.

        VaultLocked or SecretUnreadable when one of them cannot be opened: half a connection is never used.
        StorageUnavailable when the database does not answer, which is never the same as "not set".
        """
        ...

    async def current_connections(self, owner: UUID, plugins: Collection[str]) -> Mapping[str, ConnectionRef]:
        """This owner's connection to each of these plugins, whether or not anything is set."""
        ...


@dataclass(frozen=True, slots=True)
class Trial:
    """
    A connection as it would be with some values exchanged, beside the stored one.

    `unreadable` are the keys it would need whose stored value cannot be opened; `connection` lacks them. `is_stored`
    says that nothing was exchanged. Otherwise the connection has an id of its own, which meets nothing that is kept.
    """

    stored: StoredConnection | None
    connection: OpenConnection
    unreadable: Sequence[str]
    is_stored: bool


class SealedConnections:
    """Connections of many users, from the vault's storage."""

    def __init__(self, store: SecretStore, ring: KeyRing, plugins: Plugins) -> None:
        self._store = store
        self._ring = ring
        self._plugins = plugins

    async def open_connection(self, ref: ConnectionRef) -> OpenConnection:
        """Read once, and open each value at the place it was asked for."""
        keys = self._plugins.get(ref.plugin).manifest.keys
        stored = await self._store.find_connection(ref.owner, ref.plugin, keys)
        secrets = self._open(ref.plugin, stored.secrets if stored else ())
        return OpenConnection(_ref(ref.owner, ref.plugin, stored), secrets)

    async def current_connections(self, owner: UUID, plugins: Collection[str]) -> Mapping[str, ConnectionRef]:
        """Read once."""
        stored = await self._store.get_connections(owner, plugins)
        return {plugin: _ref(owner, plugin, stored.get(plugin)) for plugin in plugins}

    async def try_connection(self, owner: UUID, manifest: Manifest, instead: Mapping[str, Secret]) -> Trial:
        """Read once, and exchange values without storing them; an empty one counts as unset."""
        plugin = manifest.slug
        stored = await self._store.find_connection(owner, plugin, manifest.keys)
        before = {secret.key: self._find(plugin, secret) for secret in (stored.secrets if stored else ())}
        after = {key: secret for key, secret in {**before, **instead}.items() if secret is None or secret}
        is_stored = not any(_differs(key, secret, before) for key, secret in instead.items())
        ref = _ref(owner, plugin, stored) if is_stored else ConnectionRef(owner, plugin, uuid4(), 0)
        return Trial(
            stored,
            OpenConnection(ref, {key: secret for key, secret in after.items() if secret}),
            [key for key, secret in after.items() if secret is None],
            is_stored,
        )

    def _find(self, plugin: str, secret: StoredSecret) -> Secret | None:
        """One value, or None when it cannot be opened: it may be about to be replaced."""
        try:
            return self._unwrap(secret.data_key).open(plugin, secret.key, secret.sealed)
        except (SecretUnreadable, VaultLocked):
            return None

    def _open(self, plugin: str, secrets: Sequence[StoredSecret]) -> Mapping[str, Secret]:
        data_keys = {wrapped: self._unwrap(wrapped) for wrapped in {secret.data_key for secret in secrets}}
        return {secret.key: data_keys[secret.data_key].open(plugin, secret.key, secret.sealed) for secret in secrets}

    def _unwrap(self, wrapped: WrappedKey | None) -> DataKey:
        if wrapped is None:
            raise SecretUnreadable
        return self._ring.unwrap(wrapped)


def _differs(key: str, secret: Secret, before: Mapping[str, Secret | None]) -> bool:
    stored = before.get(key)
    return not (stored and is_same(stored, secret)) if secret else key in before


def _ref(owner: UUID, plugin: str, stored: StoredConnection | None) -> ConnectionRef:
    """
    Name a connection, also one that never came into being.

    Its id is then made from the owner's and can meet neither another user's nor a stored one, which are random.
    """
    if stored is None:
        return ConnectionRef(owner, plugin, uuid5(owner, plugin), 0)
    return ConnectionRef(owner, plugin, stored.id, stored.version)
