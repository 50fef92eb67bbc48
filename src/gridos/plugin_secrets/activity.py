"""What happened to a user's secrets, as the user is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

Action: TypeAlias = Literal["set", "replace", "restore", "clear", "verify", "use", "block", "rotate"]
"""
Values were stored, replaced, put back or cleared; tested; used by calls; kept from leaving; or sealed with newer keys.
"""


@dataclass(frozen=True, slots=True)
class Event:
    """
    Something that is to be written down for an owner; `count` calls together are one event.

    `actor` is who did it, None for GridOS itself. `detail` is one of our own words, never anything that was sent.
    """

    owner: UUID
    action: Action
    plugin: str | None = None
    actor: UUID | None = None
    detail: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """An event that was written down. `actor` is an address; None for GridOS itself or an account that is gone."""

    id: int
    at: datetime
    actor: str | None
    plugin: str | None
    key: str | None
    action: Action
    detail: str
    count: int


class ActivityStore(Protocol):
    """
    Keeps events; nobody can change or delete one.

    What changes a stored value (`set`, `replace`, `restore`, `clear`) is written down by the storage itself, in the
    same transaction. StorageUnavailable when the database does not answer.
    """

    async def note(self, events: Sequence[Event]) -> None:
        """Write these down; those of owners who are gone are dropped."""
        ...

    async def read(
        self, owner: UUID, *, plugin: str | None = None, before: int | None = None, most: int
    ) -> list[Entry]:
        """The newest entries of an owner, of one plugin if it is named, of those with an id below `before`."""
        ...
