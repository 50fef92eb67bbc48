"""The sandbox on a real socket, with the usual people."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import aiohttp
import pytest

from gridos.sandbox import STRIPE_KEYS, Sandbox, StripeAccount, invent, stripe_accounts
from gridos.sandbox.stripe.inventing import midnight


class Caller:
    """Asks the sandbox as a program would ask Stripe."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox, accounts: dict[str, StripeAccount]) -> None:
        self.session = session
        self.url = sandbox.url
        self.accounts = {account.name: account for account in accounts.values()}

    async def get(self, path: str, name: str = "ada", key: str | None = None) -> tuple[int, Any]:
        """Status and decoded body of a GET with somebody's key."""
        headers = {"Authorization": f"Bearer {STRIPE_KEYS[name] if key is None else key}"}
        async with self.session.get(self.url + path, headers=headers) as response:
            return response.status, await response.json()

    async def rows(self, path: str, name: str = "ada") -> list[Any]:
        """The rows of a page that must come."""
        status, body = await self.get(path, name)
        assert status == 200, body
        return body["data"]

    async def error(self, path: str, name: str = "ada", key: str | None = None) -> tuple[int, Any]:
        """Status and `error` of a request that must be refused."""
        status, body = await self.get(path, name, key)
        assert status >= 400, body
        return status, body["error"]


@pytest.fixture(scope="session")
def people() -> dict[str, StripeAccount]:
    """The usual people, invented once: nobody may change them."""
    return stripe_accounts()


@pytest.fixture
async def caller(people: dict[str, StripeAccount]) -> AsyncIterator[Caller]:
    """A caller of a fresh sandbox."""
    async with Sandbox(accounts=people) as sandbox, aiohttp.ClientSession() as session:
        yield Caller(session, sandbox, people)


@pytest.fixture
async def writer() -> AsyncIterator[Caller]:
    """A caller whose only account, Ada's, may be changed."""
    accounts = {STRIPE_KEYS["ada"]: invent(StripeAccount("ada"), Random(1), midnight(), charges=20)}
    async with Sandbox(accounts=accounts) as sandbox, aiohttp.ClientSession() as session:
        yield Caller(session, sandbox, accounts)
