"""Names that people define for cells, values and formulas of a workbook."""

import re

from gridos.errors import BadEdit
from gridos.grid.address import column_number
from gridos.grid.limits import MAX_FORMULA_LENGTH
from gridos.grid.references import LAST_COLUMN, Reference, rewritten

_NAME = re.compile(r"[^\W\d][\w.]*")
_CELL = re.compile(r"([A-Za-z]{1,3})[0-9]+")
_RESERVED = re.compile(r"R[0-9]*(C[0-9]*)?|C[0-9]*|TRUE|FALSE", re.IGNORECASE)
_LONGEST = 255


def check_name(name: str) -> None:
    """Raise BadEdit for what cannot be a name. Whether it is a function is for those to check who know them."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise BadEdit("A name starts with a letter or _ and goes on with letters, digits, _ and points (255 at most).")
    cell = _CELL.fullmatch(name)
    if name.startswith("__") or _RESERVED.fullmatch(name) or (cell and column_number(cell[1]) <= LAST_COLUMN):
        raise BadEdit("A name cannot read as a cell (A1, R1C1) or a truth value, nor start with two underscores.")


def meaning(refers_to: str) -> str:
    """
    What a name refers to, without the leading `=`, with every reference absolute: a name stands in no cell.

    Raises BadEdit when a reference does not say which sheet it means.
    """
    text = refers_to.strip().removeprefix("=").strip()
    if not text.isprintable() or not 0 < len(text) <= MAX_FORMULA_LENGTH:
        raise BadEdit("A name refers to a range such as Sheet1!A1:B2, or to a formula.")
    return rewritten(text, _absolute)


def _absolute(reference: Reference) -> Reference:
    if reference.sheet is None:
        raise BadEdit("Say which sheet the name means: Sheet1!A1:B2.")
    ends = tuple(
        end._replace(column_dollar="$" if end.column else "", row_dollar="$" if end.row else "")
        for end in reference.ends
    )
    return reference._replace(ends=ends)
