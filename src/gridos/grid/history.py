"""
What can be taken back, and by whom.

Each batch leaves the steps that undo it; taking it back leaves those that redo it. Steps name places as they were when
the batch was applied, so the moves since are kept too: a person's typing can be undone although somebody else has
inserted a row above it meanwhile. Everything here follows from the log alone, so every process knows the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gridos.errors import BadEdit
from gridos.grid.address import CellRef
from gridos.grid.drafting import CHANGED_SINCE, Images, Step
from gridos.grid.moves import Move, without_undone

MAX_RECORDS = 500
MAX_IMAGES = 200_000
"""All people's batches of a workbook together; the oldest are forgotten first."""

MOVED_SINCE = "Rows, columns or sheets were changed since, so this cannot be taken back or repeated."


@dataclass(frozen=True)
class Record:
    """
    A batch that can be undone, or redone when `is_undone`.

    `batch` is its seq, `depth` the number of moves the workbook had seen when `steps` were collected.
    """

    batch: int
    actor: str
    steps: tuple[Step, ...]
    depth: int
    is_undone: bool = False

    @property
    def size(self) -> int:
        """How many values it keeps."""
        return sum(step.size for step in self.steps if isinstance(step, Images))

    @property
    def cells(self) -> set[CellRef]:
        """The cells whose inputs it gives back."""
        return {cell for step in self.steps if isinstance(step, Images) for cell in step.parts.get("inputs", ())}


@dataclass
class History:
    """Records in the order their steps were collected, and the moves since the oldest of them."""

    records: list[Record]
    moves: list[Move]
    first_move: int = 0
    """How many moves were forgotten before those in `moves`."""

    def newest(self, actor: str, *, is_undone: bool) -> int | None:
        """The batch that this person's undo takes back, or whose redo comes next."""
        own = (one.batch for one in reversed(self.records) if one.actor == actor and one.is_undone == is_undone)
        return next(own, None)

    def steps(self, batch: int | None, *, is_undone: bool) -> tuple[Step, ...]:
        """The steps that take a batch back, or repeat it, in terms of where places are now."""
        record = next((one for one in self.records if one.batch == batch and one.is_undone == is_undone), None)
        if record is None:
            raise BadEdit("There is nothing left to redo." if is_undone else "There is nothing left to undo.")
        since = without_undone(self.moves[record.depth - self.first_move :])
        if since and not all(isinstance(step, Images) for step in record.steps):
            raise BadEdit(MOVED_SINCE)
        return tuple(_moved(step, since) for step in record.steps)

    def add(self, batch: int, actor: str, back: tuple[Step, ...], moves: Iterable[Move]) -> None:
        """A new batch was applied. What its author had taken back before cannot be redone any more."""
        self.records = [one for one in self.records if one.actor != actor or not one.is_undone]
        self._append(Record(batch, actor, back, 0), moves)

    def turn(self, batch: int | None, back: tuple[Step, ...], moves: Iterable[Move]) -> None:
        """A batch was taken back, or repeated: `back` does the opposite."""
        record = next(one for one in self.records if one.batch == batch)
        self.records.remove(record)
        self._append(replace(record, steps=back, is_undone=not record.is_undone), moves)

    def find(self, batch: int | None) -> Record | None:
        """What is kept of a batch."""
        return next((one for one in self.records if one.batch == batch), None)

    def _append(self, record: Record, moves: Iterable[Move]) -> None:
        self.moves += moves
        self.records.append(replace(record, depth=self.first_move + len(self.moves)))
        kept = sum(one.size for one in self.records)
        while len(self.records) > MAX_RECORDS or (self.records and kept > MAX_IMAGES):
            kept -= self.records.pop(0).size
        needed = min((one.depth for one in self.records), default=self.first_move + len(self.moves))
        del self.moves[: needed - self.first_move]
        self.first_move = needed


def _moved(step: Step, moves: list[Move]) -> Step:
    for move in moves:
        if isinstance(step, Images):
            found = step.moved(move)
            if found is None:
                raise BadEdit(CHANGED_SINCE)
            step = found
    return step
