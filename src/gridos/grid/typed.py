"""
What a person types into a cell, read as spreadsheets read it: a formula, a number, a date, a truth value or text.

Only forms that mean the same everywhere are numbers here: ISO dates are dates, `3/4/2025` stays text.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from math import isfinite

from gridos.grid.cells import Scalar


@dataclass(frozen=True, slots=True)
class Formula:
    """Text to calculate; it starts with `=`."""

    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it stands. `number_format` is the pattern its typing suggests (`0%`), in Excel's own notation."""

    value: Scalar
    number_format: str | None = None


_AMOUNT = r"(?P<digits>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)"
_NUMBER = re.compile(
    rf"(?P<sign>[-+]?)(?P<currency>[$€£]?){_AMOUNT}(?P<exponent>[eE][-+]?[0-9]{{1,3}})?(?P<percent>%?)",
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")
_FIRST_DAY = date(1899, 12, 30)
_LEAP_THAT_NEVER_WAS = date(1900, 3, 1)


def parse_typed(text: str) -> Formula | Literal:
    """
    Read what a person typed; it never fails, because whatever is nothing else is text.

    A leading `'` makes the rest text and is not part of it. The empty text is a blank cell.
    """
    if text.startswith("'"):
        return Literal(text[1:])
    if text.startswith("=") and len(text) > 1:
        return Formula(text)
    trimmed = text.strip()
    if not trimmed:
        return Literal(text or None)
    if trimmed.upper() in {"TRUE", "FALSE"}:
        return Literal(trimmed.upper() == "TRUE")
    return _number(trimmed) or _moment(trimmed) or Literal(text)


def serial(moment: date) -> float:
    """
    Days since the end of 1899, as spreadsheets count them; a `datetime` has a fraction.

    Spreadsheets believe in a 29 February 1900, so days before March 1900 are one less.
    """
    day = moment.date() if isinstance(moment, datetime) else moment
    days = float((day - _FIRST_DAY).days - (day < _LEAP_THAT_NEVER_WAS))
    return days + _fraction(moment.time()) if isinstance(moment, datetime) else days


def _number(text: str) -> Literal | None:
    in_parentheses = text.startswith("(") and text.endswith(")")
    match = _NUMBER.fullmatch(text[1:-1] if in_parentheses else text)
    if not match or (in_parentheses and match["sign"]):
        return None
    value = float(match["digits"].replace(",", "") + (match["exponent"] or ""))
    if not isfinite(value):
        return None
    if match["percent"]:
        value /= 100
    return Literal(-value if in_parentheses or match["sign"] == "-" else value, _number_format(match))


def _number_format(match: re.Match[str]) -> str | None:
    decimals = "." in match["digits"]
    if match["percent"]:
        return "0.00%" if decimals else "0%"
    if match["currency"]:
        return f"{match['currency']}#,##0.00" if decimals else f"{match['currency']}#,##0"
    if match["exponent"]:
        return "0.00E+00"
    if "," in match["digits"]:
        return "#,##0.00" if decimals else "#,##0"
    return None


def _moment(text: str) -> Literal | None:
    try:
        if _DATE.fullmatch(text):
            return _dated(date.fromisoformat(text), "yyyy-mm-dd")
        if _TIME.fullmatch(text):
            return Literal(_fraction(_clock(text)), _time_format(text))
        if match := _MOMENT.fullmatch(text):
            moment = datetime.combine(date.fromisoformat(match[1]), _clock(match[2]))
            return _dated(moment, f"yyyy-mm-dd {_time_format(match[2])}")
    except ValueError:
        pass  # 2025-02-30 is text
    return None


def _dated(moment: date, number_format: str) -> Literal | None:
    value = serial(moment)
    return Literal(value, number_format) if value >= 1 else None


def _clock(text: str) -> time:
    return time.fromisoformat(text.zfill(5) if text.count(":") == 1 else text.zfill(8))


def _fraction(moment: time) -> float:
    return (moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6) / 86_400


def _time_format(text: str) -> str:
    return "hh:mm:ss" if text.count(":") > 1 else "hh:mm"
