"""
Workbooks as plain values: addresses, cells, edits, what a person types.

No clock, no network, no users: everything here can be tested by calling it.
"""

from gridos.grid.address import (
    MAX_COLUMNS,
    MAX_ROWS,
    CellRange,
    CellRef,
    column_letters,
    column_number,
    parse_cell,
    parse_range,
)
from gridos.grid.book import Book
from gridos.grid.cells import BLANK, CellError, Scalar, Shown, State
from gridos.grid.edit_json import edit_from_json, edit_to_json
from gridos.grid.edits import ClearRange, Edit, SetCell, overlap, touched
from gridos.grid.limits import MAX_FORMULA_LENGTH, MAX_TEXT_LENGTH, MAX_USED_CELLS
from gridos.grid.sheets import Sheet
from gridos.grid.typed import Formula, Literal, parse_typed, serial

__all__ = [
    "BLANK",
    "MAX_COLUMNS",
    "MAX_FORMULA_LENGTH",
    "MAX_ROWS",
    "MAX_TEXT_LENGTH",
    "MAX_USED_CELLS",
    "Book",
    "CellError",
    "CellRange",
    "CellRef",
    "ClearRange",
    "Edit",
    "Formula",
    "Literal",
    "Scalar",
    "SetCell",
    "Sheet",
    "Shown",
    "State",
    "column_letters",
    "column_number",
    "edit_from_json",
    "edit_to_json",
    "overlap",
    "parse_cell",
    "parse_range",
    "parse_typed",
    "serial",
    "touched",
]
