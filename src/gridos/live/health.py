"""Notices when upstream begins to reject a connection, and when it accepts it again."""

import asyncio
import logging
from uuid import UUID

from gridos.errors import StorageUnavailable
from gridos.fetching import Outcome, rejection
from gridos.grid import CellError
from gridos.plugin_secrets import Finding, SecretStore
from gridos.plugins import ConnectionRef, Manifest, Plugins

log = logging.getLogger(__name__)

REMEMBERED = 10_000


class HealthWatch:
    """
    Hears the outcome of every live call, and writes down only those that change what is known of a connection.

    A success takes back nothing but an earlier rejection: a test may have found out more, such as a permission that
    other calls do not need.
    """

    def __init__(self, plugins: Plugins, store: SecretStore) -> None:
        self._plugins = plugins
        self._store = store
        self._known: dict[UUID, tuple[int, bool]] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()  # what was heard last is written last

    def observe(self, ref: ConnectionRef, outcome: Outcome) -> None:
        """A call ended. Nobody waits for the storage."""
        plugin = self._plugins.find(ref.plugin)
        is_rejected = isinstance(outcome, CellError)
        if plugin is None or (is_rejected and outcome.code != plugin.manifest.error("AUTH", "").code):
            return  # it tells nothing about the connection
        if self._known.get(ref.id) == (ref.version, is_rejected):
            return
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[ref.id] = ref.version, is_rejected
        task = asyncio.create_task(self._write(ref, plugin.manifest, is_rejected=is_rejected))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    def forget(self, connection: UUID) -> None:
        """Somebody else wrote down how this connection stands."""
        self._known.pop(connection, None)

    async def settle(self) -> None:
        """Wait until what was heard is written."""
        await asyncio.gather(*self._writing)

    async def _write(self, ref: ConnectionRef, manifest: Manifest, *, is_rejected: bool) -> None:
        rejected = rejection(manifest)
        accepted = Finding("connected", f"Connected to {manifest.title}.")
        try:
            async with self._turn:
                if is_rejected:
                    await self._store.put_finding(ref.id, ref.version, Finding("needs_attention", rejected))
                else:
                    await self._store.put_finding(ref.id, ref.version, accepted, over=rejected)
        except StorageUnavailable as error:
            self.forget(ref.id)
            log.warning("How a connection to %s stands could not be kept: %s", ref.plugin, error)
