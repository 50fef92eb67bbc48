"""What a workbook is like apart from its cells: its sheets with their layout, and the defined names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from gridos.grid.address import CellRange
from gridos.grid.edit_json import tracks_text
from gridos.grid.moves import Axis, Track
from gridos.grid.sheets import Sheet


@dataclass(frozen=True, slots=True)
class SheetOutline:
    """
    One sheet's layout.

    `merges` are ranges (`A1:B2`). `sizes` are pixels by runs of rows (`2:5`) or columns (`B:D`); what is not in it has
    the usual size. `frozen` counts rows and columns that stay in view.
    """

    sheet: Sheet
    merges: tuple[str, ...]
    sizes: Mapping[Axis, Mapping[str, float]]
    frozen: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outline:
    """Every sheet in its order, and what each defined name refers to, without `=`."""

    sheets: tuple[SheetOutline, ...]
    names: Mapping[str, str]


def outline_of(
    sheets: Iterable[Sheet],
    names: Mapping[str, str],
    merges: Iterable[CellRange],
    sizes: Mapping[Track, float],
    frozen: Mapping[str, tuple[int, int]],
) -> Outline:
    """The outline of a book with these parts."""
    areas, tracks = sorted(merges), sorted(sizes.items())
    return Outline(
        tuple(
            SheetOutline(
                sheet,
                tuple(area.a1 for area in areas if area.sheet == sheet.name),
                {axis: _runs(axis, tracks, sheet.name) for axis in _AXES},
                frozen.get(sheet.name, (0, 0)),
            )
            for sheet in sheets
        ),
        dict(sorted(names.items())),
    )


_AXES: tuple[Axis, ...] = ("columns", "rows")


def _runs(axis: Axis, tracks: Iterable[tuple[Track, float]], sheet: str) -> dict[str, float]:
    own = [(track.number, size) for track, size in tracks if (track.sheet, track.axis) == (sheet, axis)]
    runs: dict[str, float] = {}
    # Neighbours of one size share the difference between their number and their place in the list.
    for (_, size), run in groupby(enumerate(own), key=lambda at: (at[1][0] - at[0], at[1][1])):
        numbers = [number for _, (number, _) in run]
        runs[tracks_text(axis, numbers[0], numbers[-1])] = size
    return runs
