"""What a workbook is made of: its sheets, and what people typed. Everything else derives from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gridos.errors import BadEdit
from gridos.grid.address import CellRef, parse_cell
from gridos.grid.edits import ClearRange, Edit, SetCell
from gridos.grid.sheets import Sheet


@dataclass
class Book:
    """Sheets in their order, and the input of every cell that has one."""

    sheets: list[Sheet] = field(default_factory=lambda: [Sheet("Sheet1")])
    inputs: dict[CellRef, str] = field(default_factory=dict[CellRef, str])

    def changes(self, edits: Iterable[Edit]) -> dict[CellRef, str]:
        """
        What a batch of edits would write, later edits winning; an empty text clears.

        Raises BadEdit for an unknown sheet. Nothing is written yet.
        """
        changes: dict[CellRef, str] = {}
        for edit in edits:
            match edit:
                case SetCell(cell, typed):
                    changes[self._own(cell)] = typed
                case ClearRange(cells):
                    own = cells._replace(sheet=self.sheet(cells.sheet).name)
                    changes |= dict.fromkeys((cell for cell in {*self.inputs, *changes} if cell in own), "")
                case _:
                    raise BadEdit("This workbook cannot do that yet.")
        return changes

    def write(self, changes: Mapping[CellRef, str]) -> None:
        """Write what `changes` promised."""
        for cell, typed in changes.items():
            if typed:
                self.inputs[cell] = typed
            else:
                self.inputs.pop(cell, None)

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name, in any case, as in formulas."""
        for sheet in self.sheets:
            if sheet.name.casefold() == name.casefold():
                return sheet
        raise BadEdit("This workbook has no sheet of that name.")

    def _own(self, cell: CellRef) -> CellRef:
        return cell._replace(sheet=self.sheet(cell.sheet).name)

    def to_json(self) -> dict[str, Any]:
        """The whole book as JSON, for a snapshot."""
        cells: dict[str, dict[str, str]] = {sheet.name: {} for sheet in self.sheets}
        for cell, typed in self.inputs.items():
            cells[cell.sheet][cell.a1] = typed
        return {"sheets": [list(sheet) for sheet in self.sheets], "cells": cells}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Book":
        """The book that `to_json` wrote."""
        return cls(
            [Sheet(*sheet) for sheet in data["sheets"]],
            {parse_cell(sheet, a1): typed for sheet, cells in data["cells"].items() for a1, typed in cells.items()},
        )
