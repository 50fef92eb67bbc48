"""Who goes first when requests of one connection, or of all, have to wait for their turn."""

from enum import IntEnum


class Priority(IntEnum):
    """What a call is made for; a lower one goes first."""

    INTERACTIVE = 0
    """A person waits: an edit, or a wish for newer values."""
    SCHEDULED = 1
    """A kept answer is past its time, and is shown meanwhile."""
    BACKFILL = 2
    """History that nobody waits for."""
