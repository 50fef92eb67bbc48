"""How somebody wants an answer, and what they want to hear until it is there."""

from collections.abc import Callable
from dataclasses import dataclass

from gridos.fetching.priority import Priority
from gridos.formulas import Answer


def _not_heard(*_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """
    An answer, and every part of it, shall be no older than `newer_than` (POSIX seconds); 0: as young as its TTL says.

    `meanwhile` is told a value that is past its time, to be shown until the answer is there. `progress` is told how
    many records a long call has read, and of how many.
    """

    newer_than: float = 0.0
    priority: Priority = Priority.INTERACTIVE
    meanwhile: Callable[[Answer], object] = _not_heard
    progress: Callable[[int, int | None], object] = _not_heard


ANY = Wish()
