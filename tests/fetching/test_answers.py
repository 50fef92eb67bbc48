"""How long answers are kept, and which error hides a value."""

from uuid import UUID, uuid4

import pytest

from gridos.fetching.answers import Answers, Failure, Key, classify
from gridos.grid import CellError
from tests.fetching.stage import Clock, call


def key(connection: UUID | None = None, number: int = 0, version: int = 1) -> Key:
    """A key of some connection."""
    return Key(connection or uuid4(), version, call(number))


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("#STRIPE_AUTH!", Failure.REFUSED),
        ("#HELLO_WORLD_FORBIDDEN!", Failure.REFUSED),
        ("#GITHUB_RATE_LIMIT!", Failure.LIMITED),
        ("#SHOPIFY_429!", Failure.LIMITED),
        ("#STRIPE_OFFLINE!", Failure.PASSING),
        ("#STRIPE_500!", Failure.PASSING),
        ("#STRIPE_599!", Failure.PASSING),
        ("#STRIPE_ERROR!", Failure.BROKEN),
        ("#VAULT!", Failure.BROKEN),
        ("#STRIPE_404!", Failure.OTHER),
        ("#GITHUB_NOT_FOUND!", Failure.OTHER),
        ("#STRIPE_CURRENCY!", Failure.OTHER),
        ("#BLOCKED!", Failure.OTHER),
        ("#VALUE!", Failure.OTHER),
        ("#N/A", Failure.OTHER),
        ("", Failure.OTHER),
    ],
)
def test_kinds_of_errors(code: str, failure: Failure) -> None:
    """An error's text tells how it behaves, whether GridOS or a plugin gave it."""
    assert classify(CellError(code)) is failure


@pytest.mark.parametrize(("code", "seconds"), [("#X_AUTH!", 600), ("#X_404!", 300), ("#X_500!", 15), ("#X_429!", 60)])
def test_errors_are_kept_for_their_time(code: str, seconds: float) -> None:
    """Each kind of error is answered from memory for its own time, and then forgotten."""
    clock = Clock()
    answers, one = Answers(clock), key()
    answers.keep(one, CellError(code))
    clock.now += seconds - 1
    assert answers.find(one)
    assert answers.peek(one)
    clock.now += 1
    assert answers.find(one) is None
    assert answers.peek(one) is None


def test_the_wait_doubles_up_to_five_minutes() -> None:
    """A failing upstream is left alone for 15, 30, 60 … and at most 300 seconds, until it answers again."""
    clock = Clock()
    answers, one = Answers(clock), key()
    waits: list[float] = []
    for _ in range(8):
        error = answers.keep(one, CellError("#X_OFFLINE!")).value
        assert isinstance(error, CellError)
        assert error.retry_at
        waits.append(error.retry_at - clock.now)
        clock.now = error.retry_at
    assert waits == [15, 30, 60, 120, 240, 300, 300, 300]
    answers.keep(one, 42)
    stale = answers.keep(one, CellError("#X_OFFLINE!"))
    assert (stale.value, stale.stale) == (42, True)
    clock.now += 15
    assert answers.find(one) is None


def test_a_value_outlives_several_failures() -> None:
    """However often upstream passes out, the last good value stays, with the time it came."""
    clock = Clock()
    answers, one = Answers(clock), key()
    answers.keep(one, 42)
    for code in ("#X_OFFLINE!", "#X_503!", "#X_429!", "#X_OFFLINE!"):
        clock.now += 400
        answer = answers.keep(one, CellError(code))
        assert (answer.value, answer.stale, answer.fetched_at) == (42, True, Clock().now)
    gone = answers.keep(one, CellError("#X_AUTH!")).value
    assert isinstance(gone, CellError)
    after = answers.keep(one, CellError("#X_OFFLINE!")).value
    assert isinstance(after, CellError)


def test_memory_is_bounded() -> None:
    """When there is no room, the answer that was asked for least recently goes."""
    answers = Answers(Clock(), most=3)
    keys = [key(number=number) for number in range(4)]
    for one in keys[:3]:
        answers.keep(one, 1)
    answers.find(keys[0])
    answers.keep(keys[3], 1)
    assert [answers.find(one) is not None for one in keys] == [True, False, True, True]
