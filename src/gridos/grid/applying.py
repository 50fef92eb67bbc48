"""What each edit does to a draft of a book."""

from collections.abc import Mapping
from typing import Any, cast

from gridos.errors import BadEdit
from gridos.grid.address import MAX_COLUMNS, MAX_ROWS, CellRange, CellRef
from gridos.grid.drafting import Draft
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
)
from gridos.grid.history import History
from gridos.grid.limits import MAX_FORMATTED, MAX_NAMES, MAX_SHEETS, MAX_USED_CELLS, MAX_WORK
from gridos.grid.moves import Axis, InsertSheet, Move, RemoveSheet, RenameSheet, Reorder, Shift, Track
from gridos.grid.names import check_name, meaning
from gridos.grid.sheets import Sheet, check_sheet_name
from gridos.grid.styles import Style, with_change


class Applying:
    """One batch on its way into a draft. Each method is one kind of edit; BadEdit leaves a draft nobody uses."""

    def __init__(self, draft: Draft, history: History, last_sheet_id: int) -> None:
        self.draft = draft
        self.last_sheet_id = last_sheet_id
        self._history = history
        self._work = 0

    def apply(self, edit: Edit) -> None:  # noqa: C901, PLR0912 -- one line for each kind of edit
        """Apply one edit."""
        match edit:
            case SetCell(cell, typed):
                self.draft.write("inputs", cell._replace(sheet=self._sheet(cell.sheet).name), typed or None)
            case ClearRange(area):
                self._clear(self._own(area))
            case Format(area, style):
                self._format(self._used(area), style)
            case Insert(sheet, axis, at, count):
                self._insert(Shift(self._sheet(sheet).name, axis, at, count))
            case Delete(sheet, axis, at, count):
                self._move(Shift(self._sheet(sheet).name, axis, at, -count))
            case AddSheet(name):
                self._add_sheet(name)
            case NameSheet(sheet, name):
                self._name_sheet(self._sheet(sheet).name, name)
            case MoveSheet(sheet, to):
                order = list(self.draft.sheets)
                name = self._sheet(sheet).name
                self._move(Reorder(name, order.index(name), min(to, len(order)) - 1))
            case DeleteSheet(sheet):
                self._delete_sheet(self._sheet(sheet))
            case Merge(area):
                self._merge(self._used(area))
            case Unmerge(area):
                self._unmerge(self._own(area))
            case Resize(sheet, axis, first, last, size):
                self._resize(self._sheet(sheet), axis, first, last, size)
            case Freeze(sheet, rows, columns):
                frozen = (rows, columns) if rows or columns else None
                self.draft.write("frozen", self._sheet(sheet).name, frozen)
            case DefineName(name, refers_to):
                self._define_name(name, refers_to)
            case DeleteName(name):
                self._delete_name(name)
            case Undo(batch):
                self.draft.repeat(self._history.steps(batch, is_undone=False))
            case Redo(batch):
                self.draft.repeat(self._history.steps(batch, is_undone=True))

    def _sheet(self, name: str) -> Sheet:
        return self.draft.layers["sheets"].get(name) or find_sheet(self.draft.sheets, name)

    def _spend(self, cells: int) -> None:
        self._work += cells
        if self._work > MAX_WORK:
            raise BadEdit("This is too much for one batch of edits. Send it in parts.")

    def _spend_on_all(self, times: int = 1) -> None:
        layers = [self.draft.layers[part] for part in ("inputs", "styles")]
        self._spend(times * (1_000 + sum(len(layer.held) + len(layer.changes) for layer in layers)))

    def _move(self, move: Move) -> None:
        # Moving a cell, with its formula and back again, takes about ten times as long as looking at it.
        self._spend_on_all(10)
        self.draft.move(move)

    def _own(self, area: CellRange) -> CellRange:
        return area._replace(sheet=self._sheet(area.sheet).name)

    def _used(self, area: CellRange) -> CellRange:
        """The area, cut to what the browser offers where it means whole rows or columns."""
        sheet = self._sheet(area.sheet)
        bottom = max(sheet.rows, area.top) if area.bottom == MAX_ROWS else area.bottom
        right = max(sheet.columns, area.left) if area.right == MAX_COLUMNS else area.right
        return CellRange(sheet.name, area.top, area.left, bottom, right)

    def _clear(self, area: CellRange, kept: CellRef | None = None) -> None:
        for cell in self._filled(area):
            if cell != kept:
                self.draft.write("inputs", cell, None)

    def _filled(self, area: CellRange) -> list[CellRef]:
        """The cells of an area that have an input, found along the shorter road."""
        inputs = self.draft.layers["inputs"]
        if area.size <= len(inputs.held) + len(inputs.changes):
            self._spend(area.size)
            return [cell for cell in cells_of(area) if inputs.get(cell) is not None]
        self._spend_on_all()
        return [cell for cell in inputs if cell in area]

    def _format(self, area: CellRange, change: Mapping[str, Any]) -> None:
        if area.size > MAX_FORMATTED:
            raise BadEdit(f"One edit formats at most {MAX_FORMATTED:,} cells.")
        self._spend(area.size)
        styles = self.draft.layers["styles"]
        changed: dict[Style | None, Style | None] = {}
        for cell in cells_of(area):
            style = cast("Style | None", styles.get(cell))
            if style not in changed:
                changed[style] = with_change(style, change)
            self.draft.write("styles", cell, changed[style])
        if len(styles.held) + len(styles.changes) > MAX_USED_CELLS:
            raise BadEdit(f"A workbook formats at most {MAX_USED_CELLS:,} cells.")

    def _insert(self, shift: Shift) -> None:
        for cell in self.draft.layers["inputs"]:
            if shift.cell(cell) is None:
                raise BadEdit("This would push cells that are not empty out of the sheet.")
        self._move(shift)
        self._continue_styles(shift)

    def _continue_styles(self, shift: Shift) -> None:
        """New rows look like the one above them, new columns like the one to the left, as in Excel."""
        limit = MAX_ROWS if shift.axis == "rows" else MAX_COLUMNS
        new = range(shift.at, min(shift.at + shift.count, limit + 1))
        above: list[tuple[CellRef, Any]] = [
            (cell, style)
            for cell, style in self.draft.layers["styles"].items()
            if cell.sheet == shift.sheet and (cell.row if shift.axis == "rows" else cell.column) == shift.at - 1
        ]
        if len(above) * len(new) > MAX_FORMATTED:
            return
        for cell, style in above:
            for number in new:
                place = cell._replace(row=number) if shift.axis == "rows" else cell._replace(column=number)
                self.draft.write("styles", place, style)

    def _add_sheet(self, name: str) -> None:
        sheets = self.draft.sheets
        if len(sheets) >= MAX_SHEETS:
            raise BadEdit(f"A workbook has at most {MAX_SHEETS} sheets.")
        check_sheet_name(name, sheets)
        self.last_sheet_id += 1
        self._move(InsertSheet(Sheet(name, id=self.last_sheet_id), len(sheets)))

    def _name_sheet(self, old: str, new: str) -> None:
        check_sheet_name(new, [name for name in self.draft.sheets if name != old])
        if new != old:
            self._move(RenameSheet(old, new))

    def _delete_sheet(self, sheet: Sheet) -> None:
        order = list(self.draft.sheets)
        if len(order) == 1:
            raise BadEdit("A workbook keeps at least one sheet.")
        self._move(RemoveSheet(sheet, order.index(sheet.name)))

    def _merge(self, area: CellRange) -> None:
        if not 1 < area.size <= MAX_FORMATTED:
            raise BadEdit(f"A merged range has 2 to {MAX_FORMATTED:,} cells.")
        for other in self._merges_at(area):
            if not (area.top <= other.top and area.left <= other.left):
                raise BadEdit("This range cuts through one that is merged already.")
            if not (other.bottom <= area.bottom and other.right <= area.right):
                raise BadEdit("This range cuts through one that is merged already.")
            self.draft.write("merges", other, None)
        self.draft.reach(area.sheet, area.bottom, area.right)
        self._clear(area, CellRef(area.sheet, area.top, area.left))
        self.draft.write("merges", area, value=True)

    def _unmerge(self, area: CellRange) -> None:
        for other in self._merges_at(area):
            self.draft.write("merges", other, None)

    def _merges_at(self, area: CellRange) -> list[CellRange]:
        self._spend(len(self.draft.layers["merges"].held) + len(self.draft.layers["merges"].changes))
        return [other for other in self.draft.layers["merges"] if overlap(area, other)]

    def _resize(self, sheet: Sheet, axis: Axis, first: int, last: int, size: float | None) -> None:
        limit = MAX_ROWS if axis == "rows" else MAX_COLUMNS
        if last == limit:
            last = max(first, sheet.rows if axis == "rows" else sheet.columns)
        self._spend(last - first + 1)
        self.draft.reach(sheet.name, *((last, 1) if axis == "rows" else (1, last)))
        for number in range(first, last + 1):
            self.draft.write("sizes", Track(sheet.name, axis, number), size)

    def _define_name(self, name: str, refers_to: str) -> None:
        check_name(name)
        names = list(self.draft.layers["names"])
        self._spend(len(names))
        if len(names) >= MAX_NAMES:
            raise BadEdit(f"A workbook has at most {MAX_NAMES:,} names.")
        for other in names:
            if other.casefold() == name.casefold() and other != name:
                self.draft.write("names", other, None)
        self.draft.write("names", name, meaning(refers_to))

    def _delete_name(self, name: str) -> None:
        for other in list(self.draft.layers["names"]):
            if other.casefold() == name.casefold():
                self.draft.write("names", other, None)
                return
        raise BadEdit("This workbook has no such name.")


def find_sheet(sheets: Mapping[str, Sheet], name: str) -> Sheet:
    """The sheet of that name, in any case, as in formulas."""
    if name in sheets:
        return sheets[name]
    for sheet in sheets.values():
        if sheet.name.casefold() == name.casefold():
            return sheet
    raise BadEdit("This workbook has no sheet of that name.")


def cells_of(area: CellRange) -> list[CellRef]:
    """Every cell of a rectangle."""
    return [
        CellRef(area.sheet, row, column)
        for row in range(area.top, area.bottom + 1)
        for column in range(area.left, area.right + 1)
    ]
