"""Requests with a bearer token, on a real database."""

import asyncio

from joserfc.jwk import RSAKey

from gridos.accounts import Accounts, PublishedKeys, Tokens, User
from gridos.db import Doors
from tests.accounts.given import ADA, AUDIENCE, ISSUER, accounts_on, invite, refusal, shared_with, sign_up, token


async def test_a_tokens_user_is_created_at_first_sight(accounts: Accounts) -> None:
    """The subject is the id, the claim is the address, and later requests find the same user."""
    for _ in range(2):
        user = (await accounts.identify(None, f"Bearer {token()}")).user
        assert user == User(ADA, "ada@example.com")
    assert len(await accounts.list_users()) == 1


async def test_the_scheme_is_read_in_any_case(accounts: Accounts) -> None:
    """RFC 9110, 11.1: `bearer` is `Bearer`."""
    assert (await accounts.identify(None, f"bearer  {token()}")).user.id == ADA


async def test_first_sights_at_once_create_one_user(accounts: Accounts) -> None:
    """Ten first requests with one token are ten times the same user."""
    callers = await asyncio.gather(*(accounts.identify(None, f"Bearer {token()}") for _ in range(10)))
    assert {caller.user for caller in callers} == {User(ADA, "ada@example.com")}


async def test_an_authorization_header_outweighs_the_cookie(accounts: Accounts) -> None:
    """A request with both is the header's, and refused if that is no good: the origin was not checked."""
    _, session = await sign_up(accounts, "ben@example.com")
    assert (await accounts.identify(session, f"Bearer {token()}")).user.id == ADA
    for header in (
        "",
        "Bearer",
        "Bearer ",
        "Basic YWRhOmFkYQ==",
        "Bearer made.up.token",
        "Bearer gridos_live_sk_made_up",
    ):
        await refusal(accounts, session, header)


async def test_without_an_issuer_no_token_is_believed(doors: Doors) -> None:
    """A server without a configured issuer says so."""
    assert "no bearer tokens" in await refusal(accounts_on(doors), None, f"Bearer {token()}")


async def test_accounts_are_never_linked_by_e_mail(accounts: Accounts) -> None:
    """A new subject with an address another account holds is refused, and told why."""
    await sign_up(accounts, "ADA@example.com")
    assert "Another account holds" in await refusal(accounts, None, f"Bearer {token()}")


async def test_a_new_subject_needs_an_address(accounts: Accounts) -> None:
    """Without one no account is made; a known subject goes on without."""
    nameless = f"Bearer {token({'email': None})}"
    assert "no e-mail address" in await refusal(accounts, None, nameless)
    await accounts.identify(None, f"Bearer {token()}")
    assert (await accounts.identify(None, nameless)).user.id == ADA


async def test_a_proven_address_turns_its_invites_active(accounts: Accounts, doors: Doors) -> None:
    """The issuer vouches for the address, so every invite for it becomes a collaboration at first sight."""
    workbooks = {await invite(doors, "ada@example.com", text) for text in ("one", "two")}
    await invite(doors, "ben@example.com", "three")
    user = (await accounts.identify(None, f"Bearer {token({'email': 'Ada@example.com'})}")).user
    assert await shared_with(doors, user) == dict.fromkeys(workbooks, "editor")


async def test_an_address_the_issuer_doubts_turns_nothing_active(accounts: Accounts, doors: Doors) -> None:
    """With `email_verified` false the account exists and its invites stay pending."""
    await invite(doors, "ada@example.com")
    user = (await accounts.identify(None, f"Bearer {token({'email_verified': False})}")).user
    assert await shared_with(doors, user) == {}


async def test_other_issuers_subjects_are_people_too(doors: Doors) -> None:
    """A subject that is no UUID gets an id of ours, once, however many requests come first."""
    key = RSAKey.generate_key(2048, {"kid": "one"})

    async def fetch() -> object:
        return {"keys": [key.as_dict(private=False)]}

    accounts = accounts_on(doors, tokens=Tokens(PublishedKeys(fetch), audience=AUDIENCE, issuer=ISSUER))

    def bearer(subject: str, email: str) -> str:
        claims = {"iss": ISSUER, "sub": subject, "email": email}
        return f"Bearer {token(claims, key=key, algorithm='RS256', header={'kid': 'one'})}"

    first = bearer("auth0|ada", "ada@example.com")
    callers = await asyncio.gather(*(accounts.identify(None, first) for _ in range(5)))
    (ada,) = {caller.user for caller in callers}
    assert (await accounts.identify(None, bearer("auth0|ada", "new@example.com"))).user == ada
    assert (await accounts.identify(None, bearer("auth0|ben", "ben@example.com"))).user.id != ada.id
    assert "Another account holds" in await refusal(accounts, None, bearer("auth0|eve", "ada@example.com"))
