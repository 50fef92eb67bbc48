"""What people type is read as spreadsheets read it."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridos.grid import Formula, Literal, parse_typed, serial


@pytest.mark.parametrize(
    ("typed", "value", "number_format"),
    [
        ("5", 5.0, None),
        (" 5 ", 5.0, None),
        ("-5", -5.0, None),
        ("+5", 5.0, None),
        ("(5)", -5.0, None),
        ("5.", 5.0, None),
        (".5", 0.5, None),
        ("1,234.5", 1234.5, "#,##0.00"),
        ("1,234,567", 1234567.0, "#,##0"),
        ("1e3", 1000.0, "0.00E+00"),
        ("2.5E-2", 0.025, "0.00E+00"),
        ("50%", 0.5, "0%"),
        ("-12.5%", -0.125, "0.00%"),
        ("$5", 5.0, "$#,##0"),
        ("-$1,234.50", -1234.5, "$#,##0.00"),
        ("($5)", -5.0, "$#,##0"),
        ("€7.5", 7.5, "€#,##0.00"),
        ("true", True, None),
        ("False", False, None),
        ("2024-01-31", 45322.0, "yyyy-mm-dd"),
        ("2024-01-31 12:00", 45322.5, "yyyy-mm-dd hh:mm"),
        ("2024-01-31T06:00:00", 45322.25, "yyyy-mm-dd hh:mm:ss"),
        ("6:00", 0.25, "hh:mm"),
        ("18:00:00", 0.75, "hh:mm:ss"),
        ("", None, None),
    ],
)
def test_values(typed: str, value: object, number_format: str | None) -> None:
    """Numbers, amounts, percentages, truth values, dates and times become values, with the format they suggest."""
    literal = parse_typed(typed)
    assert literal == Literal(value, number_format)  # type: ignore[arg-type] -- the table holds scalars
    assert type(literal.value) is type(value)  # type: ignore[union-attr] -- it equals a literal


@pytest.mark.parametrize(
    "typed",
    [
        "text",
        "=",
        " =1",
        "1,23",
        "1,2345",
        "12,34.5",
        "5 %",
        "1e999",
        "--5",
        "(-5)",
        "5$",
        "1/2",
        "3/4/2025",
        "$",
        "%",
        "2024-02-30",
        "2024-1-1",
        "1899-12-31",
        "25:00",
        "12:60",
        "٣",
        "nan",
        "inf",
        "0x10",
        "1_000",
        "  ",
        "e5",
        "()",
    ],
)
def test_everything_else_is_text(typed: str) -> None:
    """What is nothing else stays text, letter by letter."""
    assert parse_typed(typed) == Literal(typed)


@pytest.mark.parametrize(("typed", "text"), [("'5", "5"), ("'=1+1", "=1+1"), ("''", "'"), ("'", "")])
def test_a_leading_apostrophe_makes_text(typed: str, text: str) -> None:
    """An apostrophe in front makes the rest text, and is not part of it."""
    assert parse_typed(typed) == Literal(text)


@pytest.mark.parametrize("typed", ["=1", "= SUM(A1)", "=="])
def test_formulas_are_kept_as_typed(typed: str) -> None:
    """Whatever follows `=` is a formula, in the person's own spelling."""
    assert parse_typed(typed) == Formula(typed)


@given(st.text())
def test_any_text_can_be_typed(typed: str) -> None:
    """Nothing that a person can type raises."""
    assert isinstance(parse_typed(typed), Formula | Literal)


def test_serials_count_a_day_that_never_was() -> None:
    """Spreadsheets count a 29 February 1900; days before it are one less."""
    assert [serial(date(1900, 1, 1)), serial(date(1900, 2, 28)), serial(date(1900, 3, 1))] == [1, 59, 61]
    assert serial(datetime(2024, 1, 31, 18)) == 45322.75  # noqa: DTZ001 -- cells know no time zone
