"""
A formula as the engine gets it: every plugin function carries the number of its place as one more argument.

`=SHOPIFY_REVENUE(30)` becomes `=SHOPIFY_REVENUE(30,__calls!$A$17)`. So the function knows where it stands, and setting
that number again runs exactly this formula again. An omitted argument becomes a reference to a blank cell; the engine
would pass 0.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import formualizer as fz

from gridos.errors import BadAddress, BadEdit
from gridos.formulas.engine import CALLS
from gridos.formulas.functions.arrays import MAX_CELLS
from gridos.grid import parse_range

BLANK_CELL = f"{CALLS}!$B$1"

VOLATILE = frozenset({"NOW", "TODAY", "RAND", "RANDBETWEEN", "RANDARRAY"})
_RESERVED = re.compile(r"(?:^|[:!'])__")


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a formula. `start` and `end` count bytes of its UTF-8 text, as the library does."""

    text: str
    kind: str
    subtype: str
    start: int
    end: int

    @property
    def function(self) -> str | None:
        """The upper-case name of the function that this token opens, without a file format's prefix."""
        if self.kind == "Func" and self.subtype == "Open":
            return self.text[:-1].strip().upper().removeprefix("_XLFN.").removeprefix("_XLWS.")
        return None

    @property
    def is_reference(self) -> bool:
        """Whether it names a cell, a range, a table or something defined."""
        return self.kind == "Operand" and self.subtype == "Range"


# Every formula is read several times on its way in, and the same one often stands in many cells.
@lru_cache(maxsize=1024)
def tokens(formula: str) -> Sequence[Token]:
    """The tokens of a formula; none when it cannot be read (a quote is left open)."""
    try:
        found = fz.tokenize(formula).tokens()
    except fz.TokenizerError:
        return ()
    return tuple(Token(t.value, _name(t.token_type), _name(t.subtype), t.start, t.end) for t in found)


@cache
def _name(member: Hashable) -> str:
    return str(member).rpartition(".")[2]


def functions(formula: str) -> list[str]:
    """The functions a formula calls, upper-case, in the order of its text."""
    return [token.function for token in tokens(formula) if token.function]


def oversized(formula: str, is_python: Callable[[str], bool]) -> bool:
    """Whether a range of more cells than any table may have stands inside a function that runs in Python."""
    inside: list[bool] = [False]
    for token in tokens(formula):
        if token.subtype == "Open":
            inside.append(inside[-1] or bool(token.function and is_python(token.function)))
        elif token.subtype == "Close" and len(inside) > 1:
            inside.pop()
        elif inside[-1] and token.is_reference and ":" in token.text and _size(token.text) > MAX_CELLS:
            return True
    return False


def _size(reference: str) -> int:
    """How many cells a range covers; ranges beyond the largest sheet, and whole rows of it, are larger than any."""
    try:
        return parse_range("", reference.rpartition("!")[2]).size
    except BadAddress:
        return 0 if "[" in reference else MAX_CELLS + 1


def refuse_reserved(formula: str) -> None:
    """Raise BadEdit when a formula names something of ours; those names start with two underscores."""
    for token in tokens(formula):
        if (token.function or token.is_reference) and _RESERVED.search(token.text):
            raise BadEdit("Names that start with two underscores are reserved.")


@dataclass
class _Open:
    """A function, parenthesis or array that is not closed yet."""

    name: str | None
    filled: bool = False
    arguments: int = 0
    volatile: bool = False


def around_sites(formula: str, is_plugin: Callable[[str], bool], is_live: Callable[[str], bool]) -> list[str]:
    """
    The formula in parts; the number of its call site belongs between any two, once in every plugin function.

    A live function that reads the clock or the dice in its own arguments would ask anew in every pass: its site is
    negative, and whoever is called there refuses.
    """
    source, parts, done = formula.encode(), [""], 0
    for position, text, is_site in _inserts(formula, is_plugin, is_live):
        parts[-1] += source[done:position].decode() + text
        done = position
        if is_site:
            parts.append("")
    parts[-1] += source[done:].decode()
    return parts


def _inserts(
    formula: str, is_plugin: Callable[[str], bool], is_live: Callable[[str], bool]
) -> Iterator[tuple[int, str, bool]]:
    stack: list[_Open] = [_Open(None)]
    for token in tokens(formula):
        if token.subtype == "Open":
            name = token.function
            stack[-1].filled = True
            stack.append(_Open(name if name and is_plugin(name) else None))
            if name in VOLATILE:
                for opened in stack:
                    opened.volatile = True
        elif token.kind == "Sep" and token.subtype == "Arg":
            yield from _argument_ends(stack[-1], token.start)
            stack[-1].arguments += 1
            stack[-1].filled = False
        elif token.subtype == "Close" and len(stack) > 1:
            closed = stack.pop()
            if closed.name:
                if closed.arguments:
                    yield from _argument_ends(closed, token.start)
                comma = "," if closed.arguments or closed.filled else ""
                refused = closed.volatile and is_live(closed.name)
                yield token.start, comma + ("-" if refused else f"{CALLS}!$A$"), True
        elif token.kind != "Whitespace":
            stack[-1].filled = True


def _argument_ends(opened: _Open, position: int) -> Iterator[tuple[int, str, bool]]:
    if opened.name and not opened.filled:
        yield position, BLANK_CELL, False
