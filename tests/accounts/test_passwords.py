"""Passwords: what is accepted, and how they are hashed."""

import pytest

from gridos.accounts import Passwords
from gridos.errors import BadPassword
from tests.accounts.given import CountedPasswords


@pytest.fixture
def passwords() -> CountedPasswords:
    """Cheap ones that count their work."""
    return CountedPasswords()


async def test_only_the_right_password_is_right(passwords: Passwords) -> None:
    """A hash knows its own password and no other."""
    hashed = await passwords.hash("correct horse")
    assert await passwords.is_right("correct horse", hashed)
    assert not await passwords.is_right("correct horsf", hashed)
    assert "correct" not in hashed


async def test_one_password_hashes_differently_each_time(passwords: Passwords) -> None:
    """Two people with one password cannot be told to have it."""
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


async def test_one_spelling_however_it_was_composed(passwords: Passwords) -> None:
    """A letter typed as one character or as two is the same password."""
    assert await passwords.is_right("geheimnisvoll ü", await passwords.hash("geheimnisvoll u\u0308"))


@pytest.mark.parametrize("password", ["", "seven77", "x" * 1_025, "ü" * 513])
async def test_too_short_or_too_long_is_refused(passwords: CountedPasswords, password: str) -> None:
    """Fewer than 8 characters or more than 1,024 bytes are refused before any work, and not repeated."""
    with pytest.raises(BadPassword) as refused:
        await passwords.hash(password)
    assert not password or password not in str(refused.value)
    assert passwords.hashings == 0


@pytest.mark.parametrize("password", ["eight888", "x" * 1_024])
async def test_the_bounds_are_accepted(passwords: Passwords, password: str) -> None:
    """8 characters and 1,024 bytes are passwords."""
    assert await passwords.is_right(password, await passwords.hash(password))


async def test_a_long_password_is_never_hashed_to_compare_it(passwords: CountedPasswords) -> None:
    """Nobody makes the server hash a book by signing in with one."""
    assert not await passwords.is_right("x" * 100_000, None)
    assert passwords.hashings == 0


async def test_an_unknown_address_costs_the_same_work(passwords: CountedPasswords) -> None:
    """No account, an account without a password and a wrong password each run argon2 once."""
    hashed = await passwords.hash("correct horse")
    passwords.hashings = 0
    assert not await passwords.is_right("wrong", hashed)
    assert passwords.hashings == 1
    assert not await passwords.is_right("wrong", None)
    assert passwords.hashings == 2


async def test_a_broken_hash_is_no_password(passwords: Passwords) -> None:
    """A row that holds no argon2 hash lets nobody in and raises nothing."""
    assert not await passwords.is_right("correct horse", "correct horse")


async def test_hashes_of_other_parameters_are_outdated(passwords: Passwords) -> None:
    """A hash says with which parameters it was made, so they can be raised later."""
    hashed = await passwords.hash("correct horse")
    assert not passwords.is_outdated(hashed)
    assert Passwords().is_outdated(hashed)


async def test_todays_parameters_are_owasps() -> None:
    """Argon2id with 19 MiB, two passes and one lane."""
    assert (await Passwords().hash("correct horse")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
