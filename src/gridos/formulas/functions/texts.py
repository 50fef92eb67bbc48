"""Functions that read numbers out of text, and write addresses."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast
from urllib.parse import quote

from gridos.formulas.functions.refusing import Passed, Refusal, text
from gridos.grid import Literal, parse_typed


def elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function to every value of its first argument when that is a table."""

    @wraps(function)
    def called(first: Any, *others: Any) -> Any:
        if not isinstance(first, list):
            return function(first, *others)
        return [[_one(function, part, others) for part in row] for row in cast("list[list[Any]]", first)]

    return called


def _one(function: Callable[..., Any], part: Any, others: tuple[Any, ...]) -> Any:
    try:
        return function(part, *others)
    except Refusal as refusal:
        return refusal.error


@elementwise
def value(given: Any) -> float:
    """The number a text reads as, by the same rules as typing it into a cell."""
    if isinstance(given, dict):
        raise Passed(cast("dict[str, str]", given))
    if isinstance(given, float):
        return given
    if given is None:
        return 0.0
    match parse_typed(given if isinstance(given, str) else ""):
        case Literal(value=float(number)) if not given.startswith("'"):
            return number
        case _:
            raise Refusal("Value")


@elementwise
def numbervalue(given: Any, decimal: Any = ".", group: Any = ",") -> float:
    """The number in a text with the separators given; percent signs count."""
    decimal, group = text(decimal)[:1], text(group)[:1]
    if not decimal or not group or decimal == group:
        raise Refusal("Value")
    digits = "".join(text(given).split())
    if not digits:
        return 0.0
    bare = digits.rstrip("%")
    before, point, after = bare.partition(decimal)
    cleaned = before.replace(group, "") + ("." if point else "") + after
    if not all(character in "0123456789.+-eE" for character in cleaned):
        raise Refusal("Value")
    return float(cleaned) / 100 ** (len(digits) - len(bare))


@elementwise
def encodeurl(given: Any) -> str:
    """A text as a part of an address."""
    return quote(text(given), safe="-_.~")


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "VALUE": value,
    "NUMBERVALUE": numbervalue,
    "ENCODEURL": encodeurl,
}
"""The formulas of these names, with Excel's arguments."""
