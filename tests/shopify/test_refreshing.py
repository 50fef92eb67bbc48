"""What a later look costs: today, and the days whose orders may count otherwise than before."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gridos.sandbox import Order, ShopifyStore
from tests.shopify.orders import DAY, fill, place
from tests.shopify.teller import Teller

_NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
_AGO = time.time() - _NOW.timestamp()


@pytest.fixture
async def month(teller: Teller, store: ShopifyStore) -> Teller:
    """A teller that has told of 30 days with ten orders each, a while ago."""
    for number in range(310):
        place(store, created=int(_NOW.timestamp()) - 7_200 - number * 8_640)
    teller.at(_NOW - timedelta(hours=1))
    assert await teller.ask("ORDER_COUNT", 30) == 305
    teller.at(_NOW)
    return teller


def _of_day(store: ShopifyStore, days_ago: int) -> Order:
    day = (_NOW - timedelta(days=days_ago)).date()
    return next(one for one in store.orders if datetime.fromtimestamp(one.created, UTC).date() == day)


async def _cost(teller: Teller) -> tuple[Any, int]:
    before = teller.sent()
    shown = await teller.ask("ORDER_COUNT", 30, fresh=True)
    return shown, teller.sent() - before


# The shop's facts, today, and one question for each of the two blocks of closed days.
_LEAST = 1 + 1 + 2


async def test_refresh_asks_each_block_one_question(month: Teller) -> None:
    """When nothing happened, no order of a closed day is read."""
    assert await _cost(month) == (305, _LEAST)


async def test_refresh_of_a_long_history_costs_no_more(teller: Teller, store: ShopifyStore) -> None:
    """A store with 20,000 orders is asked as little as one with ten."""
    fill(store, 20_000, age=_AGO + 3_600, every=600)
    teller.at(_NOW)
    first = await teller.ask("ORDER_COUNT", 30)
    assert first == len([one for one in store.orders if one.created >= _NOW.timestamp() - 30.5 * DAY])
    before = store.available
    assert await _cost(teller) == (first, _LEAST)
    assert before - store.available < 400


async def test_fulfilled_orders_are_not_read_again(month: Teller, store: ShopifyStore) -> None:
    """Most changes of an order do not change what it counts; its day is left alone."""
    for days_ago in (1, 2, 3, 10):
        store.change(_of_day(store, days_ago), closed=True, updated=int(_NOW.timestamp()) - 60)
    assert await _cost(month) == (305, _LEAST)


async def test_late_cancellation_changes_its_own_day(month: Teller, store: ShopifyStore) -> None:
    """An order of twenty days ago that is cancelled now no longer counts; only its day is read again."""
    moment = int(_NOW.timestamp()) - 60
    store.change(_of_day(store, 20), cancelled=moment, updated=moment)
    assert await _cost(month) == (304, _LEAST + 1)
    assert await _cost(month) == (304, _LEAST + 1)  # for ten minutes, since the search finds changes late
    month.at(_NOW + timedelta(minutes=20))
    assert (await _cost(month))[0] == 304
    month.at(_NOW + timedelta(minutes=30))
    assert await _cost(month) == (304, _LEAST)


async def test_edited_order_is_worth_its_new_total(month: Teller, store: ShopifyStore) -> None:
    """Revenue follows an edit of a closed day's order, also back to what it was."""
    order = _of_day(store, 5)
    for total in (35, 10):
        store.change(order, total=order.original * total / 10, edited=True, updated=int(_NOW.timestamp()) - 60)
        assert await month.ask("REVENUE", 30, fresh=True) == 3_040 + total


async def test_total_that_moved_without_an_edit_is_noticed(month: Teller, store: ShopifyStore) -> None:
    """A total that is not the original one is read again, whether or not Shopify calls the order edited."""
    order = _of_day(store, 5)
    store.change(order, total=order.original * 2, updated=int(_NOW.timestamp()) - 60)
    assert await month.ask("REVENUE", 30, fresh=True) == 3_060


async def test_deleted_order_is_missed(month: Teller, store: ShopifyStore) -> None:
    """Nothing is updated when an order is deleted; the count of its block betrays it, then the counts of the days."""
    store.remove(_of_day(store, 25))
    assert await _cost(month) == (304, _LEAST + 2)


async def test_day_that_is_over_is_read_once(month: Teller, store: ShopifyStore) -> None:
    """At midnight today becomes a closed day: one request more, and again only questions."""
    month.at(_NOW + timedelta(days=1))
    shown, cost = await _cost(month)
    assert (shown, cost) == (295, _LEAST + 1)
    assert (await _cost(month))[1] == _LEAST


async def test_order_of_a_day_that_ended_meanwhile_counts(month: Teller, store: ShopifyStore) -> None:
    """What was sold after the last look and before midnight is in the closed day."""
    place(store, created=int(_NOW.timestamp()) + 11 * 3_600)
    month.at(_NOW + timedelta(days=1))
    assert (await _cost(month))[0] == 296


async def test_many_changes_make_the_days_be_read_as_a_whole(month: Teller, store: ShopifyStore) -> None:
    """When more orders have changed than a list of changes is good for, the days are read instead."""
    month.set(_MOST_CHANGED=50)
    for order in store.orders[:200]:
        store.change(order, closed=True, updated=int(_NOW.timestamp()) - 60)
    cancelled = _of_day(store, 20)
    store.change(cancelled, cancelled=int(_NOW.timestamp()) - 60, updated=int(_NOW.timestamp()) - 60)
    assert (await _cost(month))[0] == 304


async def test_changes_are_listed_to_the_last_page(month: Teller, store: ShopifyStore) -> None:
    """A cancellation behind 150 fulfilled orders is found."""
    moment = int(_NOW.timestamp()) - 60
    block = [one for one in store.orders if one.created < _NOW.timestamp() - 9 * DAY]
    for order in block[-160:]:
        store.change(order, closed=True, updated=moment)
    store.change(block[-1], cancelled=moment, updated=moment)
    assert (await _cost(month))[0] == 304


async def test_failed_refresh_confirms_nothing(month: Teller, store: ShopifyStore, order: Callable[..., Any]) -> None:
    """A passing failure leaves the earlier number, and the next look finds what changed before it."""
    moment = int(_NOW.timestamp()) - 60
    store.change(_of_day(store, 20), cancelled=moment, updated=moment)
    await order(path="/admin", status=503)
    assert (await _cost(month))[0] == 305
    await order()
    month.at(_NOW + timedelta(days=1))
    assert (await _cost(month))[0] == 294
