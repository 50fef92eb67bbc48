"""Cells as the engine writes them: `Sheet1!B2`, `'My sheet'!A1:C3`."""

import re

from gridos.grid import MAX_COLUMNS, MAX_ROWS, CellRange, CellRef, column_letters, column_number

_CELL = re.compile(r"([A-Z]+)([0-9]+)")
_CORNER = re.compile(r"\$?([A-Z]*)\$?([0-9]*)")


def address(cell: CellRef) -> str:
    """The cell with its sheet, quoted as the engine wants it."""
    sheet = cell.sheet.replace("'", "''")
    return f"'{sheet}'!{column_letters(cell.column)}{cell.row}"


def cell_at(text: str) -> CellRef:
    """The cell an address of the engine names."""
    sheet, _, a1 = text.rpartition("!")
    match = _CELL.fullmatch(a1)
    if not match:
        raise ValueError(a1)
    return CellRef(_plain(sheet), int(match[2]), column_number(match[1]))


def range_at(text: str) -> CellRange:
    """The rectangle an address of the engine names, cut to the largest sheet; a cell is a rectangle of one."""
    sheet, _, a1 = text.rpartition("!")
    start, _, end = a1.partition(":")
    (top, left), (bottom, right) = _corner(start, 1, 1), _corner(end or start, MAX_ROWS, MAX_COLUMNS)
    return CellRange(_plain(sheet), top, left, min(bottom, MAX_ROWS), min(right, MAX_COLUMNS))


def _corner(text: str, row: int, column: int) -> tuple[int, int]:
    """Row and column of one corner; `A:A` has no rows and `1:1` no columns, so those are given."""
    match = _CORNER.fullmatch(text)
    if not match:
        raise ValueError(text)
    return int(match[2] or row), column_number(match[1]) or column


def _plain(sheet: str) -> str:
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
