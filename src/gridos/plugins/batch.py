"""Asking for many things at once, where upstream can."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import msgspec

from gridos.grid import CellError

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

    async def run(self, calls: Sequence[Sequence[Any]]) -> list[Any]:
        """The results as JSON, like everything that a source gives; `read_results` reads them."""
        return [_written(result) for result in await self.function(calls)]


class _Result(msgspec.Struct):
    value: Any = None
    error: CellError | None = None


def _written(result: Any) -> Any:
    if result is None:
        return None
    return {"error": asdict(result)} if isinstance(result, CellError) else {"value": result}


def read_results(written: object, count: int) -> list[Any]:
    """
    What each of so many calls of a batch brought: a value or a CellError; None if it was left open.

    All are left open if this is not what `Batch.run` gives, as a plugin in a process of its own might claim.
    """
    try:
        results = msgspec.convert(written, list[_Result | None])
    except msgspec.ValidationError:
        results = []
    if len(results) != count:
        return [None] * count
    return [result and (result.error or result.value) for result in results]
