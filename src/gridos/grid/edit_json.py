"""
Edits as the JSON that travels and is kept in logs.

What is written here is read again years later: members may be added, never changed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from gridos.errors import BadEdit
from gridos.grid.address import MAX_COLUMNS, MAX_ROWS, column_letters, column_number, parse_cell, parse_range
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
)
from gridos.grid.moves import Axis
from gridos.grid.styles import style_change

MAX_SIZE = 2_000
_LIMITS: Mapping[Axis, int] = {"rows": MAX_ROWS, "columns": MAX_COLUMNS}
_TRACKS = re.compile(r"([A-Za-z]{1,3}|[0-9]{1,6})(?::([A-Za-z]{1,3}|[0-9]{1,6}))?")


def edit_from_json(data: Mapping[str, Any]) -> Edit:
    """Read `{op, …}` of the contract; BadEdit says what is missing or unknown, and never repeats what it was given."""
    op = data.get("op")
    read = _READERS.get(op) if isinstance(op, str) else None
    if read is None:
        raise BadEdit(f"This edit's `op` is not one of: {', '.join(_READERS)}.")
    return read(_Members(data))


class _Members:
    """The members of one edit, each asked for by its name and type."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data

    def text(self, name: str) -> str:
        value = self.data.get(name)
        if not isinstance(value, str):
            raise BadEdit(f"This edit's `{name}` is missing or no text.")
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        value = self.data.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BadEdit(f"This edit's `{name}` is missing or no whole number from {low} to {high:,}.")
        return value

    def batch(self) -> int | None:
        return None if self.data.get("batch") is None else self.whole("batch", 1, 2**53)


def _format(of: _Members) -> Edit:
    style = of.data.get("style")
    if not isinstance(style, dict):
        raise BadEdit("A format edit needs `style`, an object.")
    return Format(parse_range(of.text("sheet"), of.text("range")), style_change(cast("dict[str, Any]", style)))


def _tracks_edit(kind: type[Insert | Delete], axis: Axis) -> Callable[[_Members], Edit]:
    limit = _LIMITS[axis]
    return lambda of: kind(of.text("sheet"), axis, of.whole("at", 1, limit), of.whole("count", 1, limit))


def _resize(of: _Members) -> Edit:
    given: list[Axis] = [axis for axis in _LIMITS if of.data.get(axis) is not None]
    if len(given) != 1:
        raise BadEdit("A resize edit needs either `columns` (`B`, `B:D`) or `rows` (`2`, `2:5`).")
    axis = given[0]
    first, last = _tracks(str(of.data[axis]), axis)
    size = of.data.get("size")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int | float) or not 0 <= size <= MAX_SIZE):
        raise BadEdit(f"A resize edit's `size` is 0 to {MAX_SIZE:,} pixels, or null for the usual size.")
    return Resize(of.text("sheet"), axis, first, last, size)


def _tracks(text: str, axis: Axis) -> tuple[int, int]:
    match = _TRACKS.fullmatch(text)
    parts = [part for part in match.groups() if part] if match else []
    # A column may be given by its number too.
    numbers = sorted(int(part) if part.isdigit() else column_number(part) for part in parts)
    letters = any(not part.isdigit() for part in parts)
    if not numbers or (axis == "rows" and letters) or not 1 <= numbers[0] <= numbers[-1] <= _LIMITS[axis]:
        raise BadEdit("A resize edit's `columns` is such as `B` or `B:D`, and its `rows` such as `2` or `2:5`.")
    return numbers[0], numbers[-1]


_READERS: Mapping[str, Callable[[_Members], Edit]] = {
    "set": lambda of: SetCell(parse_cell(of.text("sheet"), of.text("cell")), of.text("input")),
    "clear": lambda of: ClearRange(parse_range(of.text("sheet"), of.text("range"))),
    "format": _format,
    "insert_rows": _tracks_edit(Insert, "rows"),
    "delete_rows": _tracks_edit(Delete, "rows"),
    "insert_columns": _tracks_edit(Insert, "columns"),
    "delete_columns": _tracks_edit(Delete, "columns"),
    "add_sheet": lambda of: AddSheet(of.text("name")),
    "rename_sheet": lambda of: NameSheet(of.text("sheet"), of.text("name")),
    "move_sheet": lambda of: MoveSheet(of.text("sheet"), of.whole("to", 1, MAX_COLUMNS)),
    "delete_sheet": lambda of: DeleteSheet(of.text("sheet")),
    "merge": lambda of: Merge(parse_range(of.text("sheet"), of.text("range"))),
    "unmerge": lambda of: Unmerge(parse_range(of.text("sheet"), of.text("range"))),
    "resize": _resize,
    "freeze": lambda of: Freeze(
        of.text("sheet"), of.whole("rows", 0, MAX_ROWS - 1), of.whole("columns", 0, MAX_COLUMNS - 1)
    ),
    "define_name": lambda of: DefineName(of.text("name"), of.text("refers_to")),
    "delete_name": lambda of: DeleteName(of.text("name")),
    "undo": lambda of: Undo(of.batch()),
    "redo": lambda of: Redo(of.batch()),
}


def edit_to_json(edit: Edit) -> dict[str, Any]:  # noqa: PLR0911, PLR0912, C901 -- one line for each edit
    """The same edit as `edit_from_json` reads."""
    match edit:
        case SetCell(cell, typed):
            return {"op": "set", "sheet": cell.sheet, "cell": cell.a1, "input": typed}
        case ClearRange(area):
            return {"op": "clear", "sheet": area.sheet, "range": area.a1}
        case Format(area, style):
            return {"op": "format", "sheet": area.sheet, "range": area.a1, "style": dict(style)}
        case Insert(sheet, axis, at, count):
            return {"op": f"insert_{axis}", "sheet": sheet, "at": at, "count": count}
        case Delete(sheet, axis, at, count):
            return {"op": f"delete_{axis}", "sheet": sheet, "at": at, "count": count}
        case AddSheet(name):
            return {"op": "add_sheet", "name": name}
        case NameSheet(sheet, name):
            return {"op": "rename_sheet", "sheet": sheet, "name": name}
        case MoveSheet(sheet, to):
            return {"op": "move_sheet", "sheet": sheet, "to": to}
        case DeleteSheet(sheet):
            return {"op": "delete_sheet", "sheet": sheet}
        case Merge(area):
            return {"op": "merge", "sheet": area.sheet, "range": area.a1}
        case Unmerge(area):
            return {"op": "unmerge", "sheet": area.sheet, "range": area.a1}
        case Resize(sheet, axis, first, last, size):
            return {"op": "resize", "sheet": sheet, axis: tracks_text(axis, first, last), "size": size}
        case Freeze(sheet, rows, columns):
            return {"op": "freeze", "sheet": sheet, "rows": rows, "columns": columns}
        case DefineName(name, refers_to):
            return {"op": "define_name", "name": name, "refers_to": refers_to}
        case DeleteName(name):
            return {"op": "delete_name", "name": name}
        case Undo(batch):
            return {"op": "undo"} if batch is None else {"op": "undo", "batch": batch}
        case Redo(batch):
            return {"op": "redo"} if batch is None else {"op": "redo", "batch": batch}


def tracks_text(axis: Axis, first: int, last: int) -> str:
    """`B:D` or `2:5`."""
    return f"{first}:{last}" if axis == "rows" else f"{column_letters(first)}:{column_letters(last)}"
