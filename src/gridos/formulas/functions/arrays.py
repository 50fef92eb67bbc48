"""Functions that build or reshape tables, each bounded: the engine's own take all memory when asked for too much."""

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any, TypeAlias, cast

from gridos.formulas.functions.refusing import Refusal, number, whole

Table: TypeAlias = list[list[Any]]

MAX_SIDE = 16_000
MAX_CELLS = 1_000_000

_NA = Refusal("Na").error
_BLANKS, _ERRORS, _BOTH = 1, 2, 3


def table(value: Any) -> Table:
    """A table of any argument; one value is a table of one."""
    return cast("Table", value) if isinstance(value, list) else [[value]]


def bounded(rows: int, columns: int) -> None:
    """Refuse a table that is too large, or empty."""
    if rows < 1 or columns < 1:
        raise Refusal("Calc")
    if max(rows, columns) > MAX_SIDE or rows * columns > MAX_CELLS:
        raise Refusal("Num")


def transpose(value: Any) -> Table:
    """Rows become columns."""
    rows = table(value)
    bounded(len(rows), len(rows[0]))
    return [list(column) for column in zip(*rows, strict=True)]


def tocol(value: Any, ignore: Any = None, by_column: Any = None) -> Table:
    """All values in one column, row by row."""
    return [[part] for part in _line(value, ignore, by_column)]


def torow(value: Any, ignore: Any = None, by_column: Any = None) -> Table:
    """All values in one row, row by row."""
    return [_line(value, ignore, by_column)]


def _line(value: Any, ignore: Any, by_column: Any) -> list[Any]:
    rows = table(value)
    if len(rows) * len(rows[0]) > MAX_CELLS:
        raise Refusal("Num")
    skipped = whole(ignore)
    lines = zip(*rows, strict=True) if number(by_column) else rows
    line = [part for parts in lines for part in parts if not _is_skipped(part, skipped)]
    bounded(len(line), 1)
    return line


def _is_skipped(part: Any, skipped: int) -> bool:
    blank = part is None and skipped in {_BLANKS, _BOTH}
    return blank or (isinstance(part, dict) and skipped in {_ERRORS, _BOTH})


def vstack(*values: Any) -> Table:
    """Tables below one another; `#N/A` fills what is narrower."""
    tables = [table(value) for value in values]
    width = max(len(rows[0]) for rows in tables)
    bounded(sum(len(rows) for rows in tables), width)
    return [row + [_NA] * (width - len(row)) for rows in tables for row in rows]


def hstack(*values: Any) -> Table:
    """Tables beside one another; `#N/A` fills what is shorter."""
    tables = [table(value) for value in values]
    height = max(len(rows) for rows in tables)
    bounded(height, sum(len(rows[0]) for rows in tables))
    full = [rows + [[_NA] * len(rows[0])] * (height - len(rows)) for rows in tables]
    return [[part for row in line for part in row] for line in zip(*full, strict=True)]


def wraprows(value: Any, count: Any, pad: Any = _NA) -> Table:
    """A row or column, broken into rows of `count` values."""
    line, size = _vector(value), whole(count)
    if size < 1:
        raise Refusal("Num")
    bounded(-(-len(line) // size), min(size, len(line)))
    if size >= len(line):
        return [line]
    return [list(row) for row in zip_longest(*[iter(line)] * size, fillvalue=pad)]


def wrapcols(value: Any, count: Any, pad: Any = _NA) -> Table:
    """A row or column, broken into columns of `count` values."""
    return transpose(wraprows(value, count, pad))


def _vector(value: Any) -> list[Any]:
    rows = table(value)
    if len(rows) > 1 and len(rows[0]) > 1:
        raise Refusal("Value")
    return [part for row in rows for part in row]


def expand(value: Any, rows: Any = None, columns: Any = None, pad: Any = _NA) -> Table:
    """A table made larger; `pad` fills what is new."""
    source = table(value)
    height, width = whole(rows) or len(source), whole(columns) or len(source[0])
    if height < len(source) or width < len(source[0]):
        raise Refusal("Value")
    bounded(height, width)
    wide = [row + [pad] * (width - len(row)) for row in source]
    return wide + [[pad] * width for _ in range(height - len(source))]


def sequence(rows: Any, columns: Any = 1.0, start: Any = 1.0, step: Any = 1.0) -> Table:
    """Numbers that grow by `step`, row by row."""
    # The engine passes 0 for an argument left out before another one.
    height, width, first, by = whole(rows) or 1, whole(columns) or 1, number(start), number(step)
    if height < 0 or width < 0:
        raise Refusal("Value")
    bounded(height, width)
    return [[first + by * (row * width + column) for column in range(width)] for row in range(height)]


def trimrange(value: Any, rows: Any = 3.0, columns: Any = 3.0) -> Table:
    """A range without its blank edges: 1 leading, 2 trailing, 3 both, 0 neither. It sees values only."""
    trimmed = _trimmed(table(value), whole(rows))
    return transpose(_trimmed(transpose(trimmed), whole(columns)))


def _trimmed(rows: Table, mode: int) -> Table:
    filled = [index for index, row in enumerate(rows) if any(part is not None for part in row)]
    if not filled:
        raise Refusal("Ref")
    start = filled[0] if mode in {1, 3} else 0
    end = filled[-1] + 1 if mode in {2, 3} else len(rows)
    return rows[start:end]


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "TRANSPOSE": transpose,
    "TOCOL": tocol,
    "TOROW": torow,
    "VSTACK": vstack,
    "HSTACK": hstack,
    "WRAPROWS": wraprows,
    "WRAPCOLS": wrapcols,
    "EXPAND": expand,
    "SEQUENCE": sequence,
    "TRIMRANGE": trimrange,
}
"""The formulas of these names, with Excel's arguments."""
