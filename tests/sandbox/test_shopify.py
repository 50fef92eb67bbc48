"""The stand-in answers as Shopify would, where a connector can tell the difference."""

import time
from collections.abc import AsyncIterator
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from gridos.sandbox import SHOPIFY_TOKENS, Sandbox, ShopifyStore, shopify_stores
from tests.shopify.orders import DAY, fill, place

TOKEN = "shpat_test"


class Shop:
    """Asks the sandbox as a program would ask Shopify."""

    def __init__(self, session: aiohttp.ClientSession, url: str, store: ShopifyStore) -> None:
        self.session = session
        self.url = url
        self.store = store

    async def post(self, query: str, token: str = TOKEN, **variables: Any) -> tuple[int, Any]:
        """Status and body of a question."""
        async with self.session.post(
            f"{self.url}/admin/api/2026-10/graphql.json",
            json={"query": query, "variables": variables},
            headers={"X-Shopify-Access-Token": token},
        ) as response:
            return response.status, await response.json()

    async def data(self, query: str, **variables: Any) -> Any:
        """The data of a question that must be answered."""
        status, body = await self.post(query, **variables)
        assert status == 200
        assert "errors" not in body, body
        return body["data"]

    async def error(self, query: str, **variables: Any) -> Any:
        """The first error of a question that must be refused."""
        status, body = await self.post(query, **variables)
        assert status == 200
        return body["errors"][0]


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """An empty store, and somebody who asks about it."""
    store = ShopifyStore("test", capacity=1e9)
    async with Sandbox(accounts={}, shopify={TOKEN: store}) as sandbox, aiohttp.ClientSession() as session:
        yield Shop(session, sandbox.url, store)


def test_people_are_invented_and_alike_each_time() -> None:
    """The same seed gives the same orders, every token is recognisable, and two people have different numbers."""
    first, second = shopify_stores(), shopify_stores()
    assert [store.name for store in first.values()] == list(SHOPIFY_TOKENS)
    assert all(token.startswith("shpat_sandbox_") for token in first)
    ada, ben = (first[SHOPIFY_TOKENS[name]] for name in ("ada", "ben"))
    assert [order.total for order in ada.orders] == [order.total for order in second[SHOPIFY_TOKENS["ada"]].orders]
    assert {len(ada.orders), len(ben.orders), len(first[SHOPIFY_TOKENS["max"]].orders)} == {600, 230, 12_345}
    assert all(order.created <= time.time() for store in first.values() for order in store.orders)
    assert any(order.test for order in ada.orders)
    assert any(order.cancelled for order in ada.orders)
    assert any(order.shown[1] != ada.currency for order in ada.orders)
    assert all(ZoneInfo(store.zone) for store in first.values())


def test_volume_on_demand() -> None:
    """One store has as many orders as are asked for."""
    assert len(shopify_stores(orders=20_000)[SHOPIFY_TOKENS["max"]].orders) == 20_000


async def test_unknown_token_is_refused(shop: Shop) -> None:
    """As at Shopify: 401, and errors that are a text."""
    status, body = await shop.post("{ shop { name } }", token="shpat_nobody")
    assert status == 401
    assert isinstance(body["errors"], str)


async def test_unknown_fields_fail(shop: Shop) -> None:
    """A misspelt field is an error and brings no data."""
    assert "total" in (await shop.error("{ orders(first: 1, sortKey: CREATED_AT) { nodes { total } } }"))["message"]
    assert "data" not in (await shop.post("{ nothing }"))[1]


@pytest.mark.parametrize("query", ["total_price:>5", "created_at:>=yesterday", "created_at:>=2026-01-01", "status:odd"])
async def test_search_that_is_not_understood_is_refused(shop: Shop, query: str) -> None:
    """A filter is never left out silently."""
    place(shop.store)
    await shop.error("query ($q: String) { ordersCount(query: $q) { count } }", q=query)


async def test_pages_hold_at_most_250_orders(shop: Shop) -> None:
    """A page says whether more follow, and its cursor leads there."""
    fill(shop.store, 600)
    page = """query ($first: Int, $after: String) { orders(first: $first, after: $after, sortKey: CREATED_AT) {
      nodes { id } pageInfo { hasNextPage endCursor } } }"""
    assert "250" in (await shop.error(page, first=251))["message"]
    seen, cursor, sizes = set[str](), None, list[int]()
    while True:
        orders = (await shop.data(page, first=250, after=cursor))["orders"]
        sizes.append(len(orders["nodes"]))
        seen |= {node["id"] for node in orders["nodes"]}
        if not orders["pageInfo"]["hasNextPage"]:
            break
        cursor = orders["pageInfo"]["endCursor"]
    assert (sizes, len(seen)) == ([250, 250, 100], 600)


async def test_counts_are_capped_unless_told_otherwise(shop: Shop) -> None:
    """The usual limit is 10,000, and says so."""
    fill(shop.store, 10_001)
    assert (await shop.data("{ ordersCount { count precision } }"))["ordersCount"] == {
        "count": 10_000,
        "precision": "AT_LEAST",
    }
    assert (await shop.data("{ ordersCount(limit: null) { count precision } }"))["ordersCount"] == {
        "count": 10_001,
        "precision": "EXACT",
    }


