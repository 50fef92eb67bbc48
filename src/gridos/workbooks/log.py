"""The append-only log a workbook is rebuilt from. An edit is acknowledged only after it is in here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from gridos.grid import Edit


@dataclass(frozen=True, slots=True)
class Op:
    """One acknowledged batch of edits. `seq` counts from 1 without gaps within a workbook."""

    seq: int
    actor: UUID | None
    edits: Sequence[Edit]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    A workbook as it was after `seq`, so that opening it need not read the whole log.

    `state` is JSON: the book, and the last answers of its connector cells, which a viewer sees across restarts.
    """

    seq: int
    state: dict[str, Any]


class WorkbookLog(Protocol):
    """Where logs are kept."""

    async def find_head(self, workbook: UUID) -> int | None:
        """The newest seq, or None when the workbook is gone."""
        ...

    async def read(self, workbook: UUID, after: int) -> list[Op]:
        """Everything after a seq, in order."""
        ...

    async def find_seq(self, workbook: UUID, op_id: UUID) -> int | None:
        """The seq of an edit that was acknowledged before, by the id its sender gave it."""
        ...

    async def append(
        self, workbook: UUID, actor: UUID, edits: Sequence[Edit], op_id: UUID, expected: int
    ) -> int | None:
        """
        Add one batch right after `expected` and give its seq; None when the log has moved on meanwhile.

        Raises UnknownWorkbook when the workbook was deleted. What this returns survives any crash.
        """
        ...

    async def find_snapshot(self, workbook: UUID) -> Snapshot | None:
        """The newest snapshot."""
        ...

    async def put_snapshot(self, workbook: UUID, snapshot: Snapshot) -> None:
        """Keep a snapshot and drop older ones."""
        ...
