"""What this room keeps, and the storage it asks for. Nothing here can read what it holds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from gridos.plugin_secrets.key_ring import WrappedKey

Health: TypeAlias = Literal["connected", "needs_attention"]

KEPT_FOR: Final = timedelta(days=7)
"""How long replaced values are kept when nothing is heard of the new ones."""


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """One sealed value beside the data key it names; None when its owner has no such data key (any more)."""

    key: str
    sealed: bytes
    data_key: WrappedKey | None
    updated_at: datetime


class PlacedSecret(NamedTuple):
    """One of all of a user's sealed values, and the plugin it is for."""

    plugin: str
    secret: StoredSecret


class Resealed(NamedTuple):
    """One value before and after it was sealed with another data key."""

    key: str
    before: bytes
    after: bytes


class DataKeyReplaced(Exception):
    """What is to be stored was sealed with a data key that has been taken out of use meanwhile."""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What was found out about a connection: in which health it is, and a sentence that says so.

    Health is None when a test could not tell, because upstream did not answer it.
    """

    health: Health | None
    message: str


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """
    One owner's connection to one plugin: its id, its version, and the sealed values that were asked for.

    With the values comes what was found out about it since they changed, and when.
    """

    id: UUID
    version: int
    secrets: Sequence[StoredSecret] = ()
    finding: Finding | None = None
    checked_at: datetime | None = None


class SecretStore(Protocol):
    """
    Storage for sealed values and wrapped data keys.

    A connection comes into being with its first value and is never deleted while its owner lives. Its version moves
    in the same transaction as a row that changes, and only then. StorageUnavailable when the database does not answer.

    What a value replaces is kept, sealed as it is, until the new values have worked or for `KEPT_FOR`. Replaced again
    before that, a key keeps the oldest: those in between never worked.
    """

    async def get_set_keys(self, owner: UUID, plugin: str) -> Collection[str]:
        """The keys that hold a value. One statement."""
        ...

    async def get_all_set_keys(self, owner: UUID) -> Mapping[str, Collection[str]]:
        """The same for every plugin of which any key holds a value. One statement."""
        ...

    async def write(self, owner: UUID, plugin: str, sealed: Mapping[str, bytes], gone: Collection[str]) -> None:
        """
        Keep these values and delete those, all or nothing; DataKeyReplaced when their data key is out of use.

        What is deleted is not kept to be put back.
        """
        ...

    async def wipe(self, owner: UUID, plugin: str) -> None:
        """Delete every value of this connection, and what they replaced."""
        ...

    async def can_restore(self, owner: UUID, plugin: str) -> bool:
        """Whether a replaced value of this connection is kept."""
        ...

    async def restore(self, owner: UUID, plugin: str) -> bool:
        """
        Put back what was replaced, all or nothing; False when nothing is kept.

        A key that had no value then loses the one it has.
        """
        ...

    async def forget_old(self) -> None:
        """Delete every replaced value that was kept for long enough."""
        ...

    async def find_connection(self, owner: UUID, plugin: str, keys: Collection[str]) -> StoredConnection | None:
        """The connection as it is now, with its values of these keys. One statement; None if there never was one."""
        ...

    async def get_connections(self, owner: UUID, plugins: Collection[str]) -> Mapping[str, StoredConnection]:
        """Those connections that ever came into being, without values, by plugin. One statement."""
        ...

    async def get_healths(self, owner: UUID) -> Mapping[str, Health | None]:
        """What was found out about each of an owner's connections since its values changed. One statement."""
        ...

    async def put_finding(self, connection: UUID, version: int, finding: Finding, over: str | None = None) -> None:
        """
        Keep what was found out about a connection, unless its values have changed meanwhile.

        What could not tell the health replaces nothing that did. With `over`, nothing is replaced but that message.
        Once they are found to work, what they replaced is deleted.
        """
        ...

    async def count_data_keys(self) -> Mapping[bytes, int]:
        """How many data keys each root key wraps, by its id."""
        ...

    async def find_data_key(self, owner: UUID) -> WrappedKey | None:
        """The user's data key."""
        ...

    async def add_data_key(self, fresh: WrappedKey) -> WrappedKey:
        """Keep a user's first data key. When another came first, that one is returned and this one forgotten."""
        ...

    async def find_data_keys_to_rewrap(self, root_key_id: bytes) -> Sequence[WrappedKey]:
        """The data keys that another root key than this wraps."""
        ...

    async def rewrap(self, changes: Sequence[tuple[WrappedKey, WrappedKey]]) -> int:
        """Exchange each (old, new) pair whose old wrapping is still the stored one, and count them."""
        ...

    async def find_active_data_keys(self) -> Sequence[WrappedKey]:
        """The data key of every user."""
        ...

    async def replace_data_key(self, old: WrappedKey, fresh: WrappedKey) -> bool:
        """
        Put a fresh data key into use, and the old one out of it; False when that was not in use any more.

        Afterwards nothing that was sealed with the old one is stored any more: what is under way is waited for.
        """
        ...

    async def find_all(self, owner: UUID) -> Sequence[PlacedSecret]:
        """All values of a user, kept ones included, plugin by plugin."""
        ...

    async def reseal(self, owner: UUID, plugin: str, changes: Sequence[Resealed]) -> int:
        """
        Exchange those values of a connection that are still as they were before, and count them. Nothing moves.

        A value that was put back or replaced meanwhile is still as it was, wherever it is kept now.
        """
        ...

    async def drop_retired_data_keys(self) -> int:
        """Delete the data keys that are out of use and named by no value, not by a kept one either, and count them."""
        ...
