"""From what a function returned to what a cell shows."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from gridos.grid import CellError
from gridos.plugins import Manifest, normalize_result

NOTION = Manifest(slug="notion", name="Notion")


class Whole(int):
    """A number of a plugin's own making."""


def code_of(value: Any) -> str:
    """The error that this result becomes."""
    result = normalize_result(value, NOTION)
    assert isinstance(result, CellError)
    assert result.plugin == "notion"
    return result.code


@pytest.mark.parametrize(
    ("value", "shown"),
    list[tuple[Any, Any]](
        [
            (None, None),
            (True, True),
            (3, 3),
            (Whole(4), 4),
            (2.5, 2.5),
            ("", ""),
            ("text", "text"),
            ("#hashtag", "#hashtag"),
            (Decimal("1.10"), 1.1),
            (Fraction(1, 4), 0.25),
            (2**53, 2**53),
            (2**60, float(2**60)),
            (date(2026, 11, 24), 46350.0),
            (datetime(2026, 11, 24, 12, tzinfo=UTC), 46350.5),
            (time(6), 0.25),
            (timedelta(hours=36), 1.5),
            (timedelta(days=-1), -1.0),
            ([], None),
            ([[]], None),
            ([1, "a", None], [[1, "a", None]]),
            ((1, 2), [[1, 2]]),
            ([[1], [2]], [[1], [2]]),
            ([(1, 2), [3]], [[1, 2], [3, None]]),
            ([[Decimal(1)], [date(1900, 3, 1)]], [[1.0], [61.0]]),
        ]
    ),
)
def test_what_a_cell_can_show(value: Any, shown: Any) -> None:
    """Numbers, texts, truth values, blanks, dates as serial numbers, and rectangles of them."""
    result = normalize_result(value, NOTION)
    assert result == shown
    assert type(result) is type(shown)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), Decimal("NaN"), Decimal("sNaN"), 10**400, Decimal("1e999")]
)
def test_what_is_no_number(value: Any) -> None:
    """Infinite, undefined and enormous numbers are `#NUM!`, alone or in a list."""
    assert code_of(value) == code_of([[1, value]]) == "#NUM!"


def test_dates_before_the_spreadsheets_first_day() -> None:
    """A serial number cannot be negative."""
    assert code_of(date(1899, 12, 29)) == "#NUM!"


@pytest.mark.parametrize("text", ["#NOTION_EMPTY!", "#DIV/0!"])
def test_an_errors_text_is_an_error(text: str) -> None:
    """A text from `#` to `!` is an error of that name."""
    assert code_of(text) == text


def test_an_error_is_kept_as_it_is() -> None:
    """A CellError keeps its words and gains the plugin's name; inside a list it is the error of the whole."""
    error = CellError("#NOTION_GONE!", "Gone", "The page was deleted.", "Restore it.", 5.0)
    expected = CellError("#NOTION_GONE!", "Gone", "The page was deleted.", "Restore it.", 5.0, "notion")
    assert normalize_result(error, NOTION) == normalize_result([[1], [error]], NOTION) == expected


@pytest.mark.parametrize(
    "value", ["x" * 32_768, [["x" * 32_768]], [[0]] * 100_001, [0] * 100_001, [[0] * 50_001, [], []]]
)
def test_what_is_too_large(value: Any) -> None:
    """32,767 characters a text and 100,000 cells an answer, filled cells included."""
    assert code_of(value) == "#VALUE!"


def test_the_limits_themselves_fit() -> None:
    """At a limit nothing is refused."""
    assert normalize_result("x" * 32_767, NOTION) == "x" * 32_767
    assert normalize_result([[0]] * 100_000, NOTION) == [[0]] * 100_000


@pytest.mark.parametrize("make", [dict, set, object, lambda: iter([1]), lambda: 1j, lambda: b"x", lambda: [1, [2]]])
def test_anything_else_is_the_plugins_mistake(make: Callable[[], object]) -> None:
    """Objects, mappings, iterators, bytes and half-nested lists are `#<PLUGIN>_ERROR!`."""
    assert code_of(make()) == "#NOTION_ERROR!"


def test_deeper_nesting_is_the_plugins_mistake() -> None:
    """A cell has no third dimension."""
    assert code_of([[[1]]]) == "#NOTION_ERROR!"
