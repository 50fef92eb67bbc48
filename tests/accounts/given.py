"""What the tests of this room start from."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import Key, OctKey
from joserfc.jws import JWSRegistry

from gridos.accounts import (
    Accounts,
    ApiKeys,
    Browser,
    Passwords,
    Sessions,
    SharedSecret,
    SignInLimits,
    SignUp,
    Tokens,
    User,
)
from gridos.accounts.sessions import fingerprint
from gridos.db import Doors
from gridos.db.accounts import PostgresAccounts
from gridos.db.api_keys import PostgresApiKeys
from gridos.errors import SignInRequired

ADA = UUID("aaaaaaaa-0000-4000-8000-000000000001")
SECRET = "a secret that an issuer and this server share"
AUDIENCE = "authenticated"
BROWSER = Browser("203.0.113.7", "Firefox")
PASSWORD = "correct horse"
INVITE = "the token in an invite's link"
ISSUER = "https://sign-in.example.com"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.now

    def seconds(self) -> float:
        """The same time as a number."""
        return self.now.timestamp()

    def move(self, **by: float) -> None:
        """Let time pass: `seconds=60`, `days=30`."""
        self.now += timedelta(**by)


class CountedPasswords(Passwords):
    """Cheap passwords that count how often argon2 runs."""

    def __init__(self) -> None:
        super().__init__(memory=8, passes=1)
        self.hashings = 0

    async def _hash(self, encoded: bytes) -> str:
        self.hashings += 1
        return await super()._hash(encoded)

    def _verify(self, hashed: str, encoded: bytes) -> bool:
        self.hashings += 1
        return super()._verify(hashed, encoded)


def accounts_on(
    doors: Doors,
    *,
    clock: Clock | None = None,
    passwords: Passwords | None = None,
    tokens: Tokens | None = None,
    sign_up: SignUp = "open",
) -> Accounts:
    """Accounts in this database."""
    clock = clock or Clock()
    store = PostgresAccounts(doors)
    return Accounts(
        store,
        passwords=passwords or Passwords(memory=8, passes=1),
        sessions=Sessions(store, clock),
        api_keys=ApiKeys(PostgresApiKeys(doors), clock, clock.seconds),
        tokens=tokens,
        sign_up=sign_up,
        limits=SignInLimits(clock.seconds),
    )


def shared_secret_tokens(issuer: str | None = None) -> Tokens:
    """Tokens of an issuer that shares SECRET with us."""
    return Tokens(SharedSecret(SECRET), audience=AUDIENCE, issuer=issuer)


def token(
    changes: Mapping[str, Any] | None = None,
    *,
    key: Key | None = None,
    algorithm: str = "HS256",
    header: Mapping[str, Any] | None = None,
) -> str:
    """Ada's token, with changed claims; a claim changed to None is left out."""
    claims = {"sub": str(ADA), "email": "ada@example.com", "aud": AUDIENCE, "exp": int(time.time()) + 600}
    claims = {name: value for name, value in {**claims, **(changes or {})}.items() if value is not None}
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    return jwt.encode({"alg": algorithm, **(header or {})}, claims, key or OctKey.import_key(SECRET), registry=registry)


async def sign_up(accounts: Accounts, email: str = "ada@example.com", invite: str | None = None) -> tuple[User, str]:
    """A new user and the session it signed up with."""
    return await accounts.sign_up(email, PASSWORD, invite=invite, browser=BROWSER)


async def sign_in(accounts: Accounts, email: str = "ada@example.com", password: str = PASSWORD) -> str:
    """A new session."""
    return (await accounts.sign_in(email, password, browser=BROWSER)).id


async def invite(doors: Doors, email: str, text: str = INVITE) -> UUID:
    """Ben's workbook, to which he invited this address as an editor."""
    ben, workbook = uuid4(), uuid4()
    async with doors.as_service(why="test") as door:
        await door.execute("insert into public.users (id, email) values (%s, %s)", (ben, f"{ben}@example.com"))
        await door.execute(
            "insert into public.workbooks (id, owner_id, title) values (%s, %s, 'Ben''s')", (workbook, ben)
        )
        await door.execute(
            "insert into public.pending_invites (workbook_id, email, role, token_hash, invited_by)"
            " values (%s, %s, 'editor', %s, %s)",
            (workbook, email, fingerprint(text), ben),
        )
    return workbook


async def shared_with(doors: Doors, user: User) -> dict[UUID, str]:
    """The workbooks somebody collaborates on, as they see it themselves."""
    async with doors.as_user(user.id) as door:
        rows = await door.execute(
            "select workbook_id, role from public.workbook_collaborators where user_id = %s", (user.id,)
        )
        return dict(await rows.fetchall())


async def refusal(accounts: Accounts, session: str | None, authorization: str | None = None) -> str:
    """The sentence a request is refused with."""
    with pytest.raises(SignInRequired) as error:
        await accounts.identify(session, authorization)
    return str(error.value)
