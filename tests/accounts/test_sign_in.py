"""Signing in with a password, and changing it, on a real database."""

import asyncio
from typing import Any

import psycopg
import pytest

from gridos.accounts import Accounts, Passwords
from gridos.db import Doors
from gridos.errors import AddressTaken, BadEmail, BadPassword, NotFound, SignInFailed, TooManyTries
from tests.accounts.given import (
    BROWSER,
    PASSWORD,
    Clock,
    CountedPasswords,
    accounts_on,
    refusal,
    sign_in,
    sign_up,
    token,
)


async def test_an_address_is_one_account_in_any_case(accounts: Accounts) -> None:
    """Two spellings of one address are one account, to sign up and to sign in."""
    await sign_up(accounts, "Ada@Example.com")
    with pytest.raises(AddressTaken):
        await sign_up(accounts, "ada@example.COM")
    user = (await accounts.identify(await sign_in(accounts, " ADA@example.com "), None)).user
    assert user.email == "Ada@Example.com"


async def test_two_sign_ups_at_once_make_one_account(accounts: Accounts) -> None:
    """One of two racing sign-ups is refused, whatever the case they wrote."""
    both = await asyncio.gather(sign_up(accounts), sign_up(accounts, "ADA@example.com"), return_exceptions=True)
    assert sorted(isinstance(one, AddressTaken) for one in both) == [False, True]


@pytest.mark.parametrize("email", ["ben@example.com", "no address", "ada@example.com\0", "you@localhost"])
async def test_an_unknown_address_fails_like_a_wrong_password(doors: Doors, email: str) -> None:
    """The sentence is the same and argon2 runs once in either case."""
    passwords = CountedPasswords()
    accounts = accounts_on(doors, passwords=passwords)
    await accounts.ensure_local_user()
    await sign_up(accounts)
    said: set[str] = set()
    for address in ("ada@example.com", email):
        passwords.hashings = 0
        with pytest.raises(SignInFailed) as failed:
            await sign_in(accounts, address, "wrong horse")
        said.add(str(failed.value))
        assert passwords.hashings == 1
    assert len(said) == 1


async def test_wrong_tries_are_limited_and_a_right_one_works_a_minute_later(accounts: Accounts, clock: Clock) -> None:
    """Within twenty wrong tries there is TooManyTries, also for the right password, and not for ever."""
    await sign_up(accounts)
    refusals: list[type[Exception]] = []
    for _ in range(20):
        with pytest.raises((SignInFailed, TooManyTries)) as failed:
            await accounts.sign_in("ada@example.com", "wrong horse", browser=BROWSER)
        refusals.append(failed.type)
    assert refusals[0] is SignInFailed
    assert refusals[-1] is TooManyTries
    with pytest.raises(TooManyTries):
        await sign_in(accounts)
    clock.move(seconds=60)
    await sign_in(accounts)


async def test_a_new_password_ends_the_other_sessions(accounts: Accounts) -> None:
    """The browser that changed it stays signed in, all others are out, and only the new one works."""
    user, session = await sign_up(accounts)
    other = await sign_in(accounts)
    await accounts.change_password(user, PASSWORD, "battery staple", session=session, browser=BROWSER)
    assert (await accounts.identify(session, None)).user == user
    await refusal(accounts, other)
    with pytest.raises(SignInFailed):
        await sign_in(accounts)
    await sign_in(accounts, password="battery staple")


async def test_a_stolen_session_does_not_change_the_password(accounts: Accounts) -> None:
    """The current password is asked for, guesses are counted, and a bad new one changes nothing."""
    user, session = await sign_up(accounts)
    with pytest.raises(BadPassword):
        await accounts.change_password(user, PASSWORD, "short", session=session, browser=BROWSER)
    with pytest.raises(TooManyTries):  # noqa: PT012 -- which guess is refused does not matter
        for _ in range(20):
            with pytest.raises(SignInFailed):
                await accounts.change_password(user, "a guess", "battery staple", session=session, browser=BROWSER)


