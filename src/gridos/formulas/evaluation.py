"""The values that go into a formula book and come out of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from gridos.grid import CellError, CellRef, Scalar, Shown

AnswerValue: TypeAlias = Scalar | list[list[Scalar]]
"""What a function gives: one value, or a rectangle of them that spills."""


# A tuple, because it is looked up a dozen times for every live cell of a pass, and a tuple's hash is the quickest.
class Call(NamedTuple):
    """One live function with its evaluated arguments. `arguments` is a JSON list, so that TRUE and 1 stay apart."""

    function: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a call, or why nothing did. `fetched_at` is in POSIX seconds."""

    value: AnswerValue | CellError
    stale: bool = False
    fetched_at: float | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """
    A plugin's function as a formula book sees it.

    `run` is the Python function of a pure one and None of a live one, whose answers arrive later. A function with
    `unavailable` set always gives that error (its plugin is not installed, say) and is neither run nor asked.
    """

    name: str
    plugin: str
    run: Callable[..., object] | None = None
    unavailable: CellError | None = None

    @property
    def live(self) -> bool:
        """Whether its answers come from outside the recalculation."""
        return self.run is None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    What one pass changed, and what it still waits for.

    `changes` holds only cells that show something else than before; a cell that became empty is `BLANK`.
    `waiting` maps each unanswered call to the cells that wait for it.
    """

    changes: Mapping[CellRef, Shown] = field(default_factory=dict[CellRef, Shown])
    waiting: Mapping[Call, frozenset[CellRef]] = field(default_factory=dict[Call, frozenset[CellRef]])


@dataclass(frozen=True, slots=True)
class Probe:
    """What formulas would show, in the order they were asked, and the calls that still wait for an answer."""

    results: list[Shown]
    waiting: frozenset[Call]
