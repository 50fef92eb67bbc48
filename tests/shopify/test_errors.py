"""A number is complete or an error: what the cell shows when Shopify does not answer as it should."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import GraphQLError

from gridos.grid import CellError
from gridos.sandbox import ShopifyStore
from gridos.sandbox.shopify.api import client_id, client_secret
from tests.shopify.orders import DAY, fill, place
from tests.shopify.teller import NUMBERS, Teller

Order = Callable[..., Awaitable[None]]
FUNCTIONS = (*NUMBERS, "PRODUCT_COUNT")

SHOP: dict[str, Any] = {
    "shop": {"ianaTimezone": "UTC", "currencyCode": "EUR"},
    "currentAppInstallation": {"accessScopes": []},
    "ordersCount": {"count": 0, "precision": "EXACT"},
}
ROW: dict[str, Any] = {
    "id": "gid://shopify/Order/1",
    "createdAt": "2026-01-01T00:00:00Z",
    "cancelledAt": None,
    "test": False,
    "totalPriceSet": {"shopMoney": {"amount": "1.00", "currencyCode": "EUR"}},
}


def _listed(*rows: Any, more: bool = False, count: Any = None) -> dict[str, Any]:
    page = {"hasNextPage": more, "endCursor": "x"}
    counted = {"count": len(rows) if count is None else count, "precision": "EXACT"}
    return {**SHOP, "ordersCount": counted, "orders": {"nodes": list(rows), "pageInfo": page}, "all": counted}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"status": 401}, "AUTH"),
        ({"status": 403}, "FORBIDDEN"),
        ({"status": 404}, "404"),
        ({"status": 402}, "402"),
        ({"status": 423}, "423"),
        ({"status": 429, "headers": {"Retry-After": "600"}}, "429"),
        ({"status": 500}, "500"),
        ({"close": True}, "OFFLINE"),
        ({"html": True}, "ERROR"),
        ({"redirect": "https://example.com/"}, "ERROR"),
        ({"body": {"errors": "[API] Something broke"}}, "ERROR"),
        ({"body": []}, "ERROR"),
        ({"body": {}}, "ERROR"),
        ({"body": {"data": None}}, "ERROR"),
        ({"body": {"data": {}}}, "ERROR"),
        ({"body": {"data": {"productsCount": {"count": 3, "precision": "AT_LEAST"}}}}, "ERROR"),
        ({"body": {"data": {"productsCount": {"count": True, "precision": "EXACT"}}}}, "ERROR"),
    ],
)
async def test_failed_answer_is_the_cells_error(
    teller: Teller, order: Order, function: str, fault: dict[str, Any], word: str
) -> None:
    """Nothing but an answer of Shopify's becomes a number."""
    await order(path="/admin", **fault)
    assert await teller.word(function) == f"#SHOPIFY_{word}!"


async def test_unknown_store_says_what_to_check(teller: Teller, order: Order) -> None:
    """A mistyped domain is answered with 404; the cell's details lead to the domain."""
    await order(path="/admin", status=404)
    error = await teller.error("REVENUE")
    assert "store" in error.detail
    assert "store domain" in error.action


@pytest.mark.parametrize(
    ("scope", "function", "shown"),
    [
        ("read_orders", "REVENUE", "read_orders"),
        ("read_orders", "ORDER_COUNT", "read_orders"),
        ("read_products", "PRODUCT_COUNT", "read_products"),
    ],
)
async def test_missing_scope_is_named(
    teller: Teller, store: ShopifyStore, scope: str, function: str, shown: str
) -> None:
    """An app that lacks a scope says which one, and where to get it; what needs another scope still works."""
    store.scopes -= {scope}
    error = await teller.error(function)
    assert error.code == "#SHOPIFY_FORBIDDEN!"
    assert shown in error.detail
    assert shown in error.action
    other = "PRODUCT_COUNT" if scope == "read_orders" else "ORDER_COUNT"
    assert await teller.ask(other) == 0


