"""References follow what moves, as in Excel."""

import formualizer as fz
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridos.grid.moves import InsertSheet, Move, RemoveSheet, RenameSheet, Reorder, Shift, without_undone
from gridos.grid.references import quoted, references
from gridos.grid.sheets import Sheet

INSERT_ROWS = Shift("Sheet1", "rows", 3, 2)
DELETE_ROWS = Shift("Sheet1", "rows", 3, -2)
INSERT_COLUMNS = Shift("Sheet1", "columns", 2, 1)
DELETE_COLUMNS = Shift("Sheet1", "columns", 2, -1)


@pytest.mark.parametrize(
    ("move", "formula", "expected"),
    [
        (INSERT_ROWS, "=A2+A3+$A$3+A$4", "=A2+A5+$A$5+A$6"),
        (INSERT_ROWS, "=SUM(A1:A2)+SUM(A1:A3)+SUM(A3:A9)", "=SUM(A1:A2)+SUM(A1:A5)+SUM(A5:A11)"),
        (INSERT_ROWS, "=SUM(A:A)+SUM(2:2)+SUM($3:4)", "=SUM(A:A)+SUM(2:2)+SUM($5:6)"),
        (INSERT_ROWS, "=sheet1!a3+'Sheet1'!b4+Other!A3", "=sheet1!A5+'Sheet1'!B6+Other!A3"),
        (INSERT_ROWS, '="A3 é"&A3&INDIRECT("A3")', '="A3 é"&A5&INDIRECT("A3")'),
        (INSERT_ROWS, "='é A3'!A3+A3", "='é A3'!A3+A5"),
        (INSERT_ROWS, "=A3#+LOG10(A3)+ATAN2(A3,A9)", "=A5#+LOG10(A5)+ATAN2(A5,A11)"),
        (INSERT_ROWS, "=TaxA3+A3_x+_A3+A3.b+Table1[A3]", "=TaxA3+A3_x+_A3+A3.b+Table1[A3]"),
        (INSERT_ROWS, "=A4:A1", "=A6:A1"),
        (INSERT_ROWS, "=A1:A1048576", "=A1:A1048576"),
        (INSERT_ROWS, "=A1048576", "=#REF!"),
        (INSERT_ROWS, '="a""A3"&A3', '="a""A3"&A5'),
        (INSERT_ROWS, '="open A3', '="open A3'),
        (INSERT_ROWS, "=1E3+1.5+XFE3", "=1E3+1.5+XFE3"),
        (INSERT_ROWS, "=A3:INDEX(A3:A9,2)", "=A5:INDEX(A5:A11,2)"),
        (DELETE_ROWS, "=A2+A3+A4+A5", "=A2+#REF!+#REF!+A3"),
        (DELETE_ROWS, "=Sheet1!$A$3+Sheet1!A5", "=#REF!+Sheet1!A3"),
        (DELETE_ROWS, "=SUM(A3:A4)+SUM(A3:A5)+SUM(A1:A3)", "=SUM(#REF!)+SUM(A3:A3)+SUM(A1:A2)"),
        (DELETE_ROWS, "=SUM(A1:A9)+SUM(A4:A9)+SUM(A5:A9)", "=SUM(A1:A7)+SUM(A3:A7)+SUM(A3:A7)"),
        (DELETE_ROWS, "=SUM(3:4)+SUM(2:3)+SUM(A:B)", "=SUM(#REF!)+SUM(2:2)+SUM(A:B)"),
        (DELETE_ROWS, "=A3#+#REF!+#N/A", "=#REF!+#REF!+#N/A"),
        (INSERT_COLUMNS, "=A1+B1+$B1+SUM(B:C)+SUM(1:2)+AA1", "=A1+C1+$C1+SUM(C:D)+SUM(1:2)+AB1"),
        (INSERT_COLUMNS, "=Z9+XFD1", "=AA9+#REF!"),
        (DELETE_COLUMNS, "=A1+B1+C1+SUM(B:B)+SUM(A:C)", "=A1+#REF!+B1+SUM(#REF!)+SUM(A:B)"),
        (RenameSheet("Sheet1", "My data"), "=Sheet1!A1+'sheet1'!B2+A1", "='My data'!A1+'My data'!B2+A1"),
        (RenameSheet("Sheet1", "Data"), '=Sheet1!A:A+"Sheet1!A1"+Sheet11!A1', '=Data!A:A+"Sheet1!A1"+Sheet11!A1'),
        (RenameSheet("it's", "A1"), "='it''s'!A1", "='A1'!A1"),
        (RenameSheet("Größe", "it's"), "=Größe!A1&'GRÖSSE'!A1", "='it''s'!A1&'it''s'!A1"),
        (RemoveSheet(Sheet("Sheet1"), 0), "=Sheet1!A1+SUM('Sheet1'!A:B)+A1", "=#REF!+SUM(#REF!)+A1"),
        (InsertSheet(Sheet("New"), 1), "=New!A1", "=New!A1"),
        (Reorder("Sheet1", 0, 1), "=Sheet1!A1", "=Sheet1!A1"),
    ],
)
def test_formulas_follow_moves(move: Move, formula: str, expected: str) -> None:
    """A formula on Sheet1 says the same cells after a move as before it, and `#REF!` where they are gone."""
    assert move.text(formula, "Sheet1") == expected


