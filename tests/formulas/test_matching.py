"""Regular expressions that cannot hold up a workbook."""

import re
import warnings
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridos.formulas.functions.matching import MAX_STEPS, BadPattern, compiled


def _of_python(pattern: str, text: str) -> tuple[int, int] | None:
    match = re.search(pattern, text)
    return match and match.span()


@settings(max_examples=400, deadline=None)
@given(st.text("ab.|*+?()[]^$-{2}", max_size=9), st.text("abc\n", max_size=9))
def test_what_is_found_is_what_python_finds(pattern: str, text: str) -> None:
    """Where both understand a pattern, the leftmost and preferred match is the same."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            expected = _of_python(pattern, text.replace("\n", ""))
        found = compiled(pattern).search(text.replace("\n", ""))
    except (re.error, FutureWarning, BadPattern, RecursionError):
        return
    assert (found[0] if found else None) == expected


@pytest.mark.parametrize(
    ("pattern", "text", "groups"),
    [
        ("(a)|(b)", "b", ((0, 1), None, (0, 1))),
        (r"(\w+)-(\d+)", "x ab-12", ((2, 7), (2, 4), (5, 7))),
        ("<.+?>", "<a><b>", ((0, 3),)),
        (r"\bfoo\b", "a foo", ((2, 5),)),
        (r"[^\d\s]+", "1 x", ((2, 3),)),
        (r"[\]a-]+", "]-a", ((0, 3),)),
        (r"a{2,}?", "aaa", ((0, 2),)),
        ("", "x", ((0, 0),)),
    ],
)
def test_groups_classes_and_lazy_repeats(pattern: str, text: str, groups: object) -> None:
    """Groups, classes, borders of words and lazy repeats are understood."""
    assert compiled(pattern).search(text) == groups


@pytest.mark.parametrize("pattern", ["(", ")", "[a", "*", "a{3,2}", r"(a)\1", "(?=a)", "(?P<x>a)", "\\", "a{5000}"])
def test_what_is_not_understood_is_refused(pattern: str) -> None:
    """Look-around, references back and broken patterns are refused, never guessed."""
    with pytest.raises(BadPattern):
        compiled(pattern)


def test_matches_do_not_overlap() -> None:
    """All matches are found from left to right; an empty one moves on by a character."""
    assert [spans[0] for spans in compiled("aa").find_all("aaaaa")] == [(0, 2), (2, 4)]
    assert [spans[0] for spans in compiled("b*").find_all("abb")] == [(0, 0), (1, 3), (3, 3)]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*c", "a*a*a*a*a*c", "(.*)(.*)(.*)(.*)x"])
def test_patterns_that_explode_elsewhere_end_here(pattern: str) -> None:
    """A pattern that would take for ever by backtracking finds nothing, or is given up after so many steps."""
    search = compiled(pattern)
    with suppress(BadPattern):
        assert search.search("a" * 3000 + "b") is None
    assert search.steps <= MAX_STEPS + 1
