"""Functions that know which workbook they are in. The dice roll in every pass; the engine's own would not."""

from collections.abc import Callable, Mapping
from math import ceil, floor
from random import Random
from typing import Any

from gridos.formulas.functions.arrays import bounded
from gridos.formulas.functions.refusing import Refusal, number, whole


def random_functions(seed: int) -> Mapping[str, Callable[..., Any]]:
    """RAND, RANDBETWEEN and RANDARRAY over dice of their own; the same seed rolls the same numbers."""
    dice = Random(seed)  # noqa: S311 -- a spreadsheet's dice guard nothing

    def rand() -> float:
        return dice.random()

    def randbetween(low: Any, high: Any) -> float:
        return float(_whole_between(dice, number(low), number(high)))

    def randarray(
        rows: Any = 1.0, columns: Any = 1.0, low: Any = 0.0, high: Any = 1.0, integers: Any = None
    ) -> list[list[float]]:
        height, width, start, end = whole(rows) or 1, whole(columns) or 1, number(low), number(high)
        bounded(height, width)
        if start > end:
            raise Refusal("Value")
        if number(integers):
            return [[float(_whole_between(dice, start, end)) for _ in range(width)] for _ in range(height)]
        return [[dice.uniform(start, end) for _ in range(width)] for _ in range(height)]

    return {"RAND": rand, "RANDBETWEEN": randbetween, "RANDARRAY": randarray}


def _whole_between(dice: Random, low: float, high: float) -> int:
    if ceil(low) > floor(high):
        raise Refusal("Num")
    return dice.randint(ceil(low), floor(high))


def sheets_function(count: int) -> Callable[..., float]:
    """SHEETS: the engine's own would count our hidden one."""

    def sheets(*reference: Any) -> float:
        return 1.0 if reference else float(count)

    return sheets
