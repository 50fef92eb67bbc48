"""How long outcomes are kept, and which error hides a value."""

import pytest

from gridos.fetching import Kept, from_text, to_text
from gridos.fetching.kept import Failure, classify, failed, succeeded
from gridos.grid import CellError

NOW = 1_800_000_000.0


def good(value: float = 42, now: float = NOW, ttl: float = 300) -> Kept:
    """A value that has just come."""
    return succeeded(value, now, fetched_at=now, until=now + ttl)


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
    """Each kind of error is good for its own time, and then not any more."""
    kept = failed(CellError(code), None, NOW)
    assert kept.is_good(NOW + seconds - 1, 0)
    assert not kept.is_good(NOW + seconds, 0)


def test_the_wait_doubles_up_to_five_minutes() -> None:
    """A failing upstream is left alone for 15, 30, 60 … and at most 300 seconds, until it answers again."""
    kept, now, waits = None, NOW, list[float]()
    for _ in range(8):
        kept = failed(CellError("#X_OFFLINE!", detail="Down."), kept, now)
        assert isinstance(kept.answer.value, CellError)
        assert kept.answer.value.retry_at == kept.until
        assert kept.answer.value.detail == "Down. Since 08:00 UTC."
        waits.append(kept.until - now)
        now = kept.until
    assert waits == [15, 30, 60, 120, 240, 300, 300, 300]
    assert failed(CellError("#X_OFFLINE!"), good(), now).until == now + 15


def test_an_upstream_that_is_left_alone() -> None:
    """What names its own beginning and end shows these, once, however often this call has failed before."""
    failing = failed(CellError("#X_OFFLINE!", detail="Down."), None, NOW)
    resting = CellError("#X_OFFLINE!", detail="5 requests have failed, the first at 07:59 UTC.", retry_at=NOW + 50)
    kept = failed(resting, failing, NOW + 20)
    assert kept.answer.value == resting
    assert not kept.is_good(NOW + 50, 0)
    # Whoever passes it on, as a function does with its source's trouble, says nothing more than that.
    assert failed(resting, None, NOW + 25).answer.value == resting
    again = failed(CellError("#X_OFFLINE!", detail="Down."), kept, NOW + 3600).answer.value
    assert isinstance(again, CellError)
    assert again.detail == "Down. Since 08:00 UTC."


def test_an_upstream_that_is_asked_less_and_less() -> None:
    """A call is not asked again before its own time, even where upstream is left alone for less."""
    kept = None
    for _ in range(5):
        kept = failed(CellError("#X_OFFLINE!", retry_at=NOW + 30), kept, NOW)
    assert kept
    assert isinstance(kept.answer.value, CellError)
    assert kept.answer.value.retry_at == kept.until == NOW + 240


def test_a_value_outlives_several_failures() -> None:
    """However often upstream passes out, the last good value stays, with the time it came."""
    kept, now = good(), NOW
    for code in ("#X_OFFLINE!", "#X_503!", "#X_429!", "#X_OFFLINE!"):
        now += 400
        kept = failed(CellError(code), kept, now)
        assert (kept.answer.value, kept.answer.stale, kept.answer.fetched_at) == (42, True, NOW)
    gone = failed(CellError("#X_AUTH!"), kept, now)
    assert isinstance(gone.answer.value, CellError)
    assert isinstance(failed(CellError("#X_OFFLINE!"), gone, now).answer.value, CellError)


def test_a_wish_for_newer_answers_stops_at_a_limit() -> None:
    """A value or a failure of before the wish is not good enough; a limit is, until it ends."""
    limited = failed(CellError("#X_429!", retry_at=NOW + 100), good(), NOW)
    assert good().is_good(NOW, NOW)
    assert not good().is_good(NOW + 1, NOW + 1)
    assert not failed(CellError("#X_OFFLINE!"), None, NOW).is_good(NOW + 1, NOW + 1)
    assert limited.is_good(NOW + 99, NOW + 99)
    assert not limited.is_good(NOW + 100, NOW + 99)


def test_values_are_shown_for_a_day() -> None:
    """A value that is past its time is shown for a day at most while it is asked for again."""
    assert good().can_be_shown(NOW + 24 * 3600 - 1)
    assert not good().can_be_shown(NOW + 24 * 3600)
    assert not failed(CellError("#X_404!"), good(), NOW).can_be_shown(NOW)


@pytest.mark.parametrize(
    "kept",
    [
        good(),
        succeeded([[1.5, "a\0é", None, True]], NOW, fetched_at=NOW - 5, until=NOW),
        failed(CellError("#X_OFFLINE!", "t", "d", "a", plugin="x"), good(), NOW),
        failed(CellError("#X_404!"), None, NOW),
    ],
)
def test_kept_as_text(kept: Kept) -> None:
    """What is written as text is read as it was, and the text is one that every column takes."""
    text = to_text(kept)
    assert from_text(text) == kept
    assert text.isascii()
    assert text.isprintable()
