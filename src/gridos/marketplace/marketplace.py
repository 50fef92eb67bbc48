"""The install switch of each plugin, per user."""

from collections.abc import Set as AbstractSet
from typing import Protocol
from uuid import UUID

from gridos.errors import UnknownPlugin
from gridos.plugins import Plugins


class MarketplaceStore(Protocol):
    """Where choices are kept."""

    async def find_installed(self, user: UUID) -> frozenset[str] | None:
        """The slugs a user has switched on; None for a user who never touched a switch."""
        ...

    async def toggle(self, user: UUID, slug: str, default: AbstractSet[str], *, installed: bool) -> None:
        """
        Turn one switch.

        The first time, `default` is written down with that one change, so that installing one plugin never
        switches off the others. Both happen in one transaction.
        """
        ...


class Marketplace:
    """A failing database is an error here, never an open or a closed gate."""

    def __init__(self, store: MarketplaceStore, plugins: Plugins) -> None:
        self._store = store
        self._plugins = plugins

    async def installed(self, user: UUID) -> frozenset[str]:
        """The loaded plugins whose formulas work for this user; all of them until the first choice."""
        loaded = self._loaded()
        chosen = await self._store.find_installed(user)
        return loaded if chosen is None else loaded & chosen

    async def toggle(self, user: UUID, slug: str, *, installed: bool) -> None:
        """Install or remove one plugin."""
        if self._plugins.find(slug) is None:
            raise UnknownPlugin
        await self._store.toggle(user, slug, self._loaded(), installed=installed)

    def _loaded(self) -> frozenset[str]:
        return frozenset(plugin.manifest.slug for plugin in self._plugins if plugin.loaded)
