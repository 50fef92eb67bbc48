"""Addresses are read and written as on screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridos.errors import BadAddress
from gridos.grid import (
    MAX_COLUMNS,
    MAX_ROWS,
    CellRange,
    CellRef,
    column_letters,
    column_number,
    parse_cell,
    parse_range,
)


@given(st.integers(1, MAX_ROWS), st.integers(1, MAX_COLUMNS))
def test_an_address_reads_as_it_is_written(row: int, column: int) -> None:
    """A cell's own notation leads back to it."""
    cell = CellRef("Sheet1", row, column)
    assert parse_cell("Sheet1", cell.a1) == cell
    assert column_number(column_letters(column)) == column


@pytest.mark.parametrize(
    ("text", "corners"),
    [
        ("A1", (1, 1, 1, 1)),
        ("b2", (2, 2, 2, 2)),
        ("$A$1:$C$20", (1, 1, 20, 3)),
        ("C20:A1", (1, 1, 20, 3)),
        ("A3:C1", (1, 1, 3, 3)),
        ("B:A", (1, 1, MAX_ROWS, 2)),
        ("3:1", (1, 1, 3, MAX_COLUMNS)),
    ],
)
def test_ranges(text: str, corners: tuple[int, int, int, int]) -> None:
    """Corners come in any order; whole columns and rows reach to the end of the largest sheet."""
    assert parse_range("S", text) == CellRange("S", *corners)


@pytest.mark.parametrize(
    "text", ["", "A", "1", "A0", "A01", "1A", "A1:", ":A1", "A1:B", "A1:B2:C3", "Ä1", "A1!", "A-1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Anything else is BadAddress."""
    with pytest.raises(BadAddress):
        parse_range("S", text)


@pytest.mark.parametrize("text", ["A100001", "ALM1", "A:ALM", "1:100001", "ZZZ9999999"])
def test_what_lies_outside_the_largest_sheet_is_refused(text: str) -> None:
    """No address beyond the largest sheet is accepted."""
    with pytest.raises(BadAddress):
        parse_range("S", text)


def test_a_range_knows_its_cells() -> None:
    """A range contains its corners, and nothing of another sheet."""
    area = parse_range("S", "B2:C3")
    assert CellRef("S", 2, 2) in area
    assert CellRef("S", 3, 3) in area
    assert CellRef("S", 1, 2) not in area
    assert CellRef("T", 2, 2) not in area
    assert (area.size, area.a1) == (4, "B2:C3")
