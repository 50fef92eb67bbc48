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
from gridos.grid.book import Book, Plan
from gridos.grid.cells import BLANK, CellError, Scalar, Shown, State
from gridos.grid.edit_json import edit_from_json, edit_to_json
from gridos.grid.edits import (
    AddSheet,
    ClearRange,
    DefineName,
    Delete,
    DeleteName,
    DeleteSheet,
    Edit,
    Format,
    Freeze,
    Insert,
    Merge,
    MoveSheet,
    NameSheet,
    Redo,
    Resize,
    SetCell,
    Undo,
    Unmerge,
    overlap,
    touched,
)
from gridos.grid.history_json import history_from_json, history_to_json
from gridos.grid.limits import MAX_FORMULA_LENGTH, MAX_TEXT_LENGTH, MAX_USED_CELLS
from gridos.grid.moves import Move, Shifted
from gridos.grid.outline import Outline, SheetOutline
from gridos.grid.references import references
from gridos.grid.sheets import Sheet
from gridos.grid.styles import Horizontal, Style, Vertical, style_to_json, with_typed_format
from gridos.grid.typed import Formula, Literal, parse_typed, serial

__all__ = [
    "BLANK",
    "MAX_COLUMNS",
    "MAX_FORMULA_LENGTH",
    "MAX_ROWS",
    "MAX_TEXT_LENGTH",
    "MAX_USED_CELLS",
    "AddSheet",
    "Book",
    "CellError",
    "CellRange",
    "CellRef",
    "ClearRange",
    "DefineName",
    "Delete",
    "DeleteName",
    "DeleteSheet",
    "Edit",
    "Format",
    "Formula",
    "Freeze",
    "Horizontal",
    "Insert",
    "Literal",
    "Merge",
    "Move",
    "MoveSheet",
    "NameSheet",
    "Outline",
    "Plan",
    "Redo",
    "Resize",
    "Scalar",
    "SetCell",
    "Sheet",
    "SheetOutline",
    "Shifted",
    "Shown",
    "State",
    "Style",
    "Undo",
    "Unmerge",
    "Vertical",
    "column_letters",
    "column_number",
    "edit_from_json",
    "edit_to_json",
    "history_from_json",
    "history_to_json",
    "overlap",
    "parse_cell",
    "parse_range",
    "parse_typed",
    "references",
    "serial",
    "style_to_json",
    "touched",
    "with_typed_format",
]
