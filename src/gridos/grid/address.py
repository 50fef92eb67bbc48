"""Addresses of cells and ranges. Rows and columns count from 1, as on screen."""

import re
from typing import NamedTuple

from gridos.errors import BadAddress

MAX_ROWS = 100_000
MAX_COLUMNS = 1_000

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_ROWS = re.compile(r"\$?([1-9][0-9]{0,6}):\$?([1-9][0-9]{0,6})")


class CellRef(NamedTuple):
    """One cell of one sheet."""

    sheet: str
    row: int
    column: int

    @property
    def a1(self) -> str:
        """The address a person reads, without its sheet: `B2`."""
        return f"{column_letters(self.column)}{self.row}"


class CellRange(NamedTuple):
    """A rectangle of one sheet; both corners belong to it."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    def __contains__(self, cell: object) -> bool:
        return (
            isinstance(cell, CellRef)
            and cell.sheet == self.sheet
            and self.top <= cell.row <= self.bottom
            and self.left <= cell.column <= self.right
        )

    @property
    def a1(self) -> str:
        """The address a person reads, without its sheet: `A1:C20`."""
        return f"{column_letters(self.left)}{self.top}:{column_letters(self.right)}{self.bottom}"

    @property
    def size(self) -> int:
        """How many cells it covers."""
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)


def column_letters(number: int) -> str:
    """`1` → `A`, `27` → `AA`."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """`A` → `1`, `AA` → `27`; any case."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def parse_cell(sheet: str, text: str) -> CellRef:
    """`B2` or `$B$2`; BadAddress for anything else and for what lies outside the largest sheet."""
    match = _CELL.fullmatch(text.strip())
    if not match:
        raise BadAddress
    return CellRef(sheet, _within(int(match[2]), MAX_ROWS), _within(column_number(match[1]), MAX_COLUMNS))


def parse_range(sheet: str, text: str) -> CellRange:
    """`A1:C20`, `A1`, `A:C` or `1:3`, corners in any order; BadAddress for anything else."""
    text = text.strip()
    if match := _COLUMNS.fullmatch(text):
        first, last = sorted(_within(column_number(part), MAX_COLUMNS) for part in match.groups())
        return CellRange(sheet, 1, first, MAX_ROWS, last)
    if match := _ROWS.fullmatch(text):
        first, last = sorted(_within(int(part), MAX_ROWS) for part in match.groups())
        return CellRange(sheet, first, 1, last, MAX_COLUMNS)
    start, colon, end = text.partition(":")
    a, b = parse_cell(sheet, start), parse_cell(sheet, end if colon else start)
    return CellRange(sheet, min(a.row, b.row), min(a.column, b.column), max(a.row, b.row), max(a.column, b.column))


def _within(number: int, limit: int) -> int:
    if number > limit:
        raise BadAddress(f"A sheet has {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns. This address lies outside it.")
    return number
