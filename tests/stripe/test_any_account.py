"""Whatever an account holds, the connector says what its raw rows say."""

import time
from random import Random
from typing import Any

import aiohttp
import pytest

from gridos.grid import CellError
from gridos.sandbox import STRIPE_KEYS, Sandbox, StripeAccount, invent, stripe_accounts
from gridos.sandbox.stripe.inventing import days_before, midnight
from tests.stripe import oracle
from tests.stripe.teller import Teller

ACCOUNTS = 200


def _random_account(seed: int) -> StripeAccount:
    random = Random(seed)
    return invent(
        StripeAccount(f"r{seed}"),
        random,
        midnight(),
        currencies=random.choice((("eur",), ("usd",), ("jpy",), ("kwd", "usd"), ("eur", "jpy", "bhd"))),
        customers=random.randrange(1, 130),
        charges=random.randrange(260),
        subscriptions=random.randrange(45),
    )


def _is_told(shown: Any, totals: dict[str, float], currency: str | None) -> bool:
    """Whether a cell shows these totals: one number, or the error that lists them."""
    if currency is None and len(totals) > 1:
        return isinstance(shown, CellError) and shown.code == "#STRIPE_CURRENCY!"
    return shown == totals.get(currency or next(iter(totals), ""), 0)


async def _check(teller: Teller, currency: str | None, days: int) -> None:
    account, since = teller.account, days_before(midnight(), days)
    revenue = oracle.revenue(account, since)
    assert _is_told(await teller.ask("REVENUE", days, currency), revenue, currency)
    assert _is_told(await teller.ask("MRR", currency), oracle.mrr(account, time.time()), currency)
    assert await teller.ask("CHARGE_COUNT", days) == len(oracle.paid(account, since))
    assert await teller.ask("ACTIVE_SUBSCRIBERS") == len({row["customer"] for row in oracle.active(account)})
    assert await teller.ask("CUSTOMER_COUNT") == len(account.rows["customers"])


async def test_numbers_of_many_random_accounts_agree_with_an_independent_oracle() -> None:
    """No mix of charges, prices, tiers, discounts and currencies makes the connector and the raw rows differ."""
    accounts = {f"sk_test_{seed}": _random_account(seed) for seed in range(ACCOUNTS)}
    async with Sandbox(accounts=accounts) as sandbox, aiohttp.ClientSession() as session:
        for seed, (key, account) in enumerate(accounts.items()):
            currency = (None, "eur", "jpy", "usd")[seed % 4]
            await _check(Teller(session, sandbox, key, account), currency, (1, 30, 90, 365)[seed % 3])


@pytest.mark.parametrize("name", ["ada", "ben", "kim", "max", "new"])
async def test_numbers_of_the_people_agree_with_an_independent_oracle(name: str) -> None:
    """Each person of the sandbox sees their own numbers, also with 12,345 charges and customers."""
    accounts, key = stripe_accounts(), STRIPE_KEYS[name]
    async with Sandbox(accounts=accounts) as sandbox, aiohttp.ClientSession() as session:
        for days in (1, 30, 365):
            await _check(Teller(session, sandbox, key, accounts[key]), None, days)
