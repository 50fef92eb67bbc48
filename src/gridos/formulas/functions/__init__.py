"""
Functions the engine lacks, gets wrong, or would run out of memory with.

Each takes and gives what `crossing` describes. A function that refuses raises `Refusal`; `guarded` makes it an error
value, and keeps any other exception's text away from the engine.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gridos.formulas.functions import arrays, matrices, patterns, texts
from gridos.formulas.functions.refusing import Refusal

OWN: Mapping[str, Callable[..., Any]] = {
    **arrays.FUNCTIONS,
    **matrices.FUNCTIONS,
    **patterns.FUNCTIONS,
    **texts.FUNCTIONS,
}
"""Registered in every workbook, also over the engine's own. RAND and SHEETS know their book: `of_a_book`."""


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which gives an error value where it would raise."""

    def called(*values: Any) -> Any:
        try:
            return function(*values)
        except Refusal as refusal:
            return refusal.error
        except Exception:  # noqa: BLE001 -- nothing may raise inside the engine
            return Refusal("Value").error

    return called
