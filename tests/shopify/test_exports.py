"""Large histories come in one file that Shopify writes; when that fails, page by page."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from graphql import GraphQLError

from gridos.fetching.upstream import PATIENCE
from gridos.sandbox import Sandbox, ShopifyStore
from gridos.sandbox.shopify import schema
from gridos.sandbox.shopify.api import ShopifyApi
from tests.fetching.stage import until
from tests.shopify.orders import DAY, fill
from tests.shopify.teller import TOKEN, Teller

Asked = Callable[[], Awaitable[Mapping[str, int]]]
Order = Callable[..., Awaitable[None]]
COUNT = 3_000


@pytest.fixture(autouse=True)
def history(store: ShopifyStore) -> None:
    """More orders of a few days than are read by pages."""
    fill(store, COUNT, age=9 * DAY, every=100)


def _files(asked: Mapping[str, int]) -> int:
    return sum(times for path, times in asked.items() if path.startswith("/sandbox-exports/"))


async def test_history_comes_in_one_file(teller: Teller, store: ShopifyStore, asked: Asked) -> None:
    """The orders are read from another host's file, in few requests, and their days are kept."""
    assert await teller.numbers() == [10 * COUNT, COUNT, 10]
    assert len(store.exports) == _files(await asked()) == 1
    assert teller.sent() < 12
    assert await teller.ask("ORDER_COUNT", 30, fresh=True) == COUNT
    assert len(store.exports) == 1


async def test_export_that_takes_a_while_is_waited_for(teller: Teller, store: ShopifyStore) -> None:
    """The operation is polled until it is done."""
    store.export_seconds = 0.6
    assert await teller.ask("ORDER_COUNT") == COUNT


async def test_file_is_fetched_without_the_token(teller: Teller, asked: Asked) -> None:
    """The stand-in of the other host refuses any secret, and gets none."""
    assert await teller.ask("ORDER_COUNT") == COUNT
    assert _files(await asked()) == 1


@pytest.mark.parametrize("reason", ["INTERNAL_SERVER_ERROR", "TIMEOUT"])
async def test_failed_export_gives_way_to_pages(teller: Teller, store: ShopifyStore, reason: str) -> None:
    """The slower road brings the same numbers."""
    store.export_failure = reason
    assert await teller.numbers() == [10 * COUNT, COUNT, 10]


@pytest.mark.parametrize("cut", [0, 1, COUNT - 1])
async def test_file_that_is_cut_short_is_no_smaller_number(teller: Teller, store: ShopifyStore, cut: int) -> None:
    """A file without its last lines is noticed, and pages bring what it lacks."""
    store.export_cut = cut
    assert await teller.numbers() == [10 * COUNT, COUNT, 10]


@pytest.mark.parametrize("fault", [{"status": 404}, {"html": True}, {"close": True}, {"body": [1]}])
async def test_file_that_cannot_be_read_gives_way_to_pages(teller: Teller, order: Order, fault: dict[str, Any]) -> None:
    """Whatever the other host answers, only a whole file becomes a number."""
    await order(path="/sandbox-exports", **fault)
    assert await teller.ask("ORDER_COUNT") == COUNT


async def test_export_in_progress_is_waited_for(teller: Teller, store: ShopifyStore) -> None:
    """A full house says that nothing was started, so it is asked for again until there is room."""
    store.exports_at_once = 0
    cell = asyncio.create_task(teller.ask("ORDER_COUNT"))
    await until(lambda: teller.sent() >= 6)
    assert not cell.done()
    assert not store.exports
    store.exports_at_once = 1
    assert await cell == COUNT
    assert len(store.exports) == 1


async def test_blocks_export_one_after_the_other_where_only_one_may_run(teller: Teller, store: ShopifyStore) -> None:
    """Several blocks want a file at the same time; the others wait for their turn."""
    fill(store, COUNT, age=40 * DAY, every=100)
    store.exports_at_once, store.export_seconds = 1, 0.3
    assert await teller.ask("ORDER_COUNT", 90) == 2 * COUNT
    assert len(store.exports) == 2


async def test_full_house_that_stays_full_gives_way_to_pages(teller: Teller, store: ShopifyStore) -> None:
    """After a while the orders are read without a file."""
    store.exports_at_once = 0
    teller.set(_BUSY_FOR=0.5)
    assert await teller.ask("ORDER_COUNT") == COUNT
    assert not store.exports


