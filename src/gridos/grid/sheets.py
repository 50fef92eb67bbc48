"""Sheets of a workbook."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from gridos.errors import BadEdit

_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_LONGEST = 31


class Sheet(NamedTuple):
    """
    One sheet: its name as shown, and how many rows and columns the browser offers.

    `id` never changes and is never given twice within a workbook; 0 means that the book has not given one yet.
    """

    name: str
    rows: int = 1_000
    columns: int = 26
    id: int = 0


def check_sheet_name(name: str, others: Iterable[str]) -> None:
    """Raise BadEdit for a name that no sheet may have beside these others. The rules are Excel's."""
    if not 1 <= len(name) <= _LONGEST:
        raise BadEdit(f"A sheet's name has 1 to {_LONGEST} characters.")
    if _FORBIDDEN.search(name) or not name.isprintable() or name.startswith("'") or name.endswith("'"):
        raise BadEdit("A sheet's name contains none of [ ] : * ? / \\ and has no quote at its ends.")
    if name.startswith("__") or name != name.strip():
        raise BadEdit("A sheet's name does not start with two underscores, and has no blanks at its ends.")
    if name.casefold() in {other.casefold() for other in others}:
        raise BadEdit("This workbook has a sheet of that name already.")
