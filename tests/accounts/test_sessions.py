"""Sessions of signed-in browsers, on a real database."""

from uuid import uuid4

import pytest

from gridos.accounts import Accounts
from gridos.db import Doors
from gridos.errors import UnknownSession
from tests.accounts.given import PASSWORD, Clock, accounts_on, refusal, sign_in, sign_up


async def test_whoever_signs_up_is_signed_in(accounts: Accounts) -> None:
    """The session of a sign-up belongs to the new user."""
    user, session = await sign_up(accounts)
    assert (await accounts.identify(session, None)).user == user
    assert user.email == "ada@example.com"


async def test_each_sign_in_is_a_new_session(accounts: Accounts) -> None:
    """No two sign-ins share an id, and none contains fewer than 256 bits."""
    _, first = await sign_up(accounts)
    second = await sign_in(accounts)
    assert first != second
    assert len(first) >= 43


async def test_a_session_survives_a_restart(accounts: Accounts, doors: Doors) -> None:
    """Sessions live in the database, not in the process."""
    user, session = await sign_up(accounts)
    assert (await accounts_on(doors).identify(session, None)).user == user


async def test_the_database_does_not_hold_what_the_cookie_holds(accounts: Accounts, doors: Doors) -> None:
    """Somebody who reads the sessions' table can sign in with none of them, nor with a password."""
    user, session = await sign_up(accounts)
    async with doors.as_service(why="test") as door:
        rows = await (
            await door.execute("select s::text, u::text from public.auth_session s, public.users u")
        ).fetchall()
    assert session not in str(rows)
    assert PASSWORD not in str(rows)
    assert str(user.id) in str(rows)


async def test_no_session_or_a_made_up_one_is_refused(accounts: Accounts) -> None:
    """Without a session one is asked to sign in."""
    for session in (None, "", "made up", "ü" * 5_000):
        assert "Sign in" in await refusal(accounts, session)


async def test_a_session_ends_thirty_days_after_it_was_last_seen(accounts: Accounts, clock: Clock) -> None:
    """Using it keeps it alive, leaving it alone ends it."""
    _, session = await sign_up(accounts)
    for _ in range(3):
        clock.move(days=29)
        await accounts.identify(session, None)
    clock.move(days=30)
    await refusal(accounts, session)


async def test_being_seen_is_written_once_an_hour(accounts: Accounts, clock: Clock) -> None:
    """A request does not write; the first one after an hour does."""
    user, session = await sign_up(accounts)
    seen = (await accounts.sessions.list(user, None))[0].seen_at
    clock.move(minutes=59)
    await accounts.identify(session, None)
    assert (await accounts.sessions.list(user, None))[0].seen_at == seen
    clock.move(minutes=1)
    await accounts.identify(session, None)
    assert (await accounts.sessions.list(user, None))[0].seen_at == clock.now


async def test_one_sees_ones_own_sessions_only(accounts: Accounts, clock: Clock) -> None:
    """The list names each browser, the current one among them, the last seen first."""
    ada, first = await sign_up(accounts)
    ben, _ = await sign_up(accounts, "ben@example.com")
    clock.move(minutes=1)
    await sign_in(accounts)
    listed = await accounts.sessions.list(ada, first)
    assert [(session.user_agent, session.is_current) for session in listed] == [("Firefox", False), ("Firefox", True)]
    assert len(await accounts.sessions.list(ben, first)) == 1


async def test_signing_out_ends_this_session_alone(accounts: Accounts) -> None:
    """Other browsers stay signed in, and signing out twice is fine."""
    _, first = await sign_up(accounts)
    second = await sign_in(accounts)
    await accounts.sessions.end(first)
    await accounts.sessions.end(first)
    await refusal(accounts, first)
    await accounts.identify(second, None)


async def test_nobody_ends_somebody_elses_session(accounts: Accounts) -> None:
    """A foreign session's id is as unknown as a made-up one."""
    ada, session = await sign_up(accounts)
    ben, _ = await sign_up(accounts, "ben@example.com")
    (of_ada,) = await accounts.sessions.list(ada, None)
    for session_id in (of_ada.id, uuid4()):
        with pytest.raises(UnknownSession):
            await accounts.sessions.end_by_id(ben, session_id)
    await accounts.identify(session, None)
    await accounts.sessions.end_by_id(ada, of_ada.id)
    await refusal(accounts, session)


async def test_expired_sessions_are_forgotten_at_the_next_sign_in(
    accounts: Accounts, clock: Clock, doors: Doors
) -> None:
    """The table does not grow with every sign-in of a lifetime."""
    await sign_up(accounts)
    clock.move(days=31)
    await sign_in(accounts)
    async with doors.as_service(why="test") as door:
        assert await (await door.execute("select count(*) from public.auth_session")).fetchone() == (1,)


async def test_a_user_agent_is_cut_and_cleaned(accounts: Accounts) -> None:
    """What a browser says about itself is kept as one short printable line."""
    session = await accounts.sessions.open((await sign_up(accounts))[0], "Fire\x00fox\x1b[0m\n" + "x" * 1_000)
    user = (await accounts.identify(session, None)).user
    shown = next(one for one in await accounts.sessions.list(user, session) if one.is_current)
    assert shown.user_agent.startswith("Firefox[0mx")
    assert len(shown.user_agent) == 200


async def test_a_user_has_a_hundred_sessions_at_most(accounts: Accounts, clock: Clock) -> None:
    """One more ends the session that was not seen for the longest time, and nobody else's."""
    user, first = await sign_up(accounts)
    _, bens = await sign_up(accounts, "ben@example.com")
    clock.move(minutes=1)
    second = await accounts.sessions.open(user, "")
    for _ in range(98):
        clock.move(minutes=1)
        await accounts.sessions.open(user, "")
    await accounts.identify(first, None)  # after an hour, so this is noted
    clock.move(minutes=1)
    await accounts.sessions.open(user, "")
    assert len(await accounts.sessions.list(user, None)) == 100
    await refusal(accounts, second)
    await accounts.identify(first, None)
    await accounts.identify(bens, None)
