"""
What a person typed, as the engine is given it, and what the adapter must know about it.

Formulas are looked through by a plain search for names first: most call nothing special, and reading their tokens
would cost more than calculating them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from gridos.errors import BadEdit
from gridos.formulas.builtin import is_builtin
from gridos.formulas.call_sites import VOLATILE, around_sites, oversized, refuse_reserved, tokens
from gridos.formulas.evaluation import Function
from gridos.formulas.functions import OWN
from gridos.formulas.names import Names, called
from gridos.grid import MAX_FORMULA_LENGTH, MAX_TEXT_LENGTH, Formula, Literal, parse_typed

_ROLLING = VOLATILE | {"INDIRECT", "OFFSET", "CELL"}
_SWALLOWING = frozenset(
    [
        "IFERROR",
        "IFNA",
        "ISERROR",
        "ISERR",
        "ISNA",
        "ISNUMBER",
        "ISTEXT",
        "ISNONTEXT",
        "ISLOGICAL",
        "ISBLANK",
        "ERROR.TYPE",
        "TYPE",
        "COUNT",
        "COUNTA",
        "COUNTBLANK",
        "COUNTIF",
        "COUNTIFS",
        "SUMIF",
        "SUMIFS",
        "AVERAGEIF",
        "AVERAGEIFS",
        "MAXIFS",
        "MINIFS",
        "AGGREGATE",
        "SUBTOTAL",
    ]
)
_TOO_LARGE = Formula("=#NUM!")


class Content(NamedTuple):
    """One cell's content for the engine."""

    value: Formula | Literal
    plugin: str | None = None
    """The plugin of the first plugin function the formula calls."""
    rolls: bool = False
    """It may change without any of its declared inputs changing."""
    swallows: bool = False
    """It may give an ordinary value while an input is an error, or is loading."""
    names: frozenset[str] = frozenset()
    """The defined names it seems to use."""
    parts: Sequence[str] = ()
    """A formula that calls plugin functions, in parts: the number of its cell's call site belongs between any two."""

    def at(self, site: int) -> "Content":
        """The same at a call site."""
        return Content(Formula(str(site).join(self.parts)), *self[1:-1])


class Contents:
    """What typed texts mean, given functions and names. The same text often stands in many cells, and is read once."""

    def __init__(self, functions: Mapping[str, Function], defined: Names) -> None:
        self.of: Callable[[str], Content] = lru_cache(maxsize=1024)(
            partial(_content_of, functions=functions, defined=defined)
        )


def check_typed(typed: str) -> None:
    """Raise BadEdit for what no cell may hold."""
    if "\0" in typed:
        raise BadEdit("A cell holds no NUL character: no database or spreadsheet file can keep one.")
    if not typed.startswith("="):
        if len(typed) > MAX_TEXT_LENGTH:
            raise BadEdit(f"A cell holds at most {MAX_TEXT_LENGTH:,} characters.")
        return
    if len(typed) > MAX_FORMULA_LENGTH:
        raise BadEdit(f"A formula has at most {MAX_FORMULA_LENGTH:,} characters.")
    if "__" in typed:
        refuse_reserved(typed)


def check_names(names: Mapping[str, str], plugin_functions: Collection[str]) -> None:
    """Raise BadEdit for a name that is a function's, and for one that calls a plugin: a name is no cell to load in."""
    for name, meaning in names.items():
        if name.upper() in plugin_functions or is_builtin(name):
            raise BadEdit("A function has this name already.")
        refuse_reserved(f"={meaning}")
        if any(function in plugin_functions for function in called(meaning)):
            raise BadEdit("A name cannot call a plugin's function. Put the call into a cell and name the cell.")


def _content_of(typed: str, functions: Mapping[str, Function], defined: Names) -> Content:
    value = parse_typed(typed)
    if isinstance(value, Literal):
        return Content(value)
    used = defined.used_in(value.text)
    names = called(value.text) if "(" in value.text else set[str]()
    if used:
        names |= defined.called_by(used)
    if not names:
        return Content(value, names=used)
    plugins = names & functions.keys()
    if (plugins or names & OWN.keys()) and oversized(value.text, lambda name: name in functions or name in OWN):
        return Content(_TOO_LARGE)
    plugin: str | None = None
    parts: Sequence[str] = ()
    if plugins:
        order = [token.function for token in tokens(value.text) if token.function in functions]
        plugin = functions[order[0]].plugin if order and order[0] else None
        parts = around_sites(value.text, functions.__contains__, lambda name: functions[name].live)
    return Content(value, plugin, bool(names & _ROLLING), bool(names & _SWALLOWING), used, parts)
