"""Keeps answers in memory."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import UUID

from gridos.fetching.kept import Kept
from gridos.formulas import Answer, Call

MOST: Final = 50_000
"""Answers kept; the one that was used least recently goes first."""


class Key(NamedTuple):
    """What an answer belongs to. The version moves with every change of a secret, so no replaced key finds it."""

    connection: UUID
    version: int
    call: Call


class Answers:
    """The answers of all connections."""

    def __init__(self, clock: Callable[[], float], most: int = MOST) -> None:
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._clock = clock
        self._most = most

    def find(self, key: Key, newer_than: float = 0.0) -> Kept | None:
        """What is good enough to be given as it is."""
        kept = self._kept.get(key)
        if kept is None or not kept.is_good(self._clock(), newer_than):
            return None
        self._kept.move_to_end(key)
        return kept

    def last(self, key: Key) -> Kept | None:
        """What is known, however old."""
        return self._kept.get(key)

    def peek(self, key: Key) -> Answer | None:
        """The answer at hand. A value that is no longer young is marked stale; such an error is not shown again."""
        kept = self._kept.get(key)
        if kept is None or kept.is_good(self._clock(), 0.0):
            return kept and kept.answer
        return kept.earlier if kept.can_be_shown(self._clock()) else None

    def keep(self, key: Key, kept: Kept) -> None:
        """Keep this in place of what was known."""
        self._kept[key] = kept
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, connection: UUID) -> None:
        """Drop every answer of a connection."""
        for key in [key for key in self._kept if key.connection == connection]:
            del self._kept[key]
