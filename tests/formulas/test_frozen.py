"""A table of formulas with the values Excel gives, so that an upgrade of the engine shows what it changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.formulas.playing import Playground

FROZEN: dict[str, Any] = json.loads((Path(__file__).parent / "frozen.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def play() -> Playground:
    """The book all formulas of the table read."""
    return Playground(FROZEN["inputs"])


@pytest.mark.parametrize(("formula", "value"), FROZEN["formulas"].items())
def test_formula(play: Playground, formula: str, value: object) -> None:
    """A formula gives the value the table says, of the same type."""
    (shown,) = play.book.probe([formula], "Sheet1", {}).results
    if isinstance(shown.value, float):
        assert shown.value == pytest.approx(value, abs=1e-9)
        assert not isinstance(value, bool)
    else:
        assert shown.value is value if isinstance(value, bool) else shown.value == value


def test_array_functions_spill() -> None:
    """Our own array functions fill cells like the engine's own."""
    play = Playground({"A1": "1", "A2": "x", "C1": "=HSTACK(A1:A2,SEQUENCE(3))", "F1": "=TRANSPOSE(A1:A2)"})
    assert play.values("C1", "C2", "C3", "D1", "D2", "D3") == [1, "x", "#N/A", 1, 2, 3]
    assert play.values("F1", "G1") == [1, "x"]
    play.type(A1="5")
    assert play.values("C1", "F1") == [5, 5]


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ('=VALUE("TRUE")', "#VALUE!"),
        ('=VALUE("\'5")', "#VALUE!"),
        ('=VALUE("2024-01-31")', 45322),
        ("=VALUE(1/0)", "#DIV/0!"),
        ("=SUM(VALUE(A1:A2))", 3),
        ('=NUMBERVALUE("1e3")', 1000),
        ('=NUMBERVALUE("x")', "#VALUE!"),
        ('=NUMBERVALUE("9%%")', 0.0009),
        ("=SEQUENCE(-1)", "#VALUE!"),
        ("=SUM(SEQUENCE(,3))", 6),
        ("=WRAPROWS(A1:B2,2)", "#VALUE!"),
        ("=WRAPROWS(A1:A2,0)", "#NUM!"),
        ("=EXPAND(A1:A2,1)", "#VALUE!"),
        ("=TOCOL(C1:C2,1)", "#CALC!"),
        ("=TRIMRANGE(C1:C2)", "#REF!"),
        ("=SUM(TOCOL(A1:A3,3))", 3),
        ("=MUNIT(0)", "#VALUE!"),
        ("=MUNIT(201)", "#NUM!"),
        ('=MDETERM("x")', "#VALUE!"),
        ("=MDETERM(A1:B1)", "#VALUE!"),
        ("=RANDBETWEEN(3,3)", 3),
        ("=RANDBETWEEN(4,3)", "#NUM!"),
        ("=RANDARRAY(1,1,5,5,TRUE)", 5),
        ("=RANDARRAY(1,1,9,5)", "#VALUE!"),
        ("=SHEETS(A1)", 1),
        ('=REGEXREPLACE("a1b2c3","[0-9]","$$",2)', "a1b$c3"),
        ('=REGEXREPLACE("a1b2c3","[0-9]","x",-1)', "a1b2cx"),
        ('=REGEXEXTRACT("ab","b",7)', "#VALUE!"),
        ('=REGEXEXTRACT("Ab","a",0,1)', "A"),
        ('=REGEXTEST(REPT("a",9000),REPT("(a*)*",20)&"b")', "#VALUE!"),
        ('=REGEXTEST("a",REPT("a",1001))', "#VALUE!"),
        ('=REGEXTEST("a","a{9999}")', "#VALUE!"),
        ('=REGEXTEST("aa","(a)\\1")', "#VALUE!"),
        ('=REGEXTEST("a","(?=a)")', "#VALUE!"),
    ],
)
def test_own_functions_refuse_what_excel_refuses(formula: str, value: object) -> None:
    """Our own functions give Excel's errors for arguments they cannot use, and never raise."""
    play = Playground({"A1": "1", "A2": "2", "A3": "=1/0", "B1": "5", "B2": "6"})
    shown = play.result(formula)
    assert shown == (pytest.approx(value) if isinstance(value, float) else value)
