"""Cells as the engine writes them: `Sheet1!B2`, `'My sheet'!A1:C3`."""

import re

from gridos.errors import BadAddress
from gridos.grid import MAX_COLUMNS, MAX_ROWS, CellRange, CellRef, column_letters, column_number, parse_range

_CELL = re.compile(r"([A-Z]+)([0-9]+)")


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
    try:
        return parse_range(_plain(sheet), a1)
    except BadAddress:
        return CellRange(_plain(sheet), 1, 1, MAX_ROWS, MAX_COLUMNS)


def _plain(sheet: str) -> str:
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
