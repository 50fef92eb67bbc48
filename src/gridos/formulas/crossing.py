"""
What crosses the border between the engine and Python functions, in both directions.

Into a function: numbers, text, truth values, None for a blank cell, lists of rows for ranges, and errors as
`{"type": "Error", "kind": …}`. Out of it the same, but only what the engine cannot misread.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from math import inf, isfinite
from typing import Any, cast

from gridos.formulas.evaluation import AnswerValue, Function
from gridos.grid import MAX_TEXT_LENGTH, CellError, Scalar, serial

MAX_RESULT_CELLS = 100_000

_EXACT = 2**53
_KINDS = {
    "#DIV/0!": "Div",
    "#REF!": "Ref",
    "#NAME?": "Name",
    "#VALUE!": "Value",
    "#NUM!": "Num",
    "#NULL!": "Null",
    "#N/A": "Na",
    "#SPILL!": "Spill",
    "#CALC!": "Calc",
    "#CIRC!": "Circ",
    "#N/IMPL!": "NImpl",
}
CODES = {kind: code for code, kind in _KINDS.items()} | {"Error": "#ERROR!"}
"""The text of each of the engine's error kinds. `Cancelled` has none: to us it means loading."""


def error(kind: str) -> dict[str, str]:
    """An error value of the engine."""
    return {"type": "Error", "kind": kind}


LOADING = error("Cancelled")
"""A live call waits for its answer. No function of the engine gives this kind."""
FAILED = error("Error")
"""A plugin's own error; its text stays with the call site, as only the kind travels. Also an unreadable formula."""


def kind_of(value: object) -> str | None:
    """The kind of an error value; None for every other value."""
    return cast("dict[str, str]", value)["kind"] if isinstance(value, dict) else None


def first_error(values: Iterable[object]) -> dict[str, str] | None:
    """The first error among values and inside their rows; one that is loading goes before all others."""
    found: dict[str, str] | None = None
    for value in _flat(values):
        if isinstance(value, dict):
            if value == LOADING:
                return LOADING
            found = found or cast("dict[str, str]", value)
    return found


def _flat(values: Iterable[object]) -> Iterable[object]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(cast("list[object]", value))
        else:
            yield value


def plain(value: Any) -> Any:
    """An argument as a person wrote it: the engine knows only floats, so whole numbers become integers again."""
    if isinstance(value, list):
        return [plain(part) for part in cast("list[Any]", value)]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value


def run(function: Function, values: Sequence[object]) -> AnswerValue | CellError:
    """
    Run a pure function. Whatever it does, the outcome is a value.

    An exception's text is dropped: it may hold what nobody should read.
    """
    call = cast("Callable[..., object]", function.run)
    try:
        return checked(call(*values), function.plugin)
    except Exception:  # noqa: BLE001 -- a plugin may raise anything, and inside the engine nothing may raise
        return _failed(function.plugin, "The plugin's function raised an error, or was given the wrong arguments.")


def checked(value: object, plugin: str) -> AnswerValue | CellError:
    """A result the engine cannot misread, or the error that says why it is none."""
    if isinstance(value, list | tuple):
        rows = cast("Sequence[object]", value)
        return _checked_rows(rows, plugin) if rows else _failed(plugin, "The plugin gave an empty list.")
    return _checked_scalar(value, plugin)


def _checked_rows(rows: Sequence[object], plugin: str) -> AnswerValue | CellError:
    if not all(isinstance(row, list | tuple) for row in rows):
        return _failed(plugin, "The plugin gave a list that is not a list of rows.")
    table = [list(cast("Sequence[object]", row)) for row in rows]
    if len({len(row) for row in table}) != 1 or not table[0]:
        return _failed(plugin, "The plugin gave rows of different lengths.")
    if len(table) * len(table[0]) > MAX_RESULT_CELLS:
        return CellError("#VALUE!", "Result too large", f"A function gives at most {MAX_RESULT_CELLS:,} cells.")
    result: list[list[Scalar]] = []
    for row in table:
        checked_row = [_checked_scalar(value, plugin) for value in row]
        for value in checked_row:
            if isinstance(value, CellError):
                return value
        result.append(cast("list[Scalar]", checked_row))
    return result


def _checked_scalar(value: object, plugin: str) -> Scalar | CellError:  # noqa: PLR0911 -- one line for each type
    match value:
        case CellError() | bool() | None:
            return value
        case str():
            return _checked_text(value, plugin)
        case int() | float() | Decimal():
            return _checked_number(value, plugin)
        case date():
            return serial(value)
        case time():
            return (value.hour * 3600 + value.minute * 60 + value.second) / 86_400
        case timedelta():
            return value.total_seconds() / 86_400
        case _:
            return _failed(plugin, "The plugin gave a value that no cell can hold.")


def _checked_number(number: float | Decimal, plugin: str) -> Scalar | CellError:
    try:
        value = float(number)
    except OverflowError:
        value = inf
    return value if isfinite(value) else CellError("#NUM!", plugin=plugin)


def _checked_text(text: str, plugin: str) -> str | CellError:
    if len(text) > MAX_TEXT_LENGTH:
        return CellError("#VALUE!", "Text too long", f"A cell holds at most {MAX_TEXT_LENGTH:,} characters.")
    if text in _KINDS or (text.startswith("#") and text.endswith("!") and " " not in text):
        return CellError(text, plugin=plugin)
    return text


def _failed(plugin: str, detail: str) -> CellError:
    return CellError(f"#{plugin.upper()}_ERROR!", "The plugin failed", detail, plugin=plugin)


def native(error_value: CellError) -> dict[str, str] | None:
    """The engine's own error, when a plugin's says no more than that."""
    kind = _KINDS.get(error_value.code)
    return error(kind) if kind and not error_value.title else None
