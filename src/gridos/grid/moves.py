"""
Moves: what changes where cells are. Each says where a place went, and how a formula then spells its references.

A place that is gone is None. Every move has an inverse, which brings back the places; what was in places that had gone
is for whoever applied the move to remember.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from gridos.grid.address import MAX_COLUMNS, MAX_ROWS, CellRange, CellRef
from gridos.grid.references import LAST_COLUMN, LAST_ROW, End, Reference, rewritten
from gridos.grid.sheets import Sheet

Axis: TypeAlias = Literal["rows", "columns"]
Sheets: TypeAlias = Mapping[str, Sheet]
"""Sheets by their name, in their order."""


class Track(NamedTuple):
    """One row or one column of a sheet, as a whole."""

    sheet: str
    axis: Axis
    number: int


@dataclass(frozen=True, slots=True)
class Shifted:
    """
    What one `Shift` did, said of the sheet's id, which stays when its name changes.

    `count` rows or columns came before `at`, counted from 1, or with a negative count went away from there on.
    """

    sheet: int
    axis: Axis
    at: int
    count: int


class Move:
    """Changes nothing: what most moves do to most places."""

    def inverse(self) -> "Move":
        """The move that brings everything back."""
        raise NotImplementedError

    def sheets(self, sheets: Sheets) -> dict[str, Sheet]:
        """The sheets afterwards."""
        raise NotImplementedError

    def cell(self, cell: CellRef) -> CellRef | None:
        """Where a cell went."""
        return cell

    def area(self, area: CellRange) -> CellRange | None:
        """Where a range went: it loses what is gone, and widens when something comes between."""
        return area

    def track(self, track: Track) -> Track | None:
        """Where a row or column went."""
        return track

    def name(self, sheet: str) -> str | None:
        """What a sheet is called then."""
        return sheet

    def text(self, formula: str, sheet: str) -> str:
        """A formula that stood in `sheet`, with its references following."""
        del sheet
        return formula


@dataclass(frozen=True, slots=True)
class Shift(Move):
    """Rows or columns come before `at` (count > 0), or -count of them from `at` on go away."""

    sheet: str
    axis: Axis
    at: int
    count: int

    def inverse(self) -> "Shift":
        """See `Move`."""
        return Shift(self.sheet, self.axis, self.at, -self.count)

    def sheets(self, sheets: Sheets) -> dict[str, Sheet]:
        """See `Move`."""
        old = sheets[self.sheet]
        if self.axis == "rows":
            new = old._replace(rows=min(max(old.rows + self.count, 1), MAX_ROWS))
        else:
            new = old._replace(columns=min(max(old.columns + self.count, 1), MAX_COLUMNS))
        return {**sheets, self.sheet: new}

    def cell(self, cell: CellRef) -> CellRef | None:
        """See `Move`."""
        if cell.sheet != self.sheet:
            return cell
        if self.axis == "rows":
            row = self._place(cell.row, MAX_ROWS)
            return CellRef(cell.sheet, row, cell.column) if row else None
        column = self._place(cell.column, MAX_COLUMNS)
        return CellRef(cell.sheet, cell.row, column) if column else None

    def _place(self, number: int, limit: int) -> int:
        """Where a row or column went; 0 when it is gone."""
        if number < self.at:
            return number
        moved = number + self.count
        return 0 if moved < self.at or moved > limit else moved

    def area(self, area: CellRange) -> CellRange | None:
        """See `Move`."""
        if area.sheet != self.sheet:
            return area
        if self.axis == "rows":
            span = self._span(area.top, area.bottom, MAX_ROWS)
            return area._replace(top=span[0], bottom=span[1]) if span else None
        span = self._span(area.left, area.right, MAX_COLUMNS)
        return area._replace(left=span[0], right=span[1]) if span else None

    def _span(self, first: int, last: int, limit: int) -> tuple[int, int] | None:
        """Both ends of a range, which loses its deleted part."""
        if self.count > 0:
            start = self._place(first, limit)
            return (start, self._place(last, limit) or limit) if start else None
        gone = self.at - self.count  # the first that stays
        start = first if first < self.at else max(first + self.count, self.at)
        end = last if last < self.at else self.at - 1 if last < gone else last + self.count
        return (start, end) if start <= end else None

    def track(self, track: Track) -> Track | None:
        """See `Move`."""
        if (track.sheet, track.axis) != (self.sheet, self.axis):
            return track
        number = self._place(track.number, MAX_ROWS if self.axis == "rows" else MAX_COLUMNS)
        return track._replace(number=number) if number else None

    def text(self, formula: str, sheet: str) -> str:
        """See `Move`."""
        if sheet != self.sheet and not _may_name(formula, self.sheet):
            return formula
        own, wanted = sheet.casefold(), self.sheet.casefold()

        def change(reference: Reference) -> Reference | None:
            target = own if reference.sheet is None else reference.sheet.casefold()
            return self._reference(reference) if target == wanted else reference

        return rewritten(formula, change)

    def _reference(self, reference: Reference) -> Reference | None:
        numbers = [end.row if self.axis == "rows" else end.column for end in reference.ends]
        if 0 in numbers:
            return reference  # `A:C` when rows move
        span = self._span(min(numbers), max(numbers), LAST_ROW if self.axis == "rows" else LAST_COLUMN)
        if span is None:
            return None
        ordered = span if numbers[0] <= numbers[-1] else span[::-1]
        return reference._replace(ends=tuple(map(self._end, reference.ends, ordered)))

    def _end(self, end: End, number: int) -> End:
        return end._replace(row=number) if self.axis == "rows" else end._replace(column=number)


@dataclass(frozen=True, slots=True)
class RenameSheet(Move):
    """A sheet gets another name."""

    old: str
    new: str

    def inverse(self) -> "RenameSheet":
        """See `Move`."""
        return RenameSheet(self.new, self.old)

    def sheets(self, sheets: Sheets) -> dict[str, Sheet]:
        """See `Move`."""
        renamed = (one._replace(name=self.name(one.name)) for one in sheets.values())
        return {one.name: one for one in renamed}

    def name(self, sheet: str) -> str:
        """See `Move`."""
        return self.new if sheet == self.old else sheet

    def cell(self, cell: CellRef) -> CellRef | None:
        """See `Move`."""
        return CellRef(self.new, cell.row, cell.column) if cell.sheet == self.old else cell

    def area(self, area: CellRange) -> CellRange | None:
        """See `Move`."""
        return area._replace(sheet=self.name(area.sheet))

    def track(self, track: Track) -> Track | None:
        """See `Move`."""
        return track._replace(sheet=self.name(track.sheet))

    def text(self, formula: str, sheet: str) -> str:
        """See `Move`."""
        del sheet
        if not _may_name(formula, self.old):
            return formula

        def change(reference: Reference) -> Reference:
            named = reference.sheet is not None and reference.sheet.casefold() == self.old.casefold()
            return reference._replace(sheet=self.new) if named else reference

        return rewritten(formula, change)


@dataclass(frozen=True, slots=True)
class RemoveSheet(Move):
    """A sheet goes away with all its cells. `sheet` and its place `at`, from 0, are kept for the inverse."""

    sheet: Sheet
    at: int

    def inverse(self) -> "InsertSheet":
        """See `Move`."""
        return InsertSheet(self.sheet, self.at)

    def sheets(self, sheets: Sheets) -> dict[str, Sheet]:
        """See `Move`."""
        return {name: one for name, one in sheets.items() if name != self.sheet.name}

    def cell(self, cell: CellRef) -> CellRef | None:
        """See `Move`."""
        return None if cell.sheet == self.sheet.name else cell

    def area(self, area: CellRange) -> CellRange | None:
        """See `Move`."""
        return None if area.sheet == self.sheet.name else area

    def track(self, track: Track) -> Track | None:
        """See `Move`."""
        return None if track.sheet == self.sheet.name else track

    def name(self, sheet: str) -> str | None:
        """See `Move`."""
        return None if sheet == self.sheet.name else sheet

    def text(self, formula: str, sheet: str) -> str:
        """See `Move`."""
        del sheet
        if not _may_name(formula, self.sheet.name):
            return formula
        gone = self.sheet.name.casefold()
        return rewritten(formula, lambda one: None if one.sheet and one.sheet.casefold() == gone else one)


@dataclass(frozen=True, slots=True)
class InsertSheet(Move):
    """A sheet appears at a place, counted from 0."""

    sheet: Sheet
    at: int

    def inverse(self) -> RemoveSheet:
        """See `Move`."""
        return RemoveSheet(self.sheet, self.at)

    def sheets(self, sheets: Sheets) -> dict[str, Sheet]:
        """See `Move`."""
        order = list(sheets.values())
        order.insert(self.at, self.sheet)
        return {one.name: one for one in order}


@dataclass(frozen=True, slots=True)
class Reorder(Move):
    """A sheet goes to another place among the others. Places count from 0."""

    sheet: str
    start: int
    to: int

    def inverse(self) -> "Reorder":
        """See `Move`."""
        return Reorder(self.sheet, self.to, self.start)

    def sheets(self, sheets: Sheets) -> dict[str, Sheet]:
        """See `Move`."""
        order = [one for one in sheets.values() if one.name != self.sheet]
        order.insert(self.to, sheets[self.sheet])
        return {one.name: one for one in order}


def _may_name(formula: str, sheet: str) -> bool:
    """Whether a formula may name a sheet; a plain search is far cheaper than looking for references."""
    doubled = sheet.replace("'", "''").casefold()
    return "!" in formula and doubled in formula.casefold()


def without_undone(moves: list[Move]) -> list[Move]:
    """The moves that matter: one that was taken back right afterwards, with it, changed nothing."""
    left: list[Move] = []
    for move in moves:
        if left and left[-1].inverse() == move:
            left.pop()
        else:
            left.append(move)
    return left
