"""No attack of the threat table is without a test, but for those on what does not exist yet."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.attacks.rows import ROWS, Row

ROOT = Path(__file__).parents[2]


@cache
def names_in(file: str) -> frozenset[str]:
    """The tests of a file."""
    path = ROOT / file if file.startswith("ui/") else ROOT / "tests" / file
    text = path.read_text()
    if path.suffix != ".py":
        return frozenset(part.partition('"')[0] for part in text.split('it("')[1:])
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


@cache
def routes() -> str:
    """The source of every route."""
    return "\n".join(path.read_text() for path in (ROOT / "src/gridos/web").rglob("*.py"))


def test_every_attack_is_there() -> None:
    """The table has 47 rows."""
    assert list(ROWS) == list(range(1, 48))


@pytest.mark.parametrize("row", ROWS.values(), ids=map(str, ROWS))
def test_every_named_test_exists(row: Row) -> None:
    """A row names tests that are run, or what it waits for."""
    assert row.tests or row.waits_for
    for name in row.tests:
        file, _, test = name.partition("::")
        assert test in names_in(file), name


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.waits_for], ids=lambda row: row.attack)
def test_what_a_row_waits_for_is_not_there_yet(row: Row) -> None:
    """Whoever builds it names its tests here."""
    for route in row.waits_for:
        assert f'"{route}"' not in routes()
