"""Remembers when each cell last changed, so that who was away for a moment is told of those cells only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from gridos.grid import CellRef, Shifted

# Who missed more batches of edits than this gets the whole workbook instead.
MOST_MISSED = 100


class Recent:
    """
    The seq under which each cell last changed.

    It begins when a workbook is opened. Nothing is known of the time before, except that what people typed is in
    the log: so every calculated cell counts as changed then.
    """

    def __init__(self) -> None:
        self._since = 0
        self._changed: dict[CellRef, int] = {}
        self._shifts: dict[int, Sequence[Shifted]] = {}

    def begin(self, seq: int, calculated: Iterable[CellRef]) -> None:
        """The workbook is open, at this seq."""
        self._since = seq
        self._changed = dict.fromkeys(calculated, seq)

    def note(self, seq: int, cells: Iterable[CellRef]) -> None:
        """These cells hold or show something else."""
        self._changed |= dict.fromkeys(cells, seq)

    def note_layout(self, seq: int, shifts: Sequence[Shifted]) -> None:
        """More changed than cells; these rows and columns moved."""
        self._shifts[seq] = shifts
        for old in [one for one in self._shifts if one <= seq - MOST_MISSED]:
            del self._shifts[old]

    def shifts_after(self, seq: int) -> list[Shifted] | None:
        """All rows and columns that moved after a seq; None when nothing but cells changed."""
        later = [shifts for changed, shifts in self._shifts.items() if changed > seq]
        return [one for shifts in later for one in shifts] if later else None

    def is_known(self, seq: int) -> bool:
        """Whether all that changed after a seq is known here."""
        return seq >= self._since

    def after(self, seq: int) -> Mapping[int, list[CellRef]]:
        """The cells that changed under this seq or a later one, by seq."""
        found: defaultdict[int, list[CellRef]] = defaultdict(list)
        for cell, changed in self._changed.items():
            if changed >= seq:
                found[changed].append(cell)
        return found
