"""What is kept of a call: its last outcome, the last good value before that, and until when neither is asked again."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final

from gridos.formulas import Answer, AnswerValue
from gridos.grid import CellError

REFUSED_FOR: Final = 600.0
OTHER_FOR: Final = 300.0
LIMITED_FOR: Final = 60.0
RETRY_FIRST: Final = 15.0
RETRY_LAST: Final = 300.0

SHOWN_FOR: Final = 24 * 3600.0
"""Seconds that a value may be shown while a newer one is asked for."""


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
_KEEPS_THE_VALUE: Final = {Failure.LIMITED, Failure.PASSING}


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


@dataclass(frozen=True, slots=True)
class Kept:
    """
    The last outcome of a call, which need not be asked for again before `until`.

    `good` is the last good value; beside an `error` it is an earlier one, which the error does not replace. `as_of` is
    how old the outcome is: for a value the time of its oldest part, for an error the time it came. `failures` in a row
    have happened since `since`. Of a source, the value is JSON text: no function can change what another one reads.
    """

    until: float
    as_of: float
    good: Answer | None
    error: CellError | None = None
    failures: int = 0
    since: float = 0.0

    @property
    def is_limit(self) -> bool:
        """Whether upstream asked to wait, which no wish for newer values overrules."""
        return self.error is not None and classify(self.error) is Failure.LIMITED

    @property
    def answer(self) -> Answer:
        """What a cell shows: the value, an earlier one marked stale, or the error."""
        if self.error is None and self.good:
            return self.good
        return self.earlier or Answer(self.error or CellError("#N/A"), fetched_at=self.as_of)

    @property
    def earlier(self) -> Answer | None:
        """The last good value, as one that is no longer young."""
        return self.good and replace(self.good, stale=True)

    def is_newer_than(self, moment: float) -> bool:
        """Whether it is as new as somebody wishes, or cannot be had any newer now."""
        return self.as_of >= moment or self.is_limit

    def is_good(self, now: float, newer_than: float) -> bool:
        """Whether it can be given as it is."""
        return now < self.until and self.is_newer_than(newer_than)

    def can_be_shown(self, now: float) -> bool:
        """Whether its value may be shown until a newer one is there."""
        return self.good is not None and now - (self.good.fetched_at or 0.0) < SHOWN_FOR


def succeeded(value: AnswerValue, now: float, *, fetched_at: float, until: float) -> Kept:
    """A value came, whose oldest part was fetched at a time."""
    return Kept(max(until, now), fetched_at, Answer(value, fetched_at=fetched_at))


def failed(error: CellError, before: Kept | None, now: float) -> Kept:
    """An error came; some leave the earlier value in its place."""
    failure = classify(error)
    again = before if before and before.error and classify(before.error) in _RETRIED else None
    failures, since = (again.failures + 1, again.since) if again else (1, now)
    until = _until(error, failure, failures, now)
    good = before.good if before and failure in _KEEPS_THE_VALUE else None
    error = _dated(error, since) if failure is Failure.PASSING else error
    return Kept(until, now, good, replace(error, retry_at=until) if failure in _RETRIED else error, failures, since)


def _dated(error: CellError, since: float) -> CellError:
    """Says since when. What names its end has said so already: a source's trouble, or that of a whole upstream."""
    if error.retry_at is not None:
        return error
    moment = f"Since {datetime.fromtimestamp(since, UTC):%H:%M} UTC."
    return replace(error, detail=f"{error.detail} {moment}".strip())


def _until(error: CellError, failure: Failure, failures: int, now: float) -> float:
    match failure:
        case Failure.REFUSED:
            return now + REFUSED_FOR
        case Failure.LIMITED:
            return now + LIMITED_FOR if error.retry_at is None else error.retry_at
        case Failure.PASSING | Failure.BROKEN:
            # Who failed because of a source, or of an upstream left alone for a while, need not ask before those do.
            return max(now + min(RETRY_FIRST * 2 ** min(failures - 1, 10), RETRY_LAST), error.retry_at or 0.0)
        case Failure.OTHER:
            return now + OTHER_FOR


def to_text(kept: Kept) -> str:
    """As ASCII JSON, which every column takes."""
    good = kept.good and [kept.good.value, kept.good.fetched_at]
    error = asdict(kept.error) if kept.error else None
    return json.dumps([kept.until, kept.as_of, good, error, kept.failures, kept.since])


def from_text(text: str) -> Kept:
    """What `to_text` wrote."""
    until, as_of, good, error, failures, since = json.loads(text)
    answer = Answer(good[0], fetched_at=good[1]) if good else None
    return Kept(until, as_of, answer, CellError(**error) if error else None, failures, since)
