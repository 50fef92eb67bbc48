"""What one of several server processes may use of a limit that they have together."""

from typing import NamedTuple


class Share(NamedTuple):
    """Of so many processes, the one of this rank, from 0."""

    rank: int = 0
    of: int = 1

    def places(self, limit: int) -> int:
        """
        How many of a whole number are its own; the lower ranks have what cannot be divided.

        Nobody has none: a cell must not wait for ever. With more processes than places they exceed the number.
        """
        return max(1, (limit + self.of - 1 - self.rank) // self.of)

    @property
    def part(self) -> float:
        """Its part of what can be divided."""
        return 1 / self.of
