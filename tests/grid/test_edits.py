"""Edits travel as JSON and change a book."""

from typing import Any

import pytest

from gridos.errors import BadEdit
from gridos.grid import (
    Book,
    CellRange,
    CellRef,
    ClearRange,
    Edit,
    SetCell,
    Sheet,
    edit_from_json,
    edit_to_json,
    overlap,
    parse_range,
    touched,
)

SET = SetCell(CellRef("Sheet1", 2, 2), "=1+1")
CLEAR = ClearRange(CellRange("Sheet1", 1, 1, 2, 3))


@pytest.mark.parametrize("edit", [SET, CLEAR])
def test_an_edit_survives_its_json(edit: Edit) -> None:
    """An edit written as JSON and read back is the same edit."""
    assert edit_from_json(edit_to_json(edit)) == edit


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"op": "explode"},
        {"op": "set", "sheet": "Sheet1", "cell": "A1"},
        {"op": "set", "sheet": "Sheet1", "cell": "A1", "input": 5},
        {"op": "clear", "sheet": "Sheet1"},
    ],
)
def test_a_broken_edit_is_refused(data: dict[str, Any]) -> None:
    """An unknown operation and a missing member are BadEdit."""
    with pytest.raises(BadEdit):
        edit_from_json(data)


def test_later_edits_win() -> None:
    """A batch writes what its last word on each cell says, and nothing before `commit`."""
    book = Book(inputs={CellRef("Sheet1", 1, 1): "old"})
    plan = book.plan([SET, CLEAR, SetCell(CellRef("sheet1", 1, 2), "new")])
    assert plan.changes == {CellRef("Sheet1", 1, 1): "", CellRef("Sheet1", 2, 2): "", CellRef("Sheet1", 1, 2): "new"}
    assert book.inputs == {CellRef("Sheet1", 1, 1): "old"}
    book.commit(plan, 1, None)
    assert book.inputs == {CellRef("Sheet1", 1, 2): "new"}


def test_an_unknown_sheet_is_refused() -> None:
    """An edit of a sheet that is not there is BadEdit."""
    with pytest.raises(BadEdit):
        Book().plan([SetCell(CellRef("Nowhere", 1, 1), "1")])


def test_a_book_survives_its_json() -> None:
    """A book written as JSON and read back is the same book."""
    book = Book([Sheet("One"), Sheet("Two", 5, 5)], {CellRef("Two", 3, 2): "'x"})
    assert Book.from_json(book.to_json()) == book


def test_touched_ranges_collide_where_they_share_a_cell() -> None:
    """Two edits collide when they write to a common cell of one sheet, whatever its name's case."""
    one, other = touched([SET, CLEAR])
    assert overlap(one, other)
    assert not overlap(one, parse_range("Sheet1", "C1:C9"))
    assert not overlap(one, one._replace(sheet="Sheet2"))
    assert overlap(one, one._replace(sheet="SHEET1"))