async def test_old_orders_are_hidden_without_a_word(shop: Shop) -> None:
    """An app without `read_all_orders` sees 60 days, and nothing says so."""
    fill(shop.store, 100, every=DAY)
    assert (await shop.data("{ ordersCount { count precision } }"))["ordersCount"]["count"] == 100
    shop.store.scopes -= {"read_all_orders"}
    assert (await shop.data("{ ordersCount { count precision } }"))["ordersCount"] == {
        "count": 60,
        "precision": "EXACT",
    }


async def test_missing_scope_is_named(shop: Shop) -> None:
    """The refusal stands beside whatever else was asked."""
    shop.store.scopes = frozenset({"read_products"})
    _, body = await shop.post("{ shop { name } ordersCount { count } }")
    assert body["data"] == {"shop": {"name": "Test"}, "ordersCount": None}
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert "`read_orders`" in body["errors"][0]["extensions"]["requiredAccess"]


async def test_budget_is_told_spent_and_filled(shop: Shop) -> None:
    """What an answer really cost is taken; a question that asks for more than there is is throttled."""
    fill(shop.store, 3)
    shop.store.capacity = shop.store.available = 800
    query = "{ orders(first: 250, sortKey: CREATED_AT) { nodes { id totalPriceSet { shopMoney { amount } } } } }"
    _, body = await shop.post(query)
    cost = body["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (752, 11)
    assert cost["throttleStatus"]["maximumAvailable"] == 800
    shop.store.available, shop.store.restore_rate = 100, 0
    _, body = await shop.post(query)
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in body
    assert body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 100


async def test_question_that_costs_too_much_is_refused(shop: Shop) -> None:
    """No single question may cost more than 1,000 points."""
    money = "{ shopMoney { amount } }"
    rows = f"nodes {{ totalPriceSet {money} originalTotalPriceSet {money} }}"
    error = await shop.error(f"{{ orders(first: 250, sortKey: CREATED_AT) {{ {rows} }} }}")
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"


START = "mutation ($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id } userErrors { code } } }"
POLL = "query ($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount url } }"
EXPORT = "{ orders { edges { node { id totalPriceSet { presentmentMoney { amount } } } } } }"


async def test_export_writes_a_file_on_another_host(shop: Shop) -> None:
    """A line for each order, with the fields that were asked for, for everybody who has the address."""
    fill(shop.store, 1_234)
    started = (await shop.data(START, q=EXPORT))["bulkOperationRunQuery"]
    operation = (await shop.data(POLL, id=started["bulkOperation"]["id"]))["bulkOperation"]
    assert (operation["status"], operation["objectCount"]) == ("COMPLETED", "1234")
    assert operation["url"].startswith("https://storage.googleapis.com/")
    async with shop.session.get(operation["url"].replace("https://storage.googleapis.com", shop.url)) as response:
        lines = (await response.text()).splitlines()
    assert len(lines) == 1_234
    assert "presentmentMoney" in lines[0]
    assert "test" not in lines[0]


@pytest.mark.parametrize("query", ["{ shop { name } }", "{ orders { edges { node { nothing } } } }", "{", "mutation {"])
async def test_only_a_list_can_be_exported(shop: Shop, query: str) -> None:
    """What is no query of one connection is refused as a user's error."""
    refused = (await shop.data(START, q=query))["bulkOperationRunQuery"]
    assert refused == {"bulkOperation": None, "userErrors": [{"code": "INVALID"}]}


async def test_few_exports_run_at_a_time(shop: Shop) -> None:
    """One more is refused until one is done."""
    shop.store.exports_at_once, shop.store.export_seconds = 1, 60
    assert not (await shop.data(START, q=EXPORT))["bulkOperationRunQuery"]["userErrors"]
    refused = (await shop.data(START, q=EXPORT))["bulkOperationRunQuery"]
    assert refused["userErrors"] == [{"code": "LIMIT_REACHED"}]


async def test_file_that_is_not_there(shop: Shop) -> None:
    """Another store's file, or one that is not written yet, is not found."""
    async with shop.session.get(f"{shop.url}/sandbox-exports/test/1.jsonl") as response:
        assert response.status == 404


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"client_id": "sandbox-test-client-id", "client_secret": "shpss_sandbox_test_invented_secret"}, 200),
        ({"client_id": "sandbox-test-client-id", "client_secret": "wrong"}, 401),
        ({"client_id": "nobody", "client_secret": "shpss_sandbox_test_invented_secret"}, 401),
        ({"grant_type": "password"}, 400),
    ],
)
async def test_minting(shop: Shop, form: dict[str, str], status: int) -> None:
    """A token for an app's id and secret, which is good for a day."""
    form = {"grant_type": "client_credentials"} | form
    async with shop.session.post(f"{shop.url}/admin/oauth/access_token", data=form) as response:
        assert response.status == status
        body = await response.json()
    if status == 200:
        assert body["expires_in"] == 86_399
        assert (await shop.post("{ shop { name } }", token=body["access_token"]))[0] == 200


async def test_record_knows_the_store_and_not_the_token(shop: Shop) -> None:
    """What was asked can be looked up by store."""
    await shop.data("{ shop { name } }")
    async with shop.session.get(f"{shop.url}/_sandbox/requests") as response:
        record = await response.text()
    assert '"test": 1' in record
    assert TOKEN not in record
