"""API keys, on a real database."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from gridos.accounts import Accounts, KeyScope, User
from gridos.db import Doors
from gridos.errors import BadApiKey, SignInRequired, TooManyTries, UnknownApiKey
from tests.accounts.given import Clock, refusal, sign_up


@pytest.fixture
async def ada(accounts: Accounts) -> User:
    """Ada."""
    return (await sign_up(accounts))[0]


async def new_key(accounts: Accounts, user: User, *scopes: KeyScope) -> str:
    """A key's text."""
    return (await accounts.api_keys.add(user, "a script", scopes or ("read", "write")))[1]


async def test_a_key_speaks_for_its_user(accounts: Accounts, ada: User) -> None:
    """A key in the header is its user, in whatever case the scheme is written."""
    key = await new_key(accounts, ada)
    assert re.fullmatch(r"gridos_live_sk_[A-Za-z0-9_-]{43}", key)
    for scheme in ("Bearer", "bearer "):
        assert (await accounts.identify(None, f"{scheme} {key}")).user == ada


async def test_a_key_outweighs_the_cookie(accounts: Accounts, ada: User) -> None:
    """A request with both is the key's, with the key's scopes."""
    _, session = await sign_up(accounts, "ben@example.com")
    caller = await accounts.identify(session, f"Bearer {await new_key(accounts, ada, 'read')}")
    assert (caller.user, caller.scopes) == (ada, {"read"})


async def test_no_two_keys_are_alike(accounts: Accounts, ada: User) -> None:
    """Each key is new, also under the same name."""
    assert await new_key(accounts, ada) != await new_key(accounts, ada)


async def test_the_database_does_not_hold_the_key(accounts: Accounts, ada: User, doors: Doors) -> None:
    """Somebody who reads the table can act with none of its keys."""
    key = await new_key(accounts, ada)
    async with doors.as_service(why="test") as door:
        rows = str(await (await door.execute("select k::text from public.api_keys k")).fetchall())
    assert str(ada.id) in rows
    assert key not in rows
    assert key.removeprefix("gridos_live_sk_") not in rows


@pytest.mark.parametrize(
    ("made_for", "allowed"),
    [
        (["read"], {"read"}),
        (["write"], {"read", "write"}),
        (["secrets"], {"secrets"}),
        (["secrets", "read"], {"read", "secrets"}),
        (["secrets", "write", "read", "write"], {"read", "write", "secrets"}),
    ],
)
async def test_scopes(accounts: Accounts, ada: User, made_for: list[KeyScope], allowed: set[str]) -> None:
    """Writing includes reading, nothing includes the secrets, and no key reaches the account itself."""
    caller = await accounts.identify(None, f"Bearer {await new_key(accounts, ada, *made_for)}")
    assert caller.scopes == allowed


async def test_people_may_do_everything(accounts: Accounts) -> None:
    """A session is not limited by scopes."""
    _, session = await sign_up(accounts)
    assert (await accounts.identify(session, None)).scopes == {"read", "write", "secrets", "account"}


async def test_a_revoked_key_is_refused(accounts: Accounts, ada: User, clock: Clock) -> None:
    """Revoking ends one key, at once; the others go on."""
    first = await new_key(accounts, ada)
    clock.move(seconds=1)
    second = await new_key(accounts, ada)
    newest, _ = await accounts.api_keys.list(ada)
    await accounts.api_keys.revoke(ada, newest.id)
    await accounts.identify(None, f"Bearer {first}")
    assert "not known here" in await refusal(accounts, None, f"Bearer {second}")
    with pytest.raises(UnknownApiKey):
        await accounts.api_keys.revoke(ada, newest.id)


async def test_nobody_sees_or_revokes_somebody_elses_key(accounts: Accounts, ada: User) -> None:
    """A foreign key's id is as unknown as a made-up one."""
    key = await new_key(accounts, ada)
    ben, _ = await sign_up(accounts, "ben@example.com")
    (of_ada,) = await accounts.api_keys.list(ada)
    assert await accounts.api_keys.list(ben) == []
    for key_id in (of_ada.id, uuid4()):
        with pytest.raises(UnknownApiKey):
            await accounts.api_keys.revoke(ben, key_id)
    await accounts.identify(None, f"Bearer {key}")


