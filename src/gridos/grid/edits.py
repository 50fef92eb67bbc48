"""What a person changes, as values. `edit_json` is how they travel and are kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from gridos.grid.address import CellRange, CellRef
from gridos.grid.moves import Axis


@dataclass(frozen=True, slots=True)
class SetCell:
    """Type `input` into a cell. An empty input clears it."""

    cell: CellRef
    input: str


@dataclass(frozen=True, slots=True)
class ClearRange:
    """Empty every cell of a range. Their formats stay."""

    range: CellRange


@dataclass(frozen=True)
class Format:
    """Choose members of the style of every cell of a range; a member that is None is forgotten."""

    range: CellRange
    style: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Insert:
    """Blank rows or columns before `at`; what stood there moves on."""

    sheet: str
    axis: Axis
    at: int
    count: int


@dataclass(frozen=True, slots=True)
class Delete:
    """`count` rows or columns from `at` on go, with what is in them."""

    sheet: str
    axis: Axis
    at: int
    count: int


@dataclass(frozen=True, slots=True)
class AddSheet:
    """One more sheet, after the last."""

    name: str


@dataclass(frozen=True, slots=True)
class NameSheet:
    """Another name for a sheet; every formula follows."""

    sheet: str
    name: str


@dataclass(frozen=True, slots=True)
class MoveSheet:
    """A sheet goes to another place among the others, counted from 1."""

    sheet: str
    to: int


@dataclass(frozen=True, slots=True)
class DeleteSheet:
    """A sheet goes, with all its cells."""

    sheet: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Show a range as one cell, and keep only its first cell's input."""

    range: CellRange


@dataclass(frozen=True, slots=True)
class Unmerge:
    """Take apart every merged range that touches this one."""

    range: CellRange


@dataclass(frozen=True, slots=True)
class Resize:
    """Give rows or columns a size in pixels: 0 hides them, None gives back the usual size."""

    sheet: str
    axis: Axis
    first: int
    last: int
    size: float | None


@dataclass(frozen=True, slots=True)
class Freeze:
    """Keep the first rows and columns in view while the others scroll."""

    sheet: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class DefineName:
    """Give cells, a value or a formula a name, or an existing name another meaning."""

    name: str
    refers_to: str


@dataclass(frozen=True, slots=True)
class DeleteName:
    """Forget a name; formulas that use it show `#NAME?`."""

    name: str


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back a batch, named by its seq; None: the newest of whoever sends this."""

    batch: int | None = None


@dataclass(frozen=True, slots=True)
class Redo:
    """Apply again a batch that was taken back; None: the last that whoever sends this took back."""

    batch: int | None = None


Edit: TypeAlias = (
    SetCell
    | ClearRange
    | Format
    | Insert
    | Delete
    | AddSheet
    | NameSheet
    | MoveSheet
    | DeleteSheet
    | Merge
    | Unmerge
    | Resize
    | Freeze
    | DefineName
    | DeleteName
    | Undo
    | Redo
)

MOVING = (Insert, Delete, NameSheet, DeleteSheet)
"""Edits after which an address may mean another cell."""


def touched(edits: Iterable[Edit]) -> list[CellRange]:
    """The rectangles whose inputs a batch of edits writes to, for finding out whether two batches collide."""
    found: list[CellRange] = []
    for edit in edits:
        match edit:
            case SetCell(cell):
                found.append(CellRange(cell.sheet, cell.row, cell.column, cell.row, cell.column))
            case ClearRange(area) | Merge(area):
                found.append(area)
            case _:
                pass
    return found


def overlap(one: CellRange, other: CellRange) -> bool:
    """Whether two rectangles share a cell."""
    return (
        one.sheet.casefold() == other.sheet.casefold()
        and one.top <= other.bottom
        and other.top <= one.bottom
        and one.left <= other.right
        and other.left <= one.right
    )
