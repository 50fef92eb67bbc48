"""
The one connection of all who ask an upstream without a secret.

Such an upstream takes everybody behind this server's address for one, and limits them together. So what it tells one
of them is kept for all, and they wait in one queue. It has no secrets, is stored nowhere, and never changes.
"""

from typing import Final
from uuid import UUID, uuid5

from gridos.fetching.injecting import set_keys
from gridos.plugins import Anonymous, ConnectionRef, Manifest, OpenConnection

NOBODY: Final = UUID(int=0)
"""Whose connection it is."""


def strangers(plugin: str) -> ConnectionRef:
    """The connection they share; no owner and no stored connection has its id."""
    return ConnectionRef(NOBODY, plugin, uuid5(NOBODY, plugin), 0)


def spent(manifest: Manifest, opened: OpenConnection) -> ConnectionRef:
    """Whose answers and limits a running call shares: its owner's, or the strangers' if nothing at all is set."""
    is_bare = not set_keys(opened.secrets) and not set_keys(opened.environment)
    way = manifest.connection.find_way(()) if manifest.connection else None
    return strangers(manifest.slug) if is_bare and isinstance(way, Anonymous) else opened.ref
