"""Asking for many things at once, where upstream can."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

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
        """The results as JSON, like everything that a source gives; `read_result` reads one."""
        return [_written(result) for result in await self.function(calls)]


def _written(result: Any) -> Any:
    if result is None:
        return None
    return {"error": asdict(result)} if isinstance(result, CellError) else {"value": result}


def read_result(written: Any) -> Any:
    """What one call of a batch brought: a value or a CellError; None if it was left open."""
    if written is None:
        return None
    return CellError(**written["error"]) if "error" in written else written["value"]
