"""Accounts in a database of their own."""

import pytest

from gridos.accounts import Accounts
from gridos.db import Doors
from tests.accounts.given import Clock, accounts_on, shared_secret_tokens


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def accounts(doors: Doors, clock: Clock) -> Accounts:
    """Open sign-up, and tokens of an issuer that shares a secret with us."""
    return accounts_on(doors, clock=clock, tokens=shared_secret_tokens())
