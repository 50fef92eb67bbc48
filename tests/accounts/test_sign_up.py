"""Who may sign up, and what an invite proves."""

import pytest

from gridos.accounts import Accounts, SignUp
from gridos.db import Doors
from gridos.errors import BadEmail, BadPassword, SignUpClosed, UnknownInvite
from tests.accounts.given import BROWSER, INVITE, PASSWORD, accounts_on, invite, shared_with, sign_up


@pytest.mark.parametrize("rule", ["invited", "closed"])
async def test_strangers_sign_up_only_where_it_is_open(doors: Doors, rule: SignUp) -> None:
    """Without an invite, `invited` and `closed` refuse, and do not say which addresses are taken."""
    accounts = accounts_on(doors, sign_up=rule)
    await accounts.create_user("ada@example.com", PASSWORD)
    for email in ("ada@example.com", "ben@example.com"):
        with pytest.raises(SignUpClosed):
            await sign_up(accounts, email)


async def test_closed_refuses_invites_too(doors: Doors) -> None:
    """Where sign-up is closed an invite opens nothing."""
    await invite(doors, "ada@example.com")
    with pytest.raises(SignUpClosed):
        await sign_up(accounts_on(doors, sign_up="closed"), invite=INVITE)


@pytest.mark.parametrize("rule", ["open", "invited"])
async def test_an_invites_token_turns_that_invite_active(doors: Doors, rule: SignUp) -> None:
    """It proves the address for the one workbook whose owner handed it out; other invites stay pending."""
    workbook = await invite(doors, "ada@example.com")
    await invite(doors, "ada@example.com", "another")
    user, _ = await sign_up(accounts_on(doors, sign_up=rule), "Ada@example.com", INVITE)
    assert await shared_with(doors, user) == {workbook: "editor"}
    async with doors.as_service(why="test") as door:
        assert await (await door.execute("select count(*) from public.pending_invites")).fetchone() == (1,)


@pytest.mark.parametrize("rule", ["open", "invited"])
@pytest.mark.parametrize(("email", "text"), [("eve@example.com", INVITE), ("ada@example.com", "made up")])
async def test_an_invite_for_somebody_else_creates_nothing(doors: Doors, rule: SignUp, email: str, text: str) -> None:
    """A wrong token, or one for another address, is refused; taken addresses are not told apart."""
    await invite(doors, "ada@example.com")
    accounts = accounts_on(doors, sign_up=rule)
    await accounts.create_user("taken@example.com", PASSWORD)
    for address in (email, "taken@example.com"):
        with pytest.raises(UnknownInvite):
            await sign_up(accounts, address, text)
    assert email not in {account.user.email for account in await accounts.list_users()}


async def test_an_invite_works_once(doors: Doors) -> None:
    """A used token signs nobody else up."""
    await invite(doors, "ada@example.com")
    accounts = accounts_on(doors, sign_up="invited")
    await sign_up(accounts, invite=INVITE)
    with pytest.raises(UnknownInvite):
        await sign_up(accounts, "eve@example.com", INVITE)


async def test_an_open_sign_up_proves_no_address(accounts: Accounts, doors: Doors) -> None:
    """Whoever merely types an invited address does not get into the workbook."""
    await invite(doors, "ada@example.com")
    user, _ = await sign_up(accounts)
    assert await shared_with(doors, user) == {}


async def test_what_is_no_address_or_password_creates_nothing(accounts: Accounts) -> None:
    """Both are checked before anything is stored."""
    with pytest.raises(BadEmail):
        await sign_up(accounts, "ada")
    with pytest.raises(BadPassword):
        await accounts.sign_up("ada@example.com", "short", invite=None, browser=BROWSER)
    assert await accounts.list_users() == []
