"""The last good answers of a workbook, kept with it so that a viewer, or a restart, need not ask again."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gridos.formulas import Answer, Call
from gridos.grid import CellError
from gridos.live.asking import RETRY_SECONDS, Arrival
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


class KeptAnswers:
    """What one open workbook keeps, and when it asks again for what failed or is stale."""

    def __init__(
        self,
        kept: Mapping[Call, KeptAnswer],
        plugin_of: Callable[[Call], str | None],
        ask: Callable[[Iterable[Call]], object],
    ) -> None:
        self._kept = dict(kept)
        self._plugin_of = plugin_of
        self._ask = ask
        self._refs: dict[str, ConnectionRef] = {}
        self._retry_at: dict[Call, float] = {}
        self._retry: asyncio.TimerHandle | None = None

    def outdated(self, calls: Iterable[Call], newer_than: float) -> list[Call]:
        """Those whose answer is stale or older than the owner allows, and not due to be asked again anyway."""
        return [call for call in calls if call not in self._retry_at and self._is_outdated(call, newer_than)]

    def _is_outdated(self, call: Call, newer_than: float) -> bool:
        kept = self._kept.get(call)
        return kept is not None and (kept.answer.stale or (kept.answer.fetched_at or 0) < newer_than)

    def take(self, arrivals: Mapping[Call, Arrival]) -> dict[Call, Answer]:
        """Keep what came over connections that have not moved since, and give those answers."""
        current = {
            call: one for call, one in arrivals.items() if self._is_current(one.ref) and self._is_news(call, one)
        }
        for call, arrival in current.items():
            self._keep(call, arrival)
        self._retry_soon()
        return {call: arrival.answer for call, arrival in current.items()}

    def _is_current(self, ref: ConnectionRef | None) -> bool:
        known = ref and self._refs.get(ref.plugin)
        return known is None or ref is None or ref.version >= known.version

    def _is_news(self, call: Call, arrival: Arrival) -> bool:
        """What is shown until there is a newer answer must be newer than what is shown already."""
        kept = self._kept.get(call)
        return arrival.is_last or kept is None or (kept.answer.fetched_at or 0) < (arrival.answer.fetched_at or 0)

    def _keep(self, call: Call, arrival: Arrival) -> None:
        answer, ref = arrival.answer, arrival.ref
        failure = answer.value if isinstance(answer.value, CellError) else None
        self._kept.pop(call, None)
        if ref and not failure:
            self._kept[call] = KeptAnswer(answer, ref.id, ref.version)
        retry_at = time.time() + RETRY_SECONDS if answer.stale else failure and failure.retry_at
        self._retry_at.pop(call, None)
        if not arrival.is_last:
            return
        if retry_at is not None:
            self._retry_at[call] = retry_at

    def _retry_soon(self) -> None:
        self.close()
        if self._retry_at:
            delay = min(self._retry_at.values()) - time.time()
            self._retry = asyncio.get_running_loop().call_later(max(delay, 1.0), self._ask_again)

    def _ask_again(self) -> None:
        due = [call for call, at in self._retry_at.items() if at <= time.time() + 1.0]
        for call in due:
            del self._retry_at[call]
        self._ask(due)

    def moved(self, ref: ConnectionRef) -> None:
        """A connection is at this version now; what comes over an earlier one counts no more."""
        self._refs[ref.plugin] = ref

    def forget_earlier(self, ref: ConnectionRef) -> None:
        """Drop what came over a connection before it moved."""
        self._kept = {
            call: one for call, one in self._kept.items() if self._plugin_of(call) != ref.plugin or one.is_given_on(ref)
        }

    def to_json(self, used: Iterable[Call]) -> list[list[Any]]:
        """The answers of the calls in use, for a snapshot."""
        return [
            [call.function, call.arguments, one.answer.value, one.answer.fetched_at, str(one.connection), one.version]
            for call in used
            if (one := self._kept.get(call))
        ]

    def close(self) -> None:
        """Ask nothing again."""
        if self._retry:
            self._retry.cancel()


def kept_from_json(data: Iterable[list[Any]]) -> dict[Call, KeptAnswer]:
    """The answers of a snapshot, all of them stale by now."""
    return {
        Call(function, arguments): KeptAnswer(Answer(value, stale=True, fetched_at=at), UUID(connection), version)
        for function, arguments, value, at, connection, version in data
    }
