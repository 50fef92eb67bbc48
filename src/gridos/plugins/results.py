"""Turns what a plugin's function returned into what a cell can show."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, TypeAlias, cast

from gridos.formulas import AnswerValue
from gridos.grid import CellError, Scalar
from gridos.plugins.manifest import Manifest

MAX_CELLS = 100_000
MAX_CHARACTERS = 32_767

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 -- a serial number counts wall-clock days (Excel's 1900 system)
_DAY = timedelta(days=1)

_TOO_LONG = CellError("#VALUE!", "Too long for a cell", f"A text holds at most {MAX_CHARACTERS:,} characters.")
_TOO_MANY = CellError("#VALUE!", "Too many cells", f"An answer holds at most {MAX_CELLS:,} cells.")
_NO_NUMBER = CellError("#NUM!", "Not a number", "The answer is infinite, undefined or before the year 1900.")

_Rows: TypeAlias = Sequence[Sequence[Any]]


def normalize_result(value: Any, manifest: Manifest) -> AnswerValue | CellError:
    """
    A value or a rectangle of them; a flat list is one row, and short rows are filled with blanks.

    Decimals become floats, dates serial numbers, and a text such as `#NO_DATA!` an error. Whatever a cell cannot
    show is an error too: `#NUM!`, `#VALUE!` beyond a cell's limits, else the plugin's own `#<PLUGIN>_ERROR!`. An
    error inside a list is the error of the whole, since an incomplete answer must not look complete.
    """
    try:
        if isinstance(value, list | tuple):
            return _rectangle(_rows(cast("Sequence[Any]", value)))
        return _scalar(value)
    except _Unshowable as unshowable:
        error = unshowable.error or _meaningless(manifest)
        return replace(error, plugin=manifest.slug)


class _Unshowable(Exception):
    """Carries the error that takes the place of the whole result; None is the plugin's own."""

    def __init__(self, error: CellError | None = None) -> None:
        super().__init__()
        self.error = error


def _meaningless(manifest: Manifest) -> CellError:
    return manifest.error(
        "ERROR",
        f"{manifest.title} gave an answer that makes no sense",
        "Its function returned something that is neither a number, a text, a truth value, a date nor rows of them.",
        "Tell the plugin's author.",
    )


def _rows(value: Sequence[Any]) -> _Rows:
    nested = [isinstance(row, list | tuple) for row in value]
    if any(nested) and not all(nested):
        raise _Unshowable
    return cast("_Rows", value if any(nested) else [value])


def _rectangle(rows: _Rows) -> AnswerValue:
    width = max(len(row) for row in rows)
    if len(rows) * width > MAX_CELLS:
        raise _Unshowable(_TOO_MANY)
    if width == 0:
        return None
    return [[_scalar(item) for item in row] + [None] * (width - len(row)) for row in rows]


def _scalar(value: Any) -> Scalar:
    match value:
        case None | bool():
            return value
        case str():
            return _text(value)
        case CellError():
            raise _Unshowable(value)
        case int() | float() | Decimal() | Real():  # the abstract class last: asking it is slow
            return _number(value)
        case date() | time() | timedelta():
            return _serial(value)
        case _:
            raise _Unshowable


def _text(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise _Unshowable(_TOO_LONG)
    if text.startswith("#") and text.endswith("!"):
        raise _Unshowable(CellError(text))
    return str(text)


def _number(number: float | Decimal | Real) -> float | int:
    """Whole numbers stay whole as long as a spreadsheet's 64-bit floats hold them exactly."""
    try:
        as_float = float(number)
    except (OverflowError, ValueError):
        raise _Unshowable(_NO_NUMBER) from None
    if not math.isfinite(as_float):
        raise _Unshowable(_NO_NUMBER)
    return int(number) if isinstance(number, int | Integral) and abs(as_float) <= 2**53 else as_float


def _serial(moment: date | time | timedelta) -> float:
    match moment:
        case datetime():
            span = moment.replace(tzinfo=None) - _EPOCH
        case date():
            span = datetime(moment.year, moment.month, moment.day) - _EPOCH  # noqa: DTZ001 -- as _EPOCH
        case time():
            span = datetime.combine(_EPOCH, moment.replace(tzinfo=None)) - _EPOCH
        case timedelta():
            span = moment
    if not isinstance(moment, timedelta) and span < timedelta(0):
        raise _Unshowable(_NO_NUMBER)
    return span / _DAY
