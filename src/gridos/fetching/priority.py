"""Who goes first when requests of one connection, or of all, have to wait for their turn."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import IntEnum


class Priority(IntEnum):
    """What a call is made for; a lower one goes first."""

    INTERACTIVE = 0
    """A person waits: an edit, or a wish for newer values."""
    SCHEDULED = 1
    """A kept answer is past its time, and is shown meanwhile."""
    BACKFILL = 2
    """History that nobody waits for."""


class Urgency:
    """How urgent a piece of work is. It may rise while the work is under way, and with it all that it waits for."""

    def __init__(self, priority: Priority = Priority.INTERACTIVE) -> None:
        self.priority = priority
        self._followers: dict[object, Callable[[Priority], object]] = {}

    def rise(self, priority: Priority) -> None:
        """Be at least so urgent; whoever follows is told in any case, since it may have been less urgent."""
        self.priority = min(self.priority, priority)
        for follow in list(self._followers.values()):
            follow(priority)

    @contextmanager
    def followed(self, follow: Callable[[Priority], object]) -> Generator[None]:
        """Tell somebody when it rises, until the block is left."""
        place = object()
        self._followers[place] = follow
        try:
            yield
        finally:
            del self._followers[place]
