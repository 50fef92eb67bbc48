"""Sheets and what people typed."""

import pytest

from gridos.errors import BadEdit
from gridos.grid import Book, CellRange, CellRef, ClearRange, SetCell, Sheet, overlap, parse_cell, parse_range, touched


def typed(cell: str, text: str, sheet: str = "Sheet1") -> SetCell:
    """Type into a cell."""
    return SetCell(parse_cell(sheet, cell), text)


def test_changes_write_nothing_yet() -> None:
    """A batch is first promised, then written."""
    book = Book()
    plan = book.plan([typed("A1", "1")])
    assert book.inputs == {}
    book.commit(plan, 1, None)
    assert book.inputs == {parse_cell("Sheet1", "A1"): "1"}


def test_later_edits_win() -> None:
    """Within a batch, clearing clears what the same batch typed before, not after."""
    clear = ClearRange(parse_range("Sheet1", "A:A"))
    changes = Book().plan([typed("A1", "1"), typed("A2", "2"), clear, typed("A2", "3")]).changes
    assert changes == {parse_cell("Sheet1", "A1"): "", parse_cell("Sheet1", "A2"): "3"}


def test_an_empty_text_clears() -> None:
    """Nothing is kept of an empty cell."""
    book = Book(inputs={parse_cell("Sheet1", "A1"): "1"})
    book.commit(book.plan([typed("A1", ""), typed("B1", "")]), 1, None)
    assert book.inputs == {}


def test_clearing_names_only_what_is_there() -> None:
    """Clearing a whole sheet is as large as what it holds."""
    book = Book(inputs={parse_cell("Sheet1", "B2"): "1"})
    assert book.plan([ClearRange(parse_range("sheet1", "1:100000"))]).changes == {parse_cell("Sheet1", "B2"): ""}


def test_a_sheets_name_is_found_in_any_case() -> None:
    """An edit is written under the sheet's own name, and an unknown sheet is refused."""
    book = Book([Sheet("Größe")])
    assert book.plan([typed("A1", "1", "GRÖSSE")]).changes == {parse_cell("Größe", "A1"): "1"}
    for edit in (typed("A1", "1"), ClearRange(parse_range("Sheet1", "A1"))):
        with pytest.raises(BadEdit):
            book.plan([edit])


def test_a_book_survives_its_json() -> None:
    """What a snapshot keeps is the whole book."""
    book = Book(
        [Sheet("One", 5, 3), Sheet("Two")], {parse_cell("Two", "ALL100000"): "=One!A1", parse_cell("One", "A1"): "ü"}
    )
    assert Book.from_json(book.to_json()) == book


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        (typed("B2", "1"), typed("B2", "2", "SHEET1"), True),
        (typed("B2", "1"), typed("B3", "2"), False),
        (typed("B2", "1"), typed("B2", "2", "Sheet2"), False),
        (typed("B2", "1"), ClearRange(parse_range("Sheet1", "A1:B2")), True),
        (ClearRange(parse_range("Sheet1", "A:A")), ClearRange(parse_range("Sheet1", "3:3")), True),
        (ClearRange(parse_range("Sheet1", "A1:B2")), ClearRange(parse_range("Sheet1", "C1:D2")), False),
    ],
)
def test_edits_collide_where_they_share_a_cell(
    one: SetCell | ClearRange, other: SetCell | ClearRange, *, collide: bool
) -> None:
    """Whichever of the two comes first."""
    (a,), (b,) = touched([one]), touched([other])
    assert overlap(a, b) == overlap(b, a) == collide


def test_many_clears_cost_what_they_clear() -> None:
    """A batch of small clears is no too much work however much else is in the workbook, and empties only its ranges."""
    book = Book(inputs={CellRef("Sheet1", row, column): "1" for row in range(1, 10_001) for column in (1, 2)})
    edits = [ClearRange(CellRange("Sheet1", row, 1, row, 1)) for row in range(1, 10_001)]
    book.commit(book.plan(edits), 1, "ada")
    assert set(book.inputs) == {CellRef("Sheet1", row, 2) for row in range(1, 10_001)}