async def test_an_old_hash_is_renewed_at_sign_in(doors: Doors) -> None:
    """When parameters are raised, a password's hash follows at its next use and its sessions go on."""
    _, session = await sign_up(accounts_on(doors))
    stronger = Passwords(memory=16, passes=1)
    await sign_in(accounts_on(doors, passwords=stronger))
    (account,) = await accounts_on(doors).list_users()
    assert account.password_hash
    assert not stronger.is_outdated(account.password_hash)
    await accounts_on(doors).identify(session, None)


async def test_a_disabled_user_is_out_whichever_way_they_come(accounts: Accounts) -> None:
    """Password, session and token are refused from that moment on."""
    ben, session = await sign_up(accounts, "ben@example.com")
    await accounts.identify(None, f"Bearer {token()}")
    for email in ("BEN@example.com", "ada@example.com"):
        await accounts.disable(email)
    await refusal(accounts, session)
    assert "disabled" in await refusal(accounts, None, f"Bearer {token()}")
    with pytest.raises(SignInFailed, match="disabled"):
        await sign_in(accounts, "ben@example.com")
    with pytest.raises(SignInFailed, match="wrong"):
        await sign_in(accounts, "ben@example.com", "wrong horse")
    assert await accounts.sessions.list(ben, None) == []
    assert [account.is_disabled for account in await accounts.list_users()] == [True, True]


async def test_the_operator_sets_a_password(accounts: Accounts) -> None:
    """The old one and every session end, also for a user who came by a token and had none."""
    _, session = await sign_up(accounts, "ben@example.com")
    await accounts.identify(None, f"Bearer {token()}")
    for email in ("ben@example.com", "ada@example.com"):
        await accounts.set_password(email, "battery staple")
        await sign_in(accounts, email, "battery staple")
    await refusal(accounts, session)


async def test_the_operator_hears_of_unknown_addresses(accounts: Accounts) -> None:
    """Nothing is done silently for an account that is not there, and none is created twice."""
    with pytest.raises(NotFound):
        await accounts.disable("ada@example.com")
    with pytest.raises(NotFound):
        await accounts.set_password("ada@example.com", PASSWORD)
    await accounts.create_user("ada@example.com", PASSWORD)
    with pytest.raises(AddressTaken):
        await accounts.create_user("ADA@example.com", PASSWORD)


async def test_single_user_mode_has_one_lasting_user(accounts: Accounts) -> None:
    """The local user is the same at every start, and nobody signs up or in as them."""
    user = await accounts.ensure_local_user()
    assert await accounts.ensure_local_user() == user
    with pytest.raises(BadEmail):
        await sign_up(accounts, user.email)


async def test_a_user_reads_nothing_of_accounts_but_themselves(accounts: Accounts, doors: Doors) -> None:
    """Through the user's door there is one id and address, no hash, and no session."""
    ada, _ = await sign_up(accounts)
    await sign_up(accounts, "ben@example.com")
    async with doors.as_user(ada.id) as door:
        assert await (await door.execute("select id, email from public.users")).fetchall() == [(ada.id, ada.email)]
    for statement in ("select password_hash from public.users", "select * from public.auth_session"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with doors.as_user(ada.id) as door:
                await door.execute(statement)


async def test_finding_out_who_asks_is_one_statement(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session or a known token costs one statement."""
    _, session = await sign_up(accounts, "ben@example.com")
    await accounts.identify(None, f"Bearer {token()}")
    statements: list[str] = []
    execute: Any = psycopg.AsyncCursor.execute

    async def counted(cursor: Any, query: str | bytes, *values: Any, **how: Any) -> Any:
        if "public." in str(query):
            statements.append(str(query))
        return await execute(cursor, query, *values, **how)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counted)
    await accounts.identify(session, None)
    await accounts.identify(None, f"Bearer {token()}")
    assert len(statements) == 2
