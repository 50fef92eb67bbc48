"""A workbook to play with: addresses instead of cells, and a few functions."""

from collections.abc import Callable, Mapping
from typing import Any

from gridos.formulas import Answer, Call, Evaluation, FormulaBook, Function
from gridos.grid import BLANK, CellError, CellRef, Scalar, Sheet, Shown, parse_cell

SHEETS = [Sheet("Sheet1"), Sheet("My sheet")]


def cell(a1: str) -> CellRef:
    """`A1` on the first sheet, `My sheet!A1` on another."""
    sheet, _, rest = a1.rpartition("!")
    return parse_cell(sheet or "Sheet1", rest)


def live(name: str, plugin: str = "stripe") -> Function:
    """A function whose answers come later."""
    return Function(name, plugin)


def pure(name: str, run: Callable[..., Any], plugin: str = "hello") -> Function:
    """A function that runs inside the pass."""
    return Function(name, plugin, run)


def _greet(name: str = "world") -> str:
    return f"Hello, {name}!"


def _echo(value: Any = None) -> Any:
    return value


def _table(rows: int, columns: int) -> list[list[int]]:
    return [[row * columns + column for column in range(columns)] for row in range(rows)]


def _explode() -> None:
    raise ValueError("hunter2 is the password")


FUNCTIONS = [
    live("LIVE"),
    live("STARS", "github"),
    pure("GREET", _greet),
    pure("BOOM", _explode),
    pure("ECHO", _echo),
    pure("TABLE", _table),
    Function("GONE", "absent", unavailable=CellError("#NOT_INSTALLED", plugin="absent")),
]


class Playground:
    """A book, and shorter words for asking it."""

    def __init__(self, inputs: Mapping[str, str] | None = None, functions: list[Function] | None = None) -> None:
        table = FUNCTIONS if functions is None else functions
        self.book = FormulaBook(
            SHEETS,
            {cell(a1): typed for a1, typed in (inputs or {}).items()},
            {function.name: function for function in table},
        )
        self.last = self.book.evaluate()

    def type(self, **inputs: str) -> Evaluation:
        """Type into cells of the first sheet."""
        return self.type_all(inputs)

    def type_all(self, inputs: Mapping[str, str]) -> Evaluation:
        """Type into cells of any sheet."""
        self.last = self.book.edit({cell(a1): typed for a1, typed in inputs.items()})
        return self.last

    def answer(self, arguments: str, value: Any, name: str = "LIVE", **more: Any) -> Evaluation:
        """Let one call's answer arrive."""
        self.last = self.book.arrive({Call(name, arguments): Answer(value, **more)})
        return self.last

    def shows(self, a1: str) -> Shown:
        """What a cell shows."""
        return self.book.shown.get(cell(a1), BLANK)

    def value(self, a1: str) -> Scalar:
        """A cell's value."""
        return self.shows(a1).value

    def values(self, *cells: str) -> list[Scalar]:
        """Some cells' values."""
        return [self.value(a1) for a1 in cells]

    def result(self, formula: str) -> Scalar:
        """What a formula gives in a cell of its own."""
        self.type(Z50=formula)
        return self.value("Z50")
