"""What a workbook is made of: its sheets, what people typed, and how it looks. Everything else derives from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gridos.errors import BadEdit
from gridos.grid.address import CellRange, CellRef, parse_cell, parse_range
from gridos.grid.applying import Applying, find_sheet
from gridos.grid.drafting import Draft
from gridos.grid.edits import MOVING, Edit, Redo, Undo, overlap, touched
from gridos.grid.history import History
from gridos.grid.moves import Move, Track
from gridos.grid.outline import Outline, outline_of
from gridos.grid.sheets import Sheet
from gridos.grid.styles import Style, style_to_json, with_typed_format

_OUTLINED = ("sheets", "names", "merges", "sizes", "frozen")
"""The parts of a book that its outline tells of."""


@dataclass(frozen=True)
class Plan:
    """
    What a batch would do to a book, complete and still harmless.

    `edits` is the batch as the log must keep it. `changes` is what would be typed, an empty text for nothing, and
    `written` every cell whose input or style changes. When cells move or names change, formulas must be built anew
    from `sheets`, `inputs` and `names` (`is_restructured`), and `changes` is of no use.
    """

    edits: Sequence[Edit]
    draft: Draft
    last_sheet_id: int
    changes: Mapping[CellRef, str]
    written: frozenset[CellRef]

    @property
    def is_restructured(self) -> bool:
        """Whether more changes than cells' contents."""
        return bool(self.draft.moves or self.draft.layers["names"].changes)

    @property
    def is_laid_out_anew(self) -> bool:
        """Whether the outline changes, or cells move."""
        layers = self.draft.layers
        return bool(self.draft.moves) or any(layers[part].changes for part in _OUTLINED)

    @property
    def sheets(self) -> list[Sheet]:
        """All sheets afterwards."""
        return list(self.draft.sheets.values())

    @property
    def inputs(self) -> dict[CellRef, str]:
        """All inputs afterwards."""
        return self.draft.layers["inputs"].result()

    @property
    def names(self) -> dict[str, str]:
        """All defined names afterwards."""
        return self.draft.layers["names"].result()


