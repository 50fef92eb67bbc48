"""
References inside formulas: found in the text, and written anew where something moved.

The scanner is our own and knows only what a reference looks like, so a formula that was rewritten once is rewritten the
same way by every later version: logs are replayed. Texts in quotes, names, functions and columns of tables stay.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from gridos.grid.address import column_letters, column_number

GONE = "#REF!"

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
"""Where spreadsheets end. Formulas from files may reach beyond our own sheets: `A1:A1048576`."""

_PIECE = re.compile(
    r"""
      "(?:[^"]|"")*(?:"|$)
    | \[[^\]]*\]
    | \#[A-Za-z/0-9]+[!?]?
    | (?P<prefix>(?:'(?:[^']|'')+'|[\w.]+)!)?
      (?P<place>
          \$?[A-Za-z]{1,3}\$?[0-9]{1,7}(?::\$?[A-Za-z]{1,3}\$?[0-9]{1,7})?
        | \$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}
        | \$?[0-9]{1,7}:\$?[0-9]{1,7}
      )
      (?P<spill>\#)?(?![\w.(!'])
    | '(?:[^']|'')*(?:'|$)!?
    | [\w.$\\?]+!?
    """,
    re.VERBOSE,
)
_END = re.compile(r"(\$?)([A-Za-z]*)(\$?)([0-9]*)")
_PLAIN_SHEET = re.compile(r"[^\W\d][\w.]*")
_CELL_LIKE = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*|[Rr]|[Cc]|TRUE|FALSE", re.IGNORECASE)


class End(NamedTuple):
    """One corner of a reference. A whole column has row 0, a whole row column 0; a `$` makes an axis absolute."""

    column: int
    row: int
    column_dollar: str
    row_dollar: str

    @property
    def text(self) -> str:
        """As it stands in a formula."""
        return f"{self.column_dollar}{column_letters(self.column)}{self.row_dollar}{self.row or ''}"


class Reference(NamedTuple):
    """A reference as it stands in a formula; `sheet` is None when it names none."""

    sheet: str | None
    ends: tuple[End, ...]
    spill: str

    @property
    def text(self) -> str:
        """As it stands in a formula."""
        prefix = "" if self.sheet is None else f"{quoted(self.sheet)}!"
        return f"{prefix}{self.place}"

    @property
    def place(self) -> str:
        """The reference without its sheet."""
        return ":".join(end.text for end in self.ends) + self.spill


def rewritten(formula: str, change: Callable[[Reference], Reference | None]) -> str:
    """
    The formula with every reference changed; None stands for one that is gone and becomes `#REF!`.

    A reference that stays equal keeps its spelling.
    """

    def replace(match: re.Match[str]) -> str:
        found = _reference(match)
        if found is None:
            return match[0]
        changed = change(found)
        if changed is None:
            return GONE
        if changed == found:
            return match[0]
        # What its author wrote of the sheet stays, unless that is what changed.
        return changed.text if changed.sheet != found.sheet else f"{match['prefix'] or ''}{changed.place}"

    return _PIECE.sub(replace, formula)


def references(formula: str) -> list[Reference]:
    """Every reference of a formula, in the order of its text."""
    return [found for match in _PIECE.finditer(formula) if (found := _reference(match))]


def _reference(match: re.Match[str]) -> Reference | None:
    prefix, place, spill = match.groups()
    return _parsed(prefix, place, spill) if place else None


@lru_cache(maxsize=65_536)  # a column's formulas name the same cells over and over
def _parsed(prefix: str | None, place: str, spill: str | None) -> Reference | None:
    ends = tuple(_end(part) for part in place.split(":"))
    if any(end.row > LAST_ROW or end.column > LAST_COLUMN or not (end.row or end.column) for end in ends):
        return None
    sheet = None if prefix is None else unquoted(prefix[:-1])
    return Reference(sheet, ends, spill or "")


def _end(text: str) -> End:
    match = _END.fullmatch(text)
    if not match:
        raise ValueError(text)
    first, letters, second, digits = match.groups()
    if not letters:
        first, second = "", first
    return End(column_number(letters), int(digits or 0), first, second)


def quoted(sheet: str) -> str:
    """A sheet's name as formulas write it: in quotes unless it is a plain word that reads as nothing else."""
    if _PLAIN_SHEET.fullmatch(sheet) and not _CELL_LIKE.fullmatch(sheet):
        return sheet
    doubled = sheet.replace("'", "''")
    return f"'{doubled}'"


def unquoted(sheet: str) -> str:
    """The name of a sheet as formulas write it."""
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