async def test_errors_beside_data_make_the_answer_an_error(teller: Teller, order: Order) -> None:
    """Half an answer is none; the cell shows the error's code and the request's id, not its words."""
    error = {"message": "canary words", "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "a1b2-c3d4-e5"}}
    await order(body={"data": _listed(ROW), "errors": [error]})
    shown = await teller.error("ORDER_COUNT")
    assert shown.code == "#SHOPIFY_ERROR!"
    assert "INTERNAL_SERVER_ERROR" in shown.detail
    assert "a1b2-c3d4-e5" in shown.detail
    assert "canary" not in repr(shown)


async def test_throttled_question_waits_and_is_asked_again(teller: Teller, store: ShopifyStore) -> None:
    """A budget that is used up fills again; the number comes late, and whole."""
    fill(store, 700, age=DAY)
    store.capacity, store.available, store.restore_rate = 1_000, 500, 2_000
    assert await teller.ask("ORDER_COUNT") == 700


async def test_budget_that_stays_empty_is_a_limit(teller: Teller, store: ShopifyStore) -> None:
    """When it would take too long, the cell says when it is asked again."""
    store.capacity, store.available, store.restore_rate = 1_000, 0, 0.1
    error = await teller.error("ORDER_COUNT")
    assert error.code == "#SHOPIFY_429!"
    assert error.retry_at is not None
    assert error.retry_at > time.time() + 5


async def test_limit_in_the_middle_of_the_pages_is_no_smaller_number(teller: Teller, store: ShopifyStore) -> None:
    """The pages that were read before are not shown as if they were all."""
    fill(store, 1_000, age=DAY)
    teller.set(_LONGEST_WAITS=0.5)
    pages: list[int] = []

    def throttle_late() -> None:
        pages.append(1)
        if len(pages) > 3:
            raise GraphQLError("Throttled", extensions={"code": "THROTTLED"})

    store.before_page = throttle_late
    assert await teller.word("ORDER_COUNT") == "#SHOPIFY_429!"


async def test_refused_export_is_an_error_where_pages_would_take_too_long(teller: Teller, store: ShopifyStore) -> None:
    """What Shopify calls a user's error is shown with its code."""
    fill(store, 3_000, age=DAY)
    teller.set(_MOST_BY_PAGES=10, _ORDER="id createdAt cancelledAt test totalPriceSet { shopMoney { nothing } }")
    error = await teller.error("ORDER_COUNT")
    assert error.code == "#SHOPIFY_ERROR!"
    assert "INVALID" in error.detail


@pytest.mark.parametrize(
    "data",
    [
        {**SHOP, "shop": None},
        {**SHOP, "shop": {"ianaTimezone": "Mars/Olympus", "currencyCode": "EUR"}},
        {**SHOP, "shop": {"ianaTimezone": "../../etc/passwd", "currencyCode": "EUR"}},
        {**SHOP, "currentAppInstallation": {"accessScopes": None}},
        {**SHOP, "currentAppInstallation": {"accessScopes": [1]}},
        {**_listed(ROW), "orders": None},
        _listed(1),
        _listed({}),
        _listed(more=True),
        _listed(ROW, more=True, count=2),
        _listed(count=1),
        _listed({**ROW, "id": None}),
        _listed({**ROW, "test": None}),
        _listed({**ROW, "createdAt": "yesterday"}),
        _listed({**ROW, "createdAt": "2026-01-01T00:00:00"}),
        _listed({**ROW, "createdAt": None}),
    ],
)
async def test_answer_without_its_members_is_an_error(teller: Teller, order: Order, data: dict[str, Any]) -> None:
    """An answer of another shape never becomes a number, and the connector does not ask for ever."""
    await order(body={"data": data})
    assert [await teller.word(name) for name in NUMBERS] == ["#SHOPIFY_ERROR!"] * 3
    assert teller.sent() < 20


@pytest.mark.parametrize("amount", [None, 1.5, "", "abc", "1e9", "NaN", "0.00001", "\u0661"])
async def test_amount_that_cannot_be_read_is_an_error(teller: Teller, order: Order, amount: Any) -> None:
    """One price that makes no sense stops the whole sum."""
    row = {**ROW, "createdAt": _now(), "totalPriceSet": {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}}
    await order(body={"data": _listed(row)})
    assert await teller.word("REVENUE") == "#SHOPIFY_ERROR!"


@pytest.mark.parametrize("currency", [None, "", "eur", "EURO", "XXX"])
async def test_currency_that_cannot_be_read_is_an_error(teller: Teller, order: Order, currency: Any) -> None:
    """A price is in a currency of three letters."""
    row = {**ROW, "createdAt": _now(), "totalPriceSet": {"shopMoney": {"amount": "1.00", "currencyCode": currency}}}
    await order(body={"data": _listed(row)})
    assert await teller.word("REVENUE") == "#SHOPIFY_ERROR!"


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))


