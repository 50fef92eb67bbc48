"""How server processes know of one another, and of what upstream told one of them."""

from collections.abc import Collection, Mapping, Sequence
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

    @property
    def process(self) -> UUID:
        """Which process this is."""
        ...

    async def announce(self, asked: Collection[UUID]) -> Share:
        """
        Live for another 30 seconds, ask for none but these connections, and learn what share of others that gives.

        The others are told of a process that is new, and of what is not asked for any more.
        """
        ...

    async def ask(self, connections: Collection[UUID]) -> Mapping[UUID, Share]:
        """Ask for these connections too, and learn what share that gives; the others are told of what is new."""
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
