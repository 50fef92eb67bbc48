"""How somebody wants an answer, and what they want to hear until it is there."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gridos.fetching.priority import Urgency
from gridos.formulas import Answer


def _not_heard(*_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """
    An answer, and every part of it, shall be no older than `newer_than` (POSIX seconds); 0: as young as its TTL says.

    Its `urgency` may rise until the answer is there. `meanwhile` is told a value that is past its time, to be shown
    until then. `progress` is told how many records a long call has read, and of how many.
    """

    newer_than: float = 0.0
    urgency: Urgency = field(default_factory=Urgency)
    meanwhile: Callable[[Answer], object] = _not_heard
    progress: Callable[[int, int | None], object] = _not_heard


ANY = Wish()
