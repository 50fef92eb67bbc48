"""What a person changes: edits, as values, and as the JSON that travels and is kept."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from gridos.errors import BadEdit
from gridos.grid.address import CellRange, CellRef, parse_cell, parse_range


@dataclass(frozen=True, slots=True)
class SetCell:
    """Type `input` into a cell. An empty input clears it."""

    cell: CellRef
    input: str


@dataclass(frozen=True, slots=True)
class ClearRange:
    """Empty every cell of a range."""

    range: CellRange


Edit: TypeAlias = SetCell | ClearRange


def edit_from_json(data: dict[str, Any]) -> Edit:
    """Read `{op, sheet, …}` of the contract; BadEdit names what is missing or unknown."""
    match data:
        case {"op": "set", "sheet": str(sheet), "cell": str(cell), "input": str(typed)}:
            return SetCell(parse_cell(sheet, cell), typed)
        case {"op": "clear", "sheet": str(sheet), "range": str(cells)}:
            return ClearRange(parse_range(sheet, cells))
        case {"op": "set"}:
            raise BadEdit("A set edit needs `sheet`, `cell` and `input`, all texts.")
        case {"op": "clear"}:
            raise BadEdit("A clear edit needs `sheet` and `range`, both texts.")
        case _:
            raise BadEdit("This edit's `op` is not one of: set, clear.")


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """The same edit as `edit_from_json` reads."""
    match edit:
        case SetCell(cell, typed):
            return {"op": "set", "sheet": cell.sheet, "cell": cell.a1, "input": typed}
        case ClearRange(cells):
            return {"op": "clear", "sheet": cells.sheet, "range": cells.a1}
