"""Asking for many things at once, where upstream can."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

AskTogether: TypeAlias = Callable[[Sequence[Sequence[Any]]], Coroutine[Any, Any, Sequence[Any]]]
"""
Takes the arguments of several calls of one source and gives as many results, in the same order.

A result is what the source would answer, or a CellError in its place. None asks for that call alone, and so does
whatever is raised for all of them.
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """
    How calls of a source are asked for together: as soon as `least` of them wait at once, `most` at a time.

    `name` is what the running batch itself is called; no source or function can have such a name.
    """

    name: str
    function: AskTogether
    least: int
    most: int
