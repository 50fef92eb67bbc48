"""How many wrong passwords one may try."""

from contextlib import ExitStack

import pytest

from gridos.accounts import SignInLimits
from gridos.errors import SignInFailed, StorageUnavailable, TooManyTries
from tests.accounts.given import Clock


@pytest.fixture
def limits(clock: Clock) -> SignInLimits:
    """Limits that nobody has used yet."""
    return SignInLimits(clock.seconds)


def wrong(limits: SignInLimits, email: str, client: str) -> None:
    """One wrong try."""
    with pytest.raises(SignInFailed), limits.counted(email, client):
        raise SignInFailed


def right(limits: SignInLimits, email: str, client: str) -> None:
    """One right try."""
    with limits.counted(email, client):
        pass


def wrong_until_refused(limits: SignInLimits, email: str, client: str) -> int:
    """Wrong tries until the limit refuses the next one."""
    for tries in range(100):
        try:
            wrong(limits, email, client)
        except TooManyTries:
            return tries
    raise AssertionError("nothing was ever refused")


def test_one_address_is_refused_within_twenty_tries(limits: SignInLimits) -> None:
    """Guessing one person's password stops soon, however the address is written."""
    assert wrong_until_refused(limits, "ada@example.com", "203.0.113.7") < 20
    with pytest.raises(TooManyTries):
        wrong(limits, " ADA@example.com", "198.51.100.1")


def test_one_client_is_refused_within_twenty_tries(limits: SignInLimits) -> None:
    """Trying one password on many people stops soon, also from the many addresses of one IPv6 network."""
    for number in range(15):
        wrong(limits, f"person{number}@example.com", f"2001:db8:0:1::{number:x}")
    with pytest.raises(TooManyTries):
        wrong(limits, "ada@example.com", "2001:db8:0:1::ffff")
    wrong(limits, "ada@example.com", "2001:db8:0:2::1")


def test_many_clients_are_refused_within_twenty_tries(limits: SignInLimits) -> None:
    """Guessing one person's password from many places stops as soon."""
    for number in range(10):
        wrong(limits, "ada@example.com", f"203.0.113.{number}")
    with pytest.raises(TooManyTries):
        wrong(limits, "ada@example.com", "203.0.113.99")


def test_a_right_password_is_accepted_again_within_a_minute(limits: SignInLimits, clock: Clock) -> None:
    """Nobody is locked out for longer than the answer's Retry-After says."""
    wrong_until_refused(limits, "ada@example.com", "203.0.113.7")
    clock.move(seconds=60)
    right(limits, "ada@example.com", "203.0.113.7")


def test_a_guesser_does_not_lock_out_a_known_browser(limits: SignInLimits) -> None:
    """Somebody else's wrong tries do not count against a client that once knew the password."""
    right(limits, "ada@example.com", "198.51.100.1")
    wrong_until_refused(limits, "ada@example.com", "203.0.113.7")
    right(limits, "ada@example.com", "198.51.100.1")


def test_a_known_browser_is_limited_too(limits: SignInLimits) -> None:
    """Having known the password once is no licence to guess."""
    right(limits, "ada@example.com", "198.51.100.1")
    assert wrong_until_refused(limits, "ada@example.com", "198.51.100.1") < 20


def test_right_passwords_and_our_own_failures_do_not_count(limits: SignInLimits) -> None:
    """Signing in often is fine, and so is a database that is down."""
    for _ in range(100):
        right(limits, "ada@example.com", "203.0.113.7")
        with pytest.raises(StorageUnavailable), limits.counted("ada@example.com", "203.0.113.7"):
            raise StorageUnavailable


def test_tries_at_the_same_time_count_from_their_first_moment(limits: SignInLimits) -> None:
    """A try that still waits for its answer counts already."""
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(limits.counted("ada@example.com", "203.0.113.7"))
        with pytest.raises(TooManyTries):
            stack.enter_context(limits.counted("ada@example.com", "203.0.113.7"))


def test_memory_stays_bounded(limits: SignInLimits, clock: Clock) -> None:
    """A crowd of addresses is forgotten once its tries have expired."""
    for number in range(25_000):
        clock.move(seconds=6)
        wrong(limits, f"person{number}@example.com", "203.0.113.7")
        right(limits, f"person{number}@example.com", "203.0.113.7")
    kept = limits._addresses._empty_at, limits._known  # pyright: ignore[reportPrivateUsage] -- no other way to see it
    assert max(map(len, kept)) <= 10_001
