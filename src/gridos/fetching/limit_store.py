"""How server processes know of one another, and of what upstream told one of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from gridos.fetching.share import Share
from gridos.plugins import ConnectionRef


@dataclass(frozen=True, slots=True)
class Told:
    """
    What holds back a connection in one process, for all of them, `until` a time in POSIX seconds.

    `text` is what `telling` reads. Of one `name` each connection has one; the one that lasts longer stays.
    """

    ref: ConnectionRef
    name: str
    until: float
    text: str


class LimitStore(Protocol):
    """
    The server processes that live, and what they tell one another. Each instance is one process.

    StorageUnavailable when the database does not answer.
    """

    async def announce(self) -> Share:
        """Live for another 30 seconds, and learn what share that gives; the others are told of one that is new."""
        ...

    async def leave(self) -> None:
        """Live no more, and tell the others."""
        ...

    async def tell(self, told: Sequence[Told]) -> None:
        """Keep these and tell the other processes; what is about a connection that has moved is left out."""
        ...

    async def read(self, connections: Collection[UUID] | None, now: float) -> Sequence[tuple[UUID, str]]:
        """The texts that are in force for these connections; None: for all."""
        ...

    async def sweep(self) -> None:
        """Delete what is over."""
        ...