async def test_a_key_ends_when_it_expires(accounts: Accounts, ada: User, clock: Clock) -> None:
    """Until that moment it works, from then on the refusal says why; it stays in the list."""
    _, key = await accounts.api_keys.add(ada, "a script", ["read"], clock.now + timedelta(days=1))
    clock.move(hours=23)
    await accounts.identify(None, f"Bearer {key}")
    clock.move(hours=1)
    assert "has expired" in await refusal(accounts, None, f"Bearer {key}")
    assert len(await accounts.api_keys.list(ada)) == 1


async def test_an_expiry_lies_ahead(accounts: Accounts, ada: User, clock: Clock) -> None:
    """A key that is born expired is not made."""
    with pytest.raises(BadApiKey):
        await accounts.api_keys.add(ada, "a script", ["read"], clock.now)
    assert await accounts.api_keys.list(ada) == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "two\nlines", "a\x00b", "\x1b[0m"])
async def test_a_name_is_a_short_line(accounts: Accounts, ada: User, name: str) -> None:
    """A name is something that can be shown in a list."""
    with pytest.raises(BadApiKey):
        await accounts.api_keys.add(ada, name)


async def test_a_key_is_for_something(accounts: Accounts, ada: User) -> None:
    """A key without a scope could do nothing."""
    with pytest.raises(BadApiKey):
        await accounts.api_keys.add(ada, "a script", [])


async def test_a_user_has_fifty_keys_at_most(accounts: Accounts, ada: User) -> None:
    """The fifty-first is refused until one is revoked; other people's keys do not count."""
    ben, _ = await sign_up(accounts, "ben@example.com")
    for _ in range(50):
        await new_key(accounts, ada)
    with pytest.raises(BadApiKey):
        await new_key(accounts, ada)
    await new_key(accounts, ben)
    await accounts.api_keys.revoke(ada, (await accounts.api_keys.list(ada))[0].id)
    await new_key(accounts, ada)


async def test_a_disabled_users_keys_are_refused(accounts: Accounts, ada: User) -> None:
    """The operator keeps somebody out however they sign in."""
    key = await new_key(accounts, ada)
    await accounts.disable(ada.email)
    await refusal(accounts, None, f"Bearer {key}")


async def test_a_new_password_leaves_the_keys(accounts: Accounts, ada: User) -> None:
    """Programs go on: a key is revoked by itself."""
    key = await new_key(accounts, ada)
    await accounts.set_password(ada.email, "battery staple")
    await accounts.identify(None, f"Bearer {key}")


async def test_uses_are_noted_now_and_then(accounts: Accounts, ada: User, clock: Clock) -> None:
    """A request writes nothing; the last use is written when the time has come, and never goes back."""
    key = await new_key(accounts, ada)
    clock.move(minutes=5)
    await accounts.identify(None, f"Bearer {key}")
    used = clock.now
    assert (await accounts.api_keys.list(ada))[0].used_at is None
    await accounts.api_keys.note_uses()
    assert (await accounts.api_keys.list(ada))[0].used_at == used
    clock.move(minutes=-1)
    await accounts.identify(None, f"Bearer {key}")
    await accounts.api_keys.note_uses()
    assert (await accounts.api_keys.list(ada))[0].used_at == used


@pytest.mark.parametrize("rest", ["", "made-up", "x" * 42, "x" * 44, "x" * 42 + "!", "ü" * 43, "x" * 100_000])
async def test_what_is_no_key_is_refused(accounts: Accounts, rest: str) -> None:
    """Whatever follows the prefix, the refusal is the same."""
    assert "not known here" in await refusal(accounts, None, f"Bearer gridos_live_sk_{rest}")


async def test_guessing_is_slowed_and_holds_up_nobody_else(accounts: Accounts, ada: User, clock: Clock) -> None:
    """After twenty wrong keys an address may try one every six seconds; a right key there goes on working."""
    key = await new_key(accounts, ada)
    wrong = f"Bearer gridos_live_sk_{'x' * 43}"
    for _ in range(20):
        with pytest.raises(SignInRequired):
            await accounts.identify(None, wrong, "203.0.113.7")
    for _ in range(2):
        with pytest.raises(TooManyTries):
            await accounts.identify(None, wrong, "203.0.113.7")
    assert (await accounts.identify(None, f"Bearer {key}", "203.0.113.7")).user == ada
    with pytest.raises(SignInRequired):
        await accounts.identify(None, wrong, "203.0.113.8")
    clock.move(seconds=6)
    with pytest.raises(SignInRequired):
        await accounts.identify(None, wrong, "203.0.113.7")
