"""An .xlsx file with nothing but sheets: the only way to give the engine its sheets without a stray `Sheet1`."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from openpyxl import Workbook


def skeleton_xlsx(sheets: Iterable[str]) -> bytes:
    """The bytes of a workbook whose sheets have these names, in this order, and are empty."""
    workbook: Any = Workbook()  # openpyxl ships no types
    workbook.remove(workbook.active)
    for name in sheets:
        workbook.create_sheet(name)
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()