@pytest.mark.parametrize(
    ("formula", "expected"),
    [("=A3+Sheet1!A3", "=A3+Sheet1!A5"), ("=SUM(sheet1!3:3)", "=SUM(sheet1!5:5)"), ("=A3", "=A3")],
)
def test_formulas_of_other_sheets_follow_too(formula: str, expected: str) -> None:
    """On another sheet only references that name the moved sheet follow."""
    assert INSERT_ROWS.text(formula, "Other") == expected


@pytest.mark.parametrize("sheet", ["Data", "data_1", "Größe", "My data", "it's", "A1", "R1C1", "TRUE", "1st", "a!b"])
def test_sheets_are_quoted_where_they_must(sheet: str) -> None:
    """A reference built with any sheet's name is read back as that sheet's."""
    (found,) = references(f"={quoted(sheet)}!A1")
    assert found.sheet == sheet


places = st.sampled_from(["A1", "$B$2", "c3", "A1:B2", "A:C", "$1:3", "AA10", "XFD1048576", "D4#"])
sheets = st.sampled_from(["", "Sheet1!", "'My sheet'!", "'it''s'!", "Größe!"])
pieces = st.one_of(
    st.builds("{}{}".format, sheets, places),
    st.builds("SUM({}{},1)".format, sheets, places),
    st.sampled_from(
        ['"A1 é"', '"say ""A1"""', "LOG10(7)", "tax_rate", "1.5E3", "TRUE", "#REF!", "{1,2;3,4}", "Größe1"]
    ),
)


@given(st.lists(pieces, min_size=1, max_size=6).map("+".join))
def test_the_scanner_finds_what_the_engine_reads(expression: str) -> None:
    """Our own scanner and the engine's find the same references in a formula."""
    theirs = [
        token.value
        for token in fz.tokenize(f"={expression}").tokens()
        if str(token.token_type).endswith("Operand") and str(token.subtype).endswith("Range")
    ]
    ours = references(f"={expression}")
    names = {"tax_rate", "Größe1", "A1#"}
    assert len(ours) == len([one for one in theirs if one not in names])


@pytest.mark.parametrize(
    "move",
    [
        INSERT_ROWS,
        DELETE_COLUMNS,
        RenameSheet("One", "Two"),
        Reorder("One", 0, 2),
        InsertSheet(Sheet("New"), 1),
        RemoveSheet(Sheet("Old"), 1),
    ],
)
def test_a_move_and_its_inverse_cancel(move: Move) -> None:
    """What was moved and moved back right afterwards did not move."""
    other = Shift("Sheet1", "rows", 9, 1)
    assert move.inverse().inverse() == move
    assert without_undone([other, move, move.inverse(), other]) == [other, other]
    assert without_undone([other, move, other.inverse()]) == [other, move, other.inverse()]
