"""An empty account on a real socket, which each test fills with what it is about."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from gridos.sandbox import Sandbox, StripeAccount
from tests.stripe.rows import Rows
from tests.stripe.teller import Teller


@pytest.fixture
def account() -> StripeAccount:
    """An account without a row."""
    return StripeAccount("test")


@pytest.fixture
def rows(account: StripeAccount) -> Rows:
    """A pen to write into it."""
    return Rows(account)


@pytest.fixture
async def teller(account: StripeAccount) -> AsyncIterator[Teller]:
    """The connector, connected to it."""
    async with Sandbox(accounts={"sk_test": account}) as sandbox, aiohttp.ClientSession() as session:
        yield Teller(session, sandbox, "sk_test", account)
