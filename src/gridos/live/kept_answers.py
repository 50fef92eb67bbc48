"""The last good answers of a workbook, kept with it so that a viewer, or a restart, need not ask again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gridos.formulas import Answer, Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer, and the connection it was given on. It is worth nothing once that connection has moved."""

    answer: Answer
    connection: UUID
    version: int

    def is_given_on(self, ref: ConnectionRef | None) -> bool:
        """Whether it came over this very connection at this very version."""
        return ref is not None and (self.connection, self.version) == (ref.id, ref.version)


def keep(answer: Answer, ref: ConnectionRef | None) -> KeptAnswer | None:
    """What to keep of an answer; nothing of an error."""
    if ref is None or isinstance(answer.value, CellError):
        return None
    return KeptAnswer(answer, ref.id, ref.version)


def kept_to_json(kept: Mapping[Call, KeptAnswer], used: Iterable[Call]) -> list[list[Any]]:
    """The answers of the calls in use, for a snapshot."""
    return [
        [call.function, call.arguments, one.answer.value, one.answer.fetched_at, str(one.connection), one.version]
        for call in used
        if (one := kept.get(call))
    ]


def kept_from_json(data: Iterable[list[Any]]) -> dict[Call, KeptAnswer]:
    """The answers of a snapshot, all of them stale by now."""
    return {
        Call(function, arguments): KeptAnswer(Answer(value, stale=True, fetched_at=at), UUID(connection), version)
        for function, arguments, value, at, connection, version in data
    }
