"""
An .xlsx file with nothing but sheets and defined names.

It is the only way to give the engine names at all, and its sheets without a stray `Sheet1`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName


def skeleton_xlsx(sheets: Sequence[str], names: Mapping[str, str]) -> bytes:
    """The bytes of a workbook whose sheets have these names, in this order, and are empty, with defined names."""
    return _written(tuple(sheets), tuple(names.items()))


# Most workbooks that are opened have one sheet and no names, and writing a file takes longer than filling it.
@lru_cache(maxsize=64)
def _written(sheets: tuple[str, ...], names: tuple[tuple[str, str], ...]) -> bytes:
    workbook: Any = Workbook()  # openpyxl ships no types
    workbook.remove(workbook.active)
    for name in sheets:
        workbook.create_sheet(name)
    for name, refers_to in names:
        workbook.defined_names[name] = DefinedName(name, attr_text=refers_to)
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()
