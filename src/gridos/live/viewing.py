"""Cells as people see them: what was typed, shown and chosen for each, and what a viewer sees instead of waiting."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gridos.grid import BLANK, CellError, CellRef, Shown, Style, with_typed_format
from gridos.live.news import Cell

NOT_FETCHED = Shown(
    "#N/A",
    "error",
    CellError(
        "#N/A",
        "Not fetched yet",
        "Viewers see the last value an editor fetched, and there is none.",
        "Ask the owner or an editor to open this workbook.",
    ),
)


def cells_of(
    refs: Iterable[CellRef],
    inputs: Mapping[CellRef, str],
    shown: Mapping[CellRef, Shown],
    styles: Mapping[CellRef, Style],
) -> list[Cell]:
    """These cells, by sheet, row and column."""
    typed = ((ref, inputs.get(ref, "")) for ref in sorted(refs))
    return [Cell(ref, one, shown.get(ref, BLANK), with_typed_format(styles.get(ref), one)) for ref, one in typed]


def for_viewer(cell: Cell, *, is_busy: bool) -> Cell:
    """A viewer asks nobody, so "loading" is true only while somebody else's call runs."""
    return replace(cell, shown=NOT_FETCHED) if cell.shown.state == "loading" and not is_busy else cell