# Connecting with an app's id and secret


def _app(store: ShopifyStore, **other: str) -> dict[str, str]:
    secrets = {"STORE_DOMAIN": store.domain, "CLIENT_ID": client_id(store), "CLIENT_SECRET": client_secret(store)}
    return secrets | other


async def test_app_connects_by_a_minted_token(connect: Callable[..., Teller], store: ShopifyStore) -> None:
    """Id and secret of an app are exchanged once, for all calls."""
    fill(store, 5)
    teller = connect(_app(store))
    assert await teller.numbers() == [50, 5, 10]
    assert len(store.minted) == 1


async def test_token_that_ran_out_is_minted_again(connect: Callable[..., Teller], store: ShopifyStore) -> None:
    """After a refusal another token is asked for, and the number comes."""
    teller = connect(_app(store))
    assert await teller.ask("ORDER_COUNT") == 0
    place(store)
    store.minted.clear()
    assert await teller.ask("ORDER_COUNT", fresh=True) == 1


@pytest.mark.parametrize("wrong", [{"CLIENT_SECRET": "shpss_wrong_secret"}, {"CLIENT_ID": "nobody"}])
async def test_wrong_app_is_not_connected(
    connect: Callable[..., Teller], store: ShopifyStore, wrong: dict[str, str]
) -> None:
    """A pair that Shopify does not take is an error of the connection, and says nothing of the secret."""
    error = await connect(_app(store, **wrong)).ask("REVENUE")
    assert isinstance(error, CellError)
    assert error.code == "#SHOPIFY_AUTH!"
    assert "shpss" not in repr(error)


async def test_wrong_token_is_not_connected(connect: Callable[..., Teller], store: ShopifyStore) -> None:
    """A token that no store has is an error of the connection."""
    teller = connect({"STORE_DOMAIN": store.domain, "ADMIN_TOKEN": "shpat_nobodys_token"})
    assert [await teller.word(name) for name in FUNCTIONS] == ["#SHOPIFY_AUTH!"] * 4


@pytest.mark.parametrize("domain", ["evil.example.com", "a.myshopify.com.evil.test", "a.myshopify.com/x", "127.0.0.1"])
async def test_domain_that_is_no_shops_is_never_asked(connect: Callable[..., Teller], domain: str) -> None:
    """Even a stored value that slipped past the form sends no token anywhere."""
    teller = connect({"STORE_DOMAIN": domain, "ADMIN_TOKEN": "shpat_a_token_of_somebody"})
    shown = await teller.ask("REVENUE")
    assert isinstance(shown, CellError)
    assert shown.code == "#BLOCKED!"
    assert teller.sent() == 0


async def test_testing_a_connection_names_the_shop_and_missing_scopes(teller: Teller, store: ShopifyStore) -> None:
    """Whoever configures learns whose store it is, and what the app still lacks."""
    store.title = "Ada's Teapots"
    proof = await teller.fetcher.verify(teller.plugin.manifest, await teller.open(teller.ref))
    assert (proof.health, proof.account) == ("connected", "Ada's Teapots")
    store.scopes = frozenset({"write_orders"})
    proof = await teller.fetcher.verify(teller.plugin.manifest, await teller.open(teller.ref))
    assert proof.health == "needs_attention"
    assert proof.message == "Connected to Shopify as Ada's Teapots, but without read_products."