async def test_far_too_many_orders_for_pages_wait_for_room(teller: Teller, store: ShopifyStore) -> None:
    """Where pages would take hours, a full house is a limit that passes."""
    store.exports_at_once = 0
    teller.set(_BUSY_FOR=0.5, _MOST_BY_PAGES=COUNT - 1)
    error = await teller.error("ORDER_COUNT")
    assert error.code == "#SHOPIFY_429!"
    assert error.retry_at


async def test_far_too_many_orders_for_pages_show_why_their_export_failed(teller: Teller, store: ShopifyStore) -> None:
    """There is no other road, so the reason is the cell's error."""
    store.export_failure = "INTERNAL_SERVER_ERROR"
    teller.set(_MOST_BY_PAGES=COUNT - 1)
    error = await teller.error("ORDER_COUNT")
    assert error.code == "#SHOPIFY_ERROR!"
    assert "INTERNAL_SERVER_ERROR" in error.detail


async def test_export_that_is_not_permitted_is_forbidden(teller: Teller, store: ShopifyStore) -> None:
    """An app that may not export is told so, not worked around."""
    store.export_failure = "ACCESS_DENIED"
    assert await teller.word("ORDER_COUNT") == "#SHOPIFY_FORBIDDEN!"


async def test_start_that_got_lost_is_not_sent_again(store: ShopifyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutation whose answer never came may have been done, so pages are read instead of starting a second one."""
    answer = ShopifyApi.graphql

    async def lose_the_start(api: ShopifyApi, request: web.Request) -> web.Response:
        response = await answer(api, request)
        if "bulkOperationRunQuery" in await request.text() and request.transport:
            request.transport.abort()
        return response

    monkeypatch.setattr(ShopifyApi, "graphql", lose_the_start)
    monkeypatch.setattr(Teller, "patience", PATIENCE)
    async with Sandbox(accounts={}, shopify={TOKEN: store}) as sandbox, aclosing(Teller(sandbox, store)) as teller:
        assert await teller.ask("ORDER_COUNT") == COUNT
    assert len(store.exports) == 1


async def test_query_pages_over_no_more_than_it_may(
    teller: Teller, store: ShopifyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond Shopify's 25,000 objects of one query another one goes on at its last second; no order comes twice."""
    monkeypatch.setattr(schema, "MOST_OF_A_QUERY", 1_000)
    teller.set(_MOST_BY_ONE_QUERY=1_000, _SLICE=1)
    store.export_failure = "TIMEOUT"
    store.orders.clear()
    fill(store, 5_432, age=3 * DAY, every=0.01)
    assert await teller.numbers() == [54_320, 5_432, 10]


async def test_more_orders_of_one_second_than_a_query_brings_is_an_error(
    teller: Teller, store: ShopifyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Going on at the last second would go round in circles; it stops instead."""
    monkeypatch.setattr(schema, "MOST_OF_A_QUERY", 1_000)
    teller.set(_MOST_BY_ONE_QUERY=1_000)
    store.export_failure = "TIMEOUT"
    store.orders.clear()
    fill(store, 2_100, age=3 * DAY, every=0)
    assert await teller.word("ORDER_COUNT") == "#SHOPIFY_ERROR!"


async def test_days_that_were_read_before_a_failure_are_kept(teller: Teller, store: ShopifyStore) -> None:
    """Long spans are read by shorter ones, so that a second attempt goes on where the first one stopped."""
    store.export_failure = "TIMEOUT"
    teller.set(_SLICE=200)
    pages = 0

    def fail_late() -> None:
        nonlocal pages
        pages += 1
        if pages == 20:
            raise GraphQLError("Internal error", extensions={"code": "INTERNAL_SERVER_ERROR"})

    store.before_page = fail_late
    assert await teller.word("ORDER_COUNT") == "#SHOPIFY_ERROR!"
    today = datetime.now(UTC).date()
    kept = await teller.days.read(teller.ref, "orders", "UTC", today - timedelta(30), today)
    assert 0 < sum(total.items for day in kept.values() for total in day.totals if total.currency == "EUR") < COUNT
    assert await teller.ask("ORDER_COUNT", 30, fresh=True) == COUNT


async def test_a_failing_export_says_nothing_of_the_file(teller: Teller, store: ShopifyStore) -> None:
    """No word of an error repeats an address."""
    store.export_cut = 5
    teller.set(_MOST_BY_PAGES=COUNT - 1)
    error = await teller.error("ORDER_COUNT")
    assert "storage" not in repr(error)
    assert error.code == "#SHOPIFY_ERROR!"
