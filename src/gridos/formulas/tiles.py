"""
Which parts of the sheets changed in a pass: used tiles are read and compared with what they held before.

The engine reports no changes, and reading costs by area: one cell far away must not cost the whole rectangle before it.
"""

import marshal
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gridos.formulas.engine import Raw
from gridos.grid import MAX_COLUMNS, MAX_ROWS, CellRange, CellRef

_ROWS, _COLUMNS = 128, 4


class Tile(NamedTuple):
    """A small rectangle of a sheet, by its place among the others."""

    sheet: str
    down: int
    right: int

    @property
    def area(self) -> CellRange:
        """The cells it covers."""
        top, left = self.down * _ROWS + 1, self.right * _COLUMNS + 1
        return CellRange(self.sheet, top, left, min(top + _ROWS - 1, MAX_ROWS), min(left + _COLUMNS - 1, MAX_COLUMNS))


def tile_of(cell: CellRef) -> Tile:
    """The tile a cell lies in."""
    return Tile(cell.sheet, (cell.row - 1) // _ROWS, (cell.column - 1) // _COLUMNS)


class Tiles:
    """The used tiles of a workbook, and a digest of what each held when it was last read."""

    def __init__(self) -> None:
        self._digests: dict[Tile, int | None] = {}
        self.are_read = False
        """Whether the tiles were read at all, so that what they held is known."""

    def use(self, cell: CellRef) -> None:
        """The cell has an input, so its tile is read from now on."""
        self._digests.setdefault(tile_of(cell), None)

    def outdated(self, cell: CellRef) -> None:
        """The cell was read by itself; its tile's digest says nothing any more."""
        self._digests[tile_of(cell)] = None

    def changed(self, read: Callable[[CellRange], list[list[Raw]]]) -> Iterator[tuple[CellRef, Raw]]:
        """Every cell of every tile that holds something else than before."""
        self.are_read = True
        waiting = list(self._digests)
        while waiting:
            tile = waiting.pop()
            rows = read(tile.area)
            # Equality would not do: True == 1.0, and nan is never itself. Version 2 writes no references.
            digest = hash(marshal.dumps(rows, 2))
            for neighbour in _spilled_into(tile, rows):
                if neighbour not in self._digests:
                    self._digests[neighbour] = None
                    waiting.append(neighbour)
            if digest != self._digests[tile]:
                self._digests[tile] = digest
                yield from _cells(tile.area, rows)


def _cells(area: CellRange, rows: list[list[Raw]]) -> Iterator[tuple[CellRef, Raw]]:
    for row, values in enumerate(rows, area.top):
        for column, value in enumerate(values, area.left):
            yield CellRef(area.sheet, row, column), value


def _spilled_into(tile: Tile, rows: list[list[Raw]]) -> Iterator[Tile]:
    """The tiles below and beside, when this one is filled up to that edge: a result may go on there."""
    area = tile.area
    if area.bottom < MAX_ROWS and any(value is not None for value in rows[-1]):
        yield tile._replace(down=tile.down + 1)
    if area.right < MAX_COLUMNS and any(row[-1] is not None for row in rows):
        yield tile._replace(right=tile.right + 1)