@dataclass
class Book:
    """
    Sheets in their order, the input of every cell that has one, and what else people chose.

    `names` maps a defined name to what it refers to, without `=`. `sizes` are pixels, `frozen` counts of rows and
    columns. A book changes only by `commit`, so whoever reads it meanwhile sees all of a batch or nothing.
    """

    sheets: list[Sheet] = field(default_factory=lambda: [Sheet("Sheet1")])
    inputs: dict[CellRef, str] = field(default_factory=dict[CellRef, str])
    styles: dict[CellRef, Style] = field(default_factory=dict[CellRef, Style])
    names: dict[str, str] = field(default_factory=dict[str, str])
    merges: dict[CellRange, bool] = field(default_factory=dict[CellRange, bool])
    sizes: dict[Track, float] = field(default_factory=dict[Track, float])
    frozen: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    last_sheet_id: int = 0
    history: History = field(default_factory=lambda: History([], []))

    def __post_init__(self) -> None:
        self.last_sheet_id = max([self.last_sheet_id, *(sheet.id for sheet in self.sheets)])
        for index, sheet in enumerate(self.sheets):
            if not sheet.id:
                self.last_sheet_id += 1
                self.sheets[index] = sheet._replace(id=self.last_sheet_id)

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name, in any case, as in formulas."""
        return find_sheet({sheet.name: sheet for sheet in self.sheets}, name)

    def style(self, cell: CellRef) -> Style | None:
        """How a cell looks: what was chosen for it, and the number format its typing suggests."""
        return with_typed_format(self.styles.get(cell), self.inputs.get(cell, ""))

    def outline(self) -> Outline:
        """Everything but the cells, as it is now."""
        return outline_of(self.sheets, self.names, self.merges, self.sizes, self.frozen)

    def resolve(self, edits: Sequence[Edit], actor: object) -> Sequence[Edit]:
        """The batch with undo and redo naming what they mean for whoever sends it; such a batch has nothing else."""
        if not any(isinstance(edit, Undo | Redo) for edit in edits):
            return edits
        if len(edits) > 1:
            raise BadEdit("Send undo and redo alone, one at a time.")
        is_undone = isinstance(edits[0], Redo)
        batch = self.history.newest(str(actor), is_undone=is_undone)
        if batch is None:
            raise BadEdit("There is nothing left to redo." if is_undone else "There is nothing left to undo.")
        return [Redo(batch) if is_undone else Undo(batch)]

    def plan(self, edits: Sequence[Edit]) -> Plan:
        """
        What a batch would do, later edits winning. Nothing is written yet.

        The outcome follows from the book and the batch alone. Raises BadEdit when any edit cannot be done.
        """
        draft = Draft(self._parts())
        applying = Applying(draft, self.history, self.last_sheet_id)
        for edit in edits:
            applying.apply(edit)
        inputs = draft.layers["inputs"]
        changes = {} if inputs.is_replaced else {cell: typed or "" for cell, typed in inputs.changes.items()}
        return Plan(edits, draft, applying.last_sheet_id, changes, _written(draft, self))

    def commit(self, plan: Plan, seq: int, actor: object) -> None:
        """Make a plan true: the log has it as `seq`. It must have been planned on this very state."""
        for part, layer in plan.draft.layers.items():
            if part == "sheets":
                self.sheets = plan.sheets
            elif layer.is_replaced:
                setattr(self, part, layer.result())
            else:
                _write(getattr(self, part), layer.changes)
        self.last_sheet_id = plan.last_sheet_id
        match plan.edits:
            case [Undo(batch) | Redo(batch)]:
                self.history.turn(batch, plan.draft.back, plan.draft.moves)
            case _:
                self.history.add(seq, str(actor), plan.draft.back, plan.draft.moves)

    def collides(self, edits: Sequence[Edit], since: Iterable[Sequence[Edit]]) -> bool:
        """
        Whether edits meant for an earlier state may hit something else after the batches since.

        Undo and redo never do: they find their places by themselves, or refuse.
        """
        if any(isinstance(edit, Undo | Redo) for edit in edits):
            return False
        mine = touched(edits)
        moving = any(isinstance(edit, MOVING) for edit in edits)
        return any(
            moving
            or self._is_moving(batch)
            or any(overlap(one, other) for one in self._touched(batch) for other in mine)
            for batch in since
        )

    def _is_moving(self, batch: Sequence[Edit]) -> bool:
        return any(isinstance(edit, MOVING) for edit in batch) or any(
            record is None or any(isinstance(step, Move) for step in record.steps) for record in self._turned(batch)
        )

    def _touched(self, batch: Sequence[Edit]) -> list[CellRange]:
        undone = [
            CellRange(cell.sheet, cell.row, cell.column, cell.row, cell.column)
            for record in self._turned(batch)
            if record
            for cell in record.cells
        ]
        return touched(batch) + undone

    def _turned(self, batch: Sequence[Edit]) -> list[Any]:
        return [self.history.find(edit.batch) for edit in batch if isinstance(edit, Undo | Redo)]

    def _parts(self) -> dict[str, dict[Any, Any]]:
        return {
            "inputs": self.inputs,
            "styles": self.styles,
            "names": self.names,
            "merges": self.merges,
            "sizes": self.sizes,
            "frozen": self.frozen,
            "sheets": {sheet.name: sheet for sheet in self.sheets},
        }

    def to_json(self) -> dict[str, Any]:
        """The whole book as JSON, for a snapshot. Its history is for `history_json`: a copy has none."""
        cells: dict[str, dict[str, str]] = {sheet.name: {} for sheet in self.sheets}
        for cell, typed in self.inputs.items():
            cells[cell.sheet][cell.a1] = typed
        styles = {style: index for index, style in enumerate(dict.fromkeys(self.styles.values()))}
        return {
            "sheets": [list(sheet) for sheet in self.sheets],
            "cells": cells,
            "styles": [style_to_json(style) for style in styles],
            "styled": [[cell.sheet, cell.a1, styles[style]] for cell, style in self.styles.items()],
            "names": dict(self.names),
            "merges": [[area.sheet, area.a1] for area in self.merges],
            "sizes": [[*track, size] for track, size in self.sizes.items()],
            "frozen": {sheet: list(frozen) for sheet, frozen in self.frozen.items()},
            "last_sheet_id": self.last_sheet_id,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], history: History | None = None) -> "Book":
        """The book that `to_json` wrote, today or before it had more than sheets and cells."""
        styles = [Style(**style) for style in data.get("styles", [])]
        return cls(
            [Sheet(*sheet) for sheet in data["sheets"]],
            {parse_cell(sheet, a1): typed for sheet, cells in data["cells"].items() for a1, typed in cells.items()},
            {parse_cell(sheet, a1): styles[index] for sheet, a1, index in data.get("styled", [])},
            dict(data.get("names", {})),
            {parse_range(sheet, a1): True for sheet, a1 in data.get("merges", [])},
            {Track(sheet, axis, number): size for sheet, axis, number, size in data.get("sizes", [])},
            {sheet: (rows, columns) for sheet, (rows, columns) in data.get("frozen", {}).items()},
            data.get("last_sheet_id", 0),
            history or History([], []),
        )


def _write(held: dict[Any, Any], changes: Mapping[Any, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            held.pop(key, None)
        else:
            held[key] = value


def _written(draft: Draft, book: Book) -> frozenset[CellRef]:
    """Every cell whose input or style is another one than before, on sheets that still exist."""
    written: set[CellRef] = set()
    for part, before in (("inputs", book.inputs), ("styles", book.styles)):
        layer = draft.layers[part]
        if layer.is_replaced:
            after = layer.result()
            written |= {cell for cell in {*before, *after} if before.get(cell) != after.get(cell)}
        else:
            written |= layer.changes.keys()
    sheets = draft.sheets
    return frozenset(cell for cell in written if cell.sheet in sheets)
