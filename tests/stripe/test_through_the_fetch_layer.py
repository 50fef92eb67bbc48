"""The connector as a cell meets it: engine, fetch layer and manifest are the real ones."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from gridos.plugins import shipped_folder
from gridos.sandbox import STRIPE_KEYS, Sandbox, StripeAccount, stripe_accounts
from gridos.testing import evaluate


@pytest.fixture(scope="module")
def people() -> dict[str, StripeAccount]:
    """The usual people, invented once."""
    return stripe_accounts()


@pytest.fixture
async def sandbox(people: dict[str, StripeAccount]) -> AsyncIterator[Sandbox]:
    """Their stand-in, without faults."""
    async with Sandbox(accounts=people) as sandbox:
        yield sandbox


async def _cell(sandbox: Sandbox, formula: str, name: str = "ada") -> object:
    secrets = {"SECRET_KEY": STRIPE_KEYS[name]} if name else {}
    return await asyncio.to_thread(
        evaluate, formula, plugin=shipped_folder() / "stripe", secrets=secrets, upstream=sandbox.url
    )


async def _order(sandbox: Sandbox, **fault: Any) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.url}/_sandbox/faults", json=fault) as response,
    ):
        assert response.status == 201


async def test_every_function_of_the_manifest_gives_a_number(sandbox: Sandbox) -> None:
    """Ada's cells show numbers, and functions can be used inside larger formulas."""
    for call in ("REVENUE()", "REVENUE(,)", "REVENUE(7)", "CHARGE_COUNT(365)", "MRR()", "ACTIVE_SUBSCRIBERS()"):
        assert isinstance(await _cell(sandbox, f"=STRIPE_{call}"), int | float)
    assert await _cell(sandbox, "=STRIPE_CUSTOMER_COUNT() / 6") == 10


async def test_blank_cell_as_days_is_thirty(sandbox: Sandbox) -> None:
    """A reference to an empty cell is an argument left out."""
    thirty = await _cell(sandbox, "=STRIPE_REVENUE(30)")
    assert thirty
    assert await _cell(sandbox, "=STRIPE_REVENUE(B7)") == thirty


@pytest.mark.parametrize(
    ("formula", "name", "shown"),
    [
        ("=STRIPE_REVENUE(0)", "ada", "#NUM!"),
        ('=STRIPE_REVENUE("abc")', "ada", "#VALUE!"),
        ("=STRIPE_REVENUE(365)", "kim", "#STRIPE_CURRENCY!"),
        ("=STRIPE_MRR()", "weak", "#STRIPE_FORBIDDEN!"),
        ("=STRIPE_MRR()", "", "#STRIPE_AUTH!"),
        ("=STRIPE_MRR()", "new", 0),
    ],
)
async def test_cell_shows_what_the_contract_names(sandbox: Sandbox, formula: str, name: str, shown: object) -> None:
    """Words of the connector pass through the layers unchanged."""
    assert await _cell(sandbox, formula, name) == shown


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        ({"status": 401}, "#STRIPE_AUTH!"),
        ({"status": 403}, "#STRIPE_FORBIDDEN!"),
        ({"html": True}, "#STRIPE_ERROR!"),
        ({"redirect": "/v1/customers"}, "#STRIPE_ERROR!"),
        ({"status": 418}, "#STRIPE_418!"),
        ({"status": 500}, "#STRIPE_500!"),
        ({"status": 429, "headers": {"Retry-After": "600"}}, "#STRIPE_429!"),
        ({"close": True}, "#STRIPE_OFFLINE!"),
    ],
)
async def test_broken_upstream_is_an_error(sandbox: Sandbox, fault: dict[str, Any], shown: str) -> None:
    """Nothing but Stripe's own answers becomes a number."""
    await _order(sandbox, **fault)
    assert await _cell(sandbox, "=STRIPE_REVENUE()") == shown
