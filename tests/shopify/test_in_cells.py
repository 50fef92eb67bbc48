"""The connector's formulas through the engine, as a person types them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gridos.plugins import shipped_folder
from gridos.sandbox import SHOPIFY_TOKENS, Sandbox, shopify_domain
from gridos.testing import evaluate


@pytest.fixture(scope="module")
async def people() -> AsyncIterator[Sandbox]:
    """The stand-in with the usual people."""
    async with Sandbox() as sandbox:
        yield sandbox


async def _cell(sandbox: Sandbox, formula: str, name: str = "ada", **secrets: str) -> object:
    stored = secrets or {"STORE_DOMAIN": shopify_domain(name), "ADMIN_TOKEN": SHOPIFY_TOKENS[name]}
    return await asyncio.to_thread(
        evaluate, formula, plugin=shipped_folder() / "shopify", secrets=stored, upstream=sandbox.url
    )


async def test_every_function_gives_a_number(people: Sandbox) -> None:
    """Ada's cells show numbers, and functions can be used inside larger formulas."""
    for call in ("REVENUE()", "REVENUE(7)", "ORDER_COUNT(B7)", "AVG_ORDER_VALUE(365)", "PRODUCT_COUNT()"):
        shown = await _cell(people, f"=SHOPIFY_{call}")
        assert isinstance(shown, int | float)
        assert shown > 0
    formula = "=ROUND(SHOPIFY_REVENUE(90)/SHOPIFY_ORDER_COUNT(90)-SHOPIFY_AVG_ORDER_VALUE(90),6)"
    assert await _cell(people, formula) == 0


@pytest.mark.parametrize(
    ("formula", "name", "shown"),
    [
        ("=SHOPIFY_REVENUE(0)", "ada", "#NUM!"),
        ("=SHOPIFY_REVENUE(9999)", "ada", "#NUM!"),
        ('=SHOPIFY_REVENUE("abc")', "ada", "#VALUE!"),
        ("=SHOPIFY_REVENUE({1,2})", "ada", "#VALUE!"),
        ("=SHOPIFY_REVENUE(1/0)", "ada", "#DIV/0!"),
        ("=SHOPIFY_REVENUE(1,2)", "ada", "#VALUE!"),
        ("=SHOPIFY_PRODUCT_COUNT(1)", "ada", "#VALUE!"),
        ("=SHOPIFY_ORDER_COUNT(90)", "sixty", "#SHOPIFY_FORBIDDEN!"),
        ("=SHOPIFY_ORDER_COUNT()", "weak", "#SHOPIFY_FORBIDDEN!"),
        ("=SHOPIFY_PRODUCT_COUNT()", "weak", 5),
        ("=SHOPIFY_ORDER_COUNT(365)", "new", 0),
        ("=SHOPIFY_AVG_ORDER_VALUE(365)", "new", 0),
    ],
)
async def test_cell_shows_what_the_contract_names(people: Sandbox, formula: str, name: str, shown: object) -> None:
    """Words of the connector pass through the layers unchanged."""
    assert await _cell(people, formula, name) == shown


async def test_nothing_stored_is_an_error(people: Sandbox) -> None:
    """A domain alone is no connection."""
    assert await _cell(people, "=SHOPIFY_REVENUE()", STORE_DOMAIN="ada-sandbox.myshopify.com") == "#SHOPIFY_AUTH!"
