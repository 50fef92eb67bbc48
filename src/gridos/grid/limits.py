"""How much a workbook may hold. Edits beyond these are refused before anything is written."""

MAX_USED_CELLS = 1_000_000
MAX_FORMULA_LENGTH = 8_192
MAX_TEXT_LENGTH = 32_767
MAX_SHEETS = 200
MAX_NAMES = 2_000
MAX_FORMATTED = 200_000
"""Cells that one edit may format."""
MAX_WORK = 20_000_000
"""Cells that one batch may look at or write: a thousand insertions into a large workbook would hold up everybody."""
