"""What server processes share of their answers, and how they agree on who asks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from gridos.fetching.kept import Kept
from gridos.formulas import Call
from gridos.plugins import ConnectionRef


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer is kept."""

    ref: ConnectionRef
    call: Call


@dataclass(frozen=True, slots=True)
class Wanted:
    """An answer no older than `newer_than`."""

    place: Place
    newer_than: float


@dataclass(frozen=True, slots=True)
class Claim:
    """
    What is kept at a place, however old, and who asks.

    `is_mine`: upstream is to be asked by who claimed it, until it is saved. `is_leased`: somebody else does that now.
    Neither is there for a connection that is not at that version: nothing is kept for it (`is_shared` is false).
    """

    kept: Kept | None
    is_mine: bool
    is_leased: bool
    is_shared: bool


class AnswerStore(Protocol):
    """
    Answers of all server processes. A claim is a lease of 30 seconds; who dies or hangs loses it.

    StorageUnavailable when the database does not answer.
    """

    async def claim(self, wanted: Sequence[Wanted], now: float) -> Sequence[Claim]:
        """Look at all of these, and take those that are not good enough and that nobody else asks for."""
        ...

    async def save(self, done: Sequence[tuple[Place, Kept | None]]) -> None:
        """
        Keep what was claimed, end those leases and tell the other processes; None ends a lease without an answer.

        What is no longer claimed by this process, or whose connection has moved, is left out.
        """
        ...

    async def renew(self, places: Collection[Place]) -> None:
        """Hold these leases for another 30 seconds."""
        ...

    async def sweep(self) -> None:
        """Delete some of what nobody has used for long."""
        ...
