"""Connections of the single user, from the server's environment. In `saas` nothing here is ever built."""

from collections.abc import Collection, Mapping
from uuid import UUID, uuid4, uuid5

from gridos.errors import BadSecret, SecretUnreadable
from gridos.plugins import ConnectionRef, OpenConnection, Plugins, SecretSlot
from gridos.secret import Secret


class EnvironmentConnections:
    """
    Reads `<SLUG>_<KEY>` for each declared key, and what a plugin's `env_fallback` may name.

    No other variable is kept. Connection ids are new at each start, since the values may be.
    """

    def __init__(self, environ: Mapping[str, str], plugins: Plugins) -> None:
        read = {name for plugin in plugins for name in plugin.manifest.variables}
        self._environ = {name: value for name, value in environ.items() if name in read and value.strip()}
        self._plugins = plugins
        self._start = uuid4()

    async def open_connection(self, ref: ConnectionRef) -> OpenConnection:
        """Accept each value as the settings form would; SecretUnreadable names the variable that is not accepted."""
        manifest = self._plugins.get(ref.plugin).manifest
        named = [(slot, manifest.variable(slot.key)) for slot in manifest.secrets]
        secrets = {slot.key: self._accepted(slot, name) for slot, name in named if name in self._environ}
        # A plugin that names a fallback does its own networking and gets what it would have read itself.
        fallbacks = {name: Secret(self._environ[name].strip()) for name in manifest.variables if name in self._environ}
        return OpenConnection(self._ref(ref.owner, ref.plugin), secrets, fallbacks)

    async def current_connections(self, owner: UUID, plugins: Collection[str]) -> Mapping[str, ConnectionRef]:
        """One connection for each plugin, as long as the server runs."""
        return {plugin: self._ref(owner, plugin) for plugin in plugins}

    async def get_all_set_keys(self, _owner: UUID) -> Mapping[str, Collection[str]]:
        """The keys that have a value, of each plugin."""
        return {
            plugin.slug: [key for key in plugin.manifest.keys if plugin.manifest.variable(key) in self._environ]
            for plugin in self._plugins
        }

    def _ref(self, owner: UUID, plugin: str) -> ConnectionRef:
        return ConnectionRef(owner, plugin, uuid5(self._start, plugin), 0)

    def _accepted(self, slot: SecretSlot, name: str) -> Secret:
        try:
            return Secret(slot.accept(self._environ[name]))
        except BadSecret as refusal:
            raise SecretUnreadable(f"{name} in the server's environment is not accepted: {refusal}") from None
