"""Sheets of a workbook."""

from typing import NamedTuple


class Sheet(NamedTuple):
    """One sheet: its name as shown, and how many rows and columns the browser offers."""

    name: str
    rows: int = 1_000
    columns: int = 26
