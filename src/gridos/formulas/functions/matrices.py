"""Linear algebra, in plain Python and therefore small."""

from collections.abc import Callable, Mapping
from math import isclose
from typing import Any

from gridos.formulas.functions.arrays import table
from gridos.formulas.functions.refusing import Refusal, scalar, whole

MAX_SIDE = 200


def mmult(left: Any, right: Any) -> list[list[float]]:
    """The product of two matrices."""
    one, other = _matrix(left), _matrix(right)
    if len(one[0]) != len(other):
        raise Refusal("Value")
    columns = list(zip(*other, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in one]


def munit(size: Any) -> list[list[float]]:
    """The unit matrix of a size."""
    side = whole(size)
    if side < 1:
        raise Refusal("Value")
    if side > MAX_SIDE:
        raise Refusal("Num")
    return [[float(row == column) for column in range(side)] for row in range(side)]


def mdeterm(value: Any) -> float:
    """A square matrix's determinant."""
    return _eliminated(_square(value), [])


def minverse(value: Any) -> list[list[float]]:
    """The inverse of a square matrix; `#NUM!` when it has none."""
    matrix = _square(value)
    inverse = munit(float(len(matrix)))
    if _eliminated(matrix, inverse) == 0:
        raise Refusal("Num")
    return inverse


def _matrix(value: Any) -> list[list[float]]:
    rows = table(value)
    if max(len(rows), len(rows[0])) > MAX_SIDE:
        raise Refusal("Num")
    return [[_entry(part) for part in row] for row in rows]


def _entry(part: Any) -> float:
    entry = scalar(part)
    if isinstance(entry, bool) or not isinstance(entry, float):
        raise Refusal("Value")
    return entry


def _square(value: Any) -> list[list[float]]:
    matrix = _matrix(value)
    if len(matrix) != len(matrix[0]):
        raise Refusal("Value")
    return matrix


def _eliminated(matrix: list[list[float]], beside: list[list[float]]) -> float:
    """Turn `matrix` into the unit matrix by Gauss and Jordan, `beside` likewise; the determinant, 0 when singular."""
    side, determinant = len(matrix), 1.0
    scale = max(abs(entry) for row in matrix for entry in row)
    for step in range(side):
        best = max(range(step, side), key=lambda row: abs(matrix[row][step]))
        pivot = matrix[best][step]
        if isclose(pivot, 0, abs_tol=scale * 1e-15):
            return 0.0
        for part in (matrix, beside):
            if part:
                part[step], part[best] = part[best], part[step]
        determinant *= pivot if best == step else -pivot
        _clear(matrix, beside, step)
    return determinant


def _clear(matrix: list[list[float]], beside: list[list[float]], step: int) -> None:
    pivot = matrix[step][step]
    factors = [row[step] for row in matrix]
    for part in (matrix, beside):
        if part:
            part[step] = [entry / pivot for entry in part[step]]
            for row, factor in enumerate(factors):
                if row != step and factor:
                    part[row] = [a - factor * b for a, b in zip(part[row], part[step], strict=True)]


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "MMULT": mmult,
    "MUNIT": munit,
    "MDETERM": mdeterm,
    "MINVERSE": minverse,
}
"""The formulas of these names, with Excel's arguments."""
