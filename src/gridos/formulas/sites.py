"""Call sites: which formulas call plugin functions, what each asked when it ran last, and what went wrong there."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from gridos.formulas.evaluation import Answer, Call
from gridos.grid import CellError, CellRef


class Freshness(NamedTuple):
    """How old what a site shows is: when its oldest answer arrived, and whether any is known to be old."""

    fetched_at: float | None
    stale: bool


class Sites:
    """
    One numbered site for each cell whose formula calls plugin functions.

    A call stays with its site until the formula runs again. When a condition around it turns false it is not run,
    and lingers: at worst one needless fetch.
    """

    def __init__(self) -> None:
        self._numbers: dict[CellRef, int] = {}
        self._cells: dict[int, CellRef] = {}
        self._users: dict[Call, set[int]] = defaultdict(set)
        self._calls: dict[int, set[Call]] = defaultdict(set)
        self._failures: dict[int, CellError] = {}
        self._last_pass: dict[int, int] = {}
        self._pass = 0
        self._numbered = 0

    def number(self, cell: CellRef) -> int:
        """The site of a cell; it gets one on first need."""
        number = self._numbers.setdefault(cell, len(self._numbers) + 1)
        self._cells[number] = cell
        return number

    def begin_pass(self) -> range:
        """From now on a site that runs forgets what it asked before. Gives the numbers that are new in this pass."""
        self._pass += 1
        new = range(self._numbered + 1, len(self._numbers) + 1)
        self._numbered = len(self._numbers)
        return new

    def enter(self, number: int) -> None:
        """A function at this site runs."""
        if self._last_pass.get(number) != self._pass:
            self._last_pass[number] = self._pass
            self._forget(number)

    def uses(self, number: int, call: Call) -> None:
        """The site needs this call's answer."""
        self._users[call].add(number)
        self._calls[number].add(call)

    def fails(self, number: int, failure: CellError) -> None:
        """A function at this site failed; the first failure of a run is the one that shows."""
        self._failures.setdefault(number, failure)

    def forget(self, cell: CellRef) -> None:
        """The cell's formula is another one now, or none."""
        if number := self._numbers.get(cell):
            self._forget(number)

    def failure(self, cell: CellRef) -> CellError | None:
        """What failed at the cell's own site."""
        return self._failures.get(self._numbers.get(cell, 0))

    def calls(self, cell: CellRef) -> Iterable[Call]:
        """What the cell asked in its last run."""
        return self._calls.get(self._numbers.get(cell, 0), ())

    def users(self, calls: Iterable[Call]) -> dict[int, CellRef]:
        """The sites that asked any of these calls, with their cells."""
        return {number: self._cells[number] for call in calls for number in self._users.get(call, ())}

    def is_used(self, call: Call) -> bool:
        """Whether any site needs this call's answer."""
        return bool(self._users.get(call))

    def used(self) -> dict[Call, frozenset[CellRef]]:
        """Every call that a site needs, with the cells of those sites."""
        return {call: frozenset(self._cells[number] for number in numbers) for call, numbers in self._users.items()}

    def freshness(self, cell: CellRef, answer_to: Callable[[Call], Answer | None]) -> Freshness:
        """The age of the cell's own answers."""
        found = [answer for call in self.calls(cell) if (answer := answer_to(call))]
        if len(found) == 1:
            return Freshness(found[0].fetched_at, found[0].stale)
        times = [answer.fetched_at for answer in found if answer.fetched_at is not None]
        return Freshness(min(times, default=None), any(answer.stale for answer in found))

    def _forget(self, number: int) -> None:
        self._failures.pop(number, None)
        for call in self._calls.pop(number, ()):
            self._users[call].discard(number)
            if not self._users[call]:
                del self._users[call]
