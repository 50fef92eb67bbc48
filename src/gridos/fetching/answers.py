"""Keeps answers in memory, and decides how long each may be shown before upstream is asked again."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final, NamedTuple
from uuid import UUID

from gridos.formulas import Answer, AnswerValue, Call
from gridos.grid import CellError
from gridos.plugins.kernel import GOOD_FOR

MOST: Final = 50_000
"""Answers kept; the one that was used least recently goes first."""

REFUSED_FOR: Final = 600.0
OTHER_FOR: Final = 300.0
LIMITED_FOR: Final = 60.0
RETRY_FIRST: Final = 15.0
RETRY_LAST: Final = 300.0


class Key(NamedTuple):
    """What an answer belongs to. The version moves with every change of a secret, so no replaced key finds it."""

    connection: UUID
    version: int
    call: Call


class Failure(Enum):
    """How an error behaves over time."""

    REFUSED = auto()
    """The connection itself is at fault: nothing helps but a change of it."""
    LIMITED = auto()
    """Passes at `retry_at`, and is not asked again before. An earlier value stays."""
    PASSING = auto()
    """Tried again soon, then ever later. An earlier value stays."""
    BROKEN = auto()
    """Tried again as a passing one, but no earlier value hides it."""
    OTHER = auto()
    """Depends on what was asked for."""


_RETRIED: Final = {Failure.LIMITED, Failure.PASSING, Failure.BROKEN}


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and until when it need not be asked for again. `failures` in a row have happened since `since`."""

    answer: Answer
    until: float
    failure: Failure | None = None
    failures: int = 0
    since: float = 0.0


class Answers:
    """The answers of all connections."""

    def __init__(self, clock: Callable[[], float], most: int = MOST) -> None:
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._clock = clock
        self._most = most

    def find(self, key: Key, *, fresh: bool = False) -> Answer | None:
        """The answer that is good enough; `fresh` passes over one that is merely young, but not over a limit."""
        kept = self._kept.get(key)
        if kept is None or self._clock() >= kept.until or (fresh and kept.failure is not Failure.LIMITED):
            return None
        self._kept.move_to_end(key)
        return kept.answer

    def peek(self, key: Key) -> Answer | None:
        """The answer at hand. A value that is no longer young is marked stale; such an error is not shown again."""
        kept = self._kept.get(key)
        if kept is None or self._clock() < kept.until:
            return kept and kept.answer
        return None if isinstance(kept.answer.value, CellError) else replace(kept.answer, stale=True)

    def earlier(self, key: Key) -> AnswerValue:
        """The value that is kept, however old; None where there is none, or an error."""
        kept = self._kept.get(key)
        return None if kept is None or isinstance(kept.answer.value, CellError) else kept.answer.value

    def keep(self, key: Key, outcome: AnswerValue | CellError, good_for: float = GOOD_FOR) -> Answer:
        """Keep what came back, and say what to show: the earlier value, if there is one, on a passing failure."""
        before = self._kept.pop(key, None)
        now = self._clock()
        kept = _failed(outcome, before, now) if isinstance(outcome, CellError) else _good(outcome, now, good_for)
        self._kept[key] = kept
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return kept.answer

    def forget(self, connection: UUID) -> None:
        """Drop every answer of a connection."""
        for key in [key for key in self._kept if key.connection == connection]:
            del self._kept[key]


def classify(error: CellError) -> Failure:
    """The behaviour of an error, told by its text: plugins give such errors too."""
    word = error.code.removesuffix("!").rpartition("_")[2]
    match word:
        case "AUTH" | "FORBIDDEN":
            return Failure.REFUSED
        case "429" | "LIMIT":
            return Failure.LIMITED
        case "OFFLINE":
            return Failure.PASSING
        case "ERROR" | "#VAULT":
            return Failure.BROKEN
        case _:
            return Failure.PASSING if len(word) == len("500") and word.isdigit() and word[0] == "5" else Failure.OTHER


def _good(value: AnswerValue, now: float, good_for: float) -> Kept:
    return Kept(Answer(value, fetched_at=now), now + good_for)


def _failed(error: CellError, before: Kept | None, now: float) -> Kept:
    failure = classify(error)
    again = before if before and before.failure in _RETRIED else None
    failures, since = (again.failures + 1, again.since) if again else (1, now)
    until = _until(error, failure, failures, now)
    if failure in {Failure.LIMITED, Failure.PASSING} and before and not isinstance(before.answer.value, CellError):
        answer = replace(before.answer, stale=True)
    else:
        answer = Answer(_explained(error, failure, since, until), fetched_at=now)
    return Kept(answer, until, failure, failures, since)


def _until(error: CellError, failure: Failure, failures: int, now: float) -> float:
    match failure:
        case Failure.REFUSED:
            return now + REFUSED_FOR
        case Failure.LIMITED:
            return now + LIMITED_FOR if error.retry_at is None else error.retry_at
        case Failure.PASSING | Failure.BROKEN:
            return now + min(RETRY_FIRST * 2 ** min(failures - 1, 10), RETRY_LAST)
        case Failure.OTHER:
            return now + OTHER_FOR


def _explained(error: CellError, failure: Failure, since: float, until: float) -> CellError:
    """Says since when and when next, where something happens by itself."""
    if failure not in _RETRIED:
        return error
    moment = f" Since {datetime.fromtimestamp(since, UTC):%H:%M} UTC." if failure is Failure.PASSING else ""
    return replace(error, detail=(error.detail + moment).strip(), retry_at=until)
