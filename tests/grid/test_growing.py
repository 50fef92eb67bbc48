"""A sheet offers as many rows and columns as somebody needs."""

import pytest

from gridos.errors import BadAddress
from gridos.grid import Sheet
from tests.grid.test_structure import BEN, Desk


def size(desk: Desk) -> tuple[int, int]:
    """Rows and columns that the first sheet offers."""
    sheet: Sheet = desk.book.sheets[0]
    return sheet.rows, sheet.columns


@pytest.mark.parametrize(
    ("edit", "grown"),
    [
        ({"op": "set", "cell": "A1000", "input": "inside"}, (1_000, 26)),
        ({"op": "set", "cell": "AC1500", "input": "beyond"}, (1_500, 29)),
        ({"op": "set", "cell": "ALL100000", "input": "the last cell"}, (100_000, 1_000)),
        ({"op": "set", "cell": "A5000", "input": ""}, (1_000, 26)),
        ({"op": "clear", "range": "A1:A5000"}, (1_000, 26)),
        ({"op": "format", "range": "A990:B1010", "style": {"bold": True}}, (1_010, 26)),
        ({"op": "format", "range": "A:A", "style": {"bold": True}}, (1_000, 26)),
        ({"op": "merge", "range": "Z999:AA1001"}, (1_001, 27)),
        ({"op": "resize", "columns": "AB", "size": 20}, (1_000, 28)),
    ],
)
def test_a_sheet_reaches_as_far_as_it_is_used(edit: dict[str, object], grown: tuple[int, int]) -> None:
    """Whatever puts something beyond the last row or column moves that on; emptying and whole columns do not."""
    desk = Desk()
    desk.do(edit)
    assert size(desk) == grown


def test_a_sheet_has_an_end() -> None:
    """Beyond the largest sheet nothing can be typed."""
    with pytest.raises(BadAddress):
        Desk().type(A100001="too far")


def test_undo_leaves_a_grown_sheet_to_others() -> None:
    """Undo takes back what was typed far down, and not the rows in which somebody else has typed since."""
    desk = Desk()
    desk.type(A1500="mine")
    desk.type(A1400="another's", by=BEN)
    desk.undo()
    assert desk.inputs() == {"A1400": "another's"}
    assert size(desk) == (1_500, 26)
    desk.redo()
    assert desk.inputs() == {"A1400": "another's", "A1500": "mine"}


def test_rows_come_back_to_a_sheet_that_grew_meanwhile() -> None:
    """All rows deleted can be taken back, also when somebody typed into what was left."""
    desk = Desk()
    desk.type(A900="far down")
    desk.do({"op": "delete_rows", "at": 1, "count": 1_000})
    desk.type(A5="since", by=BEN)
    desk.undo(by=BEN)
    desk.undo()
    assert desk.inputs() == {"A900": "far down"}


def test_a_log_replayed_grows_the_same() -> None:
    """The same edits make the same sheet, whoever reads them later."""
    desk, later = Desk(), Desk()
    for target in (desk, later):
        target.type(B1200="far")
        target.do({"op": "delete_rows", "at": 10, "count": 5})
        target.undo()
    assert desk.state() == later.state()
    assert size(desk) == (1_200, 26)
