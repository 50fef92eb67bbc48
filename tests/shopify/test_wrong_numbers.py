"""The wrong numbers of naive connectors, each with the test that would catch it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from gridos.fetching.moved import ConnectionMoved
from gridos.formulas import Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef, OpenConnection
from gridos.sandbox import Sandbox, ShopifyStore
from gridos.secret import Secret
from tests.shopify.orders import DAY, fill, place
from tests.shopify.teller import NUMBERS, TOKEN, Teller


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _at(text: str) -> int:
    return int(_moment(text).timestamp())


# 1. Cache without owner, 7. Evaluated before the owner's secrets are bound, 8. Collaborator's secrets used


async def test_owners_never_see_each_others_numbers() -> None:
    """Cells of two owners that ask the same at the same time each get their own store's number, a bad token none."""
    stores = {f"{TOKEN}_{name}": ShopifyStore(name) for name in ("ada", "ben")}
    for number, store in enumerate(stores.values(), 1):
        fill(store, number)
    async with Sandbox(accounts={}, shopify=stores) as sandbox:
        owners = {ConnectionRef(uuid4(), "shopify", uuid4(), 1): token for token in (*stores, f"{TOKEN}_nobody")}

        class OpensLate(Teller):
            async def open(self, ref: ConnectionRef) -> OpenConnection:
                await asyncio.sleep(0.02)
                secrets = {"STORE_DOMAIN": "any.myshopify.com", "ADMIN_TOKEN": owners[ref]}
                return OpenConnection(ref, {key: Secret(value) for key, value in secrets.items()})

        async with aclosing(OpensLate(sandbox, next(iter(stores.values())))) as teller:
            asked = [teller.fetcher.ask(ref, Call("SHOPIFY_ORDER_COUNT", "[30]")) for ref in owners]
            shown = [answer.value for answer in await asyncio.gather(*asked)]
    assert shown[:2] == [1, 2]
    assert isinstance(shown[2], CellError)
    assert shown[2].code == "#SHOPIFY_AUTH!"


# 2. Answers outlive Disconnect


async def test_numbers_and_days_end_with_the_connection(teller: Teller, store: ShopifyStore) -> None:
    """A new version of the connection finds neither answers nor days of the old one, which is no longer answered."""
    place(store, age=3 * DAY)
    assert await teller.ask("ORDER_COUNT") == 1
    old, teller.ref = teller.ref, replace(teller.ref, version=2)
    teller.fetcher.forget(old.id)
    with pytest.raises(ConnectionMoved):
        await teller.fetcher.ask(old, Call("SHOPIFY_ORDER_COUNT", "[30]"))
    before = teller.sent()
    assert await teller.ask("ORDER_COUNT") == 1
    assert teller.sent() - before == 4
    teller.secrets["ADMIN_TOKEN"] = "shpat_replaced_by_a_wrong_one"
    teller.ref = replace(teller.ref, version=3)
    assert await teller.word("ORDER_COUNT") == "#SHOPIFY_AUTH!"


# 3. Microseconds in the window: 1,000 cells, 2,000 requests


async def test_a_thousand_cells_read_the_orders_once(teller: Teller, store: ShopifyStore) -> None:
    """One request for the shop, one for today and one for each block of days, whatever number of cells ask."""
    fill(store, 60, every=DAY)
    asked = [teller.numbers(days) for days in (7, 30, 90) for _ in range(110)]
    shown = await asyncio.gather(*asked)
    assert {row[1] for row in shown} == {8, 31, 60}
    assert teller.sent() == 1 + 1 + 4


# 4. "abc" → 30, 9999 → 365


@pytest.mark.parametrize("days", ["abc", "30", "", True, False, [[30]], {}])
async def test_days_that_are_no_number_are_refused(teller: Teller, days: object) -> None:
    """Texts, truth values and ranges are not numbers of days."""
    assert [await teller.word(name, days) for name in NUMBERS] == ["#VALUE!"] * 3
    assert teller.sent() == 0


@pytest.mark.parametrize("days", [0, -5, 0.9, 366, 9999, 10**30, float("nan"), float("inf")])
async def test_days_outside_the_year_are_refused_and_never_clamped(teller: Teller, days: float) -> None:
    """Below 1 and above 365 there is no number."""
    assert [await teller.word(name, days) for name in NUMBERS] == ["#NUM!"] * 3
    assert teller.sent() == 0


@pytest.mark.parametrize(("days", "like"), [(None, 30), (30.0, 30), (30.9, 30), (365.9, 365), (1, 1)])
async def test_days_are_whole_and_thirty_when_left_out(
    teller: Teller, store: ShopifyStore, days: float | None, like: int
) -> None:
    """A fraction of a day is cut off, as Excel does with whole-number arguments."""
    midnight = int(datetime.now(UTC).replace(hour=0, minute=0, second=0).timestamp())
    ages = (1, 30, 31, 365, 366)
    for age in ages:
        place(store, f"{age}.00", created=midnight - age * DAY)
    assert await teller.ask("REVENUE", days) == sum(age for age in ages if age <= like)


# 5. Not local midnight (Tokyo, daylight saving)


@pytest.mark.parametrize(
    ("zone", "now", "midnight"),
    [
        ("Asia/Tokyo", "2026-03-10T00:30:00+09:00", "2026-03-03T00:00:00+09:00"),
        ("America/New_York", "2026-03-10T23:30:00-04:00", "2026-03-03T00:00:00-05:00"),
        ("Europe/Berlin", "2026-10-28T12:00:00+01:00", "2026-10-21T00:00:00+02:00"),
        ("Asia/Kathmandu", "2026-01-08T00:00:01+05:45", "2026-01-01T00:00:00+05:45"),
        # There clocks skip midnight, and go through the hour before it twice.
        ("Africa/Cairo", "2026-05-01T12:00:00+03:00", "2026-04-24T01:00:00+03:00"),
        ("Africa/Cairo", "2026-11-06T12:00:00+02:00", "2026-10-30T00:00:00+02:00"),
        # There midnight comes twice.
        ("America/Havana", "2026-11-08T12:00:00-05:00", "2026-11-01T00:00:00-04:00"),
    ],
)
async def test_window_starts_at_the_shops_midnight(
    teller: Teller, store: ShopifyStore, zone: str, now: str, midnight: str
) -> None:
    """An order of the day's first second counts, one of the second before does not, wherever the shop is."""
    store.zone = zone
    place(store, "1.00", created=_at(midnight))
    place(store, "100.00", created=_at(midnight) - 1)
    teller.at(_moment(now))
    assert await teller.ask("REVENUE", 7) == 1
    assert await teller.ask("REVENUE", 8) == 101


async def test_day_that_is_longer_or_shorter_keeps_its_orders(teller: Teller, store: ShopifyStore) -> None:
    """Every hour of the days on which clocks change belongs to one day: 25 in autumn and 23 in spring."""
    store.zone = "Europe/Berlin"
    for start, hours in (("2026-10-25T00:00:00+02:00", 25), ("2026-03-29T00:00:00+01:00", 23)):
        for hour in range(hours):
            place(store, created=_at(start) + hour * 3_600 + 1_800)
    teller.at(_moment("2026-10-26T00:00:00+01:00"))
    assert await teller.ask("ORDER_COUNT", 1) == 25
    teller.at(_moment("2026-03-30T00:00:00+02:00"))
    assert await teller.ask("ORDER_COUNT", 1, fresh=True) == 23


# 6. Operator's environment answers


async def test_operators_environment_answers_nobody(
    connect: Callable[..., Teller], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An owner without a stored value gets an error, whatever the server's variables hold."""
    for name in ("SHOPIFY_ADMIN_TOKEN", "ADMIN_TOKEN"):
        monkeypatch.setenv(name, TOKEN)
    for name in ("SHOPIFY_STORE_DOMAIN", "STORE_DOMAIN"):
        monkeypatch.setenv(name, "test-sandbox.myshopify.com")
    teller = connect({})
    assert await teller.word("REVENUE") == "#SHOPIFY_AUTH!"
    assert teller.sent() == 0


# 9. Floats


async def test_cents_are_added_exactly(teller: Teller, store: ShopifyStore) -> None:
    """Ten times 0.10 is 1, and a large sum keeps its last cent."""
    fill(store, 10, total="0.10")
    assert await teller.ask("REVENUE") == 1
    place(store, "90071992546.41", age=DAY)
    assert await teller.ask("REVENUE", fresh=True) == 90_071_992_547.41


@pytest.mark.parametrize(("currency", "total", "shown"), [("JPY", "1234", 1234), ("KWD", "1.234", 1.234)])
async def test_decimals_follow_the_currency(
    teller: Teller, store: ShopifyStore, currency: str, total: str, shown: float
) -> None:
    """Yen have no decimals and dinars three."""
    store.currency = currency
    place(store, total)
    assert await teller.ask("REVENUE") == shown


# 10. HTML or a redirect taken as data


@pytest.mark.parametrize("fault", [{"html": True}, {"redirect": "https://example.com/"}])
async def test_page_or_redirect_is_an_error(
    teller: Teller, store: ShopifyStore, order: Callable[..., Any], fault: dict[str, Any]
) -> None:
    """What is not an answer of Shopify's never becomes a number."""
    place(store)
    await order(path="/admin", **fault)
    assert await teller.word("REVENUE") == "#SHOPIFY_ERROR!"
    assert await teller.word("PRODUCT_COUNT") == "#SHOPIFY_ERROR!"


# 11. 250-order cap (251, 5,001, 12,345), 12. Full count over capped revenue, 15. 10,000 count cap


@pytest.mark.parametrize("count", [99, 100, 101, 249, 250, 251, 350, 351, 600, 2_000, 2_001, 5_001, 12_345])
async def test_no_order_is_left_out(teller: Teller, store: ShopifyStore, count: int) -> None:
    """Pages, a day of its own and one file bring every order, and the average is one order's worth."""
    fill(store, count, age=DAY, every=100)
    assert await teller.numbers(30) == [10 * count, count, 10]


async def test_a_busy_today_is_read_to_its_end(teller: Teller, store: ShopifyStore) -> None:
    """Today is read by pages, however many orders it has."""
    teller.at(_moment("2026-05-05T23:00:00+00:00"))
    fill(store, 3_333, age=time.time() - _at("2026-05-05T22:00:00+00:00"))
    assert await teller.numbers(1) == [33_330, 3_333, 10]


async def test_orders_of_one_second_are_all_counted(teller: Teller, store: ShopifyStore) -> None:
    """A sale in which hundreds of orders come in the same second falls across pages."""
    fill(store, 777, every=0)
    assert await teller.ask("ORDER_COUNT") == 777


# 13. Test, cancelled orders


async def test_test_and_cancelled_orders_are_no_orders(teller: Teller, store: ShopifyStore) -> None:
    """Neither their money nor their number counts, in the average either."""
    place(store, "10.00")
    place(store, "1000.00", test=True)
    place(store, "1000.00", cancelled=int(time.time()))
    assert await teller.numbers() == [10, 1, 10]


# 14. 60-day horizon


async def test_without_the_scope_a_long_window_is_an_error_and_never_a_smaller_number(
    teller: Teller, store: ShopifyStore
) -> None:
    """Shopify leaves older orders out without a word, so the scope that is missing is named."""
    store.scopes -= {"read_all_orders"}
    fill(store, 100, every=DAY)
    for days in (60, 90, 365):
        for name in NUMBERS:
            error = await teller.error(name, days)
            assert error.code == "#SHOPIFY_FORBIDDEN!"
            assert "read_all_orders" in error.detail
            assert "read_all_orders" in error.action
    assert await teller.ask("ORDER_COUNT", 58) == 59


async def test_visible_older_order_proves_the_scope(teller: Teller, store: ShopifyStore) -> None:
    """An app that sees older orders is believed, even if Shopify does not list the scope."""
    store.scopes, store.horizon = store.scopes - {"read_all_orders"}, 1_000 * DAY
    fill(store, 100, every=DAY)
    assert await teller.ask("ORDER_COUNT", 90) == 91


@pytest.mark.parametrize(
    ("now", "seen"),
    [
        ("2026-11-20T23:30:00-05:00", 58),  # an hour more than 60 times 24 hours, over the end of daylight saving
        ("2026-11-20T22:30:00-05:00", 59),
        ("2026-07-10T23:30:00-04:00", 59),
    ],
)
async def test_last_visible_day_is_a_whole_one(teller: Teller, store: ShopifyStore, now: str, seen: int) -> None:
    """The first hours of a day that Shopify already hides make the whole day unseen, and it is not kept short."""
    store.zone, store.scopes = "America/New_York", store.scopes - {"read_all_orders"}
    teller.at(_moment(now))
    assert isinstance(await teller.ask("ORDER_COUNT", seen), int)
    assert await teller.word("ORDER_COUNT", seen + 1) == "#SHOPIFY_FORBIDDEN!"


# 15. 10,000 count cap


async def test_count_that_is_not_exact_is_an_error(teller: Teller, store: ShopifyStore) -> None:
    """`AT_LEAST` is no count, however Shopify comes to it."""
    fill(store, 20)
    store.products, store.count_cap = {"active": 20}, 10
    assert [await teller.word(name) for name in (*NUMBERS, "PRODUCT_COUNT")] == ["#SHOPIFY_ERROR!"] * 4


# 16. Presentment money


async def test_revenue_is_in_the_shops_money(teller: Teller, store: ShopifyStore) -> None:
    """What a customer saw in yen is worth what the shop books in euro."""
    place(store, "10.00", shown=(Decimal(1_640), "JPY"))
    assert await teller.ask("REVENUE") == 10


async def test_orders_in_another_currency_than_the_shops_are_never_added(teller: Teller, store: ShopifyStore) -> None:
    """A shop that has changed its currency gets a count, and an error for money."""
    place(store, "10.00")
    place(store, "10.00", currency="USD", age=3 * DAY)
    error = await teller.error("REVENUE")
    assert (error.code, "USD" in error.detail) == ("#SHOPIFY_ERROR!", True)
    assert await teller.word("AVG_ORDER_VALUE") == "#SHOPIFY_ERROR!"
    assert await teller.ask("ORDER_COUNT") == 2


# 17. Drafts, archived


async def test_archived_orders_count_and_unpublished_products_do_not(teller: Teller, store: ShopifyStore) -> None:
    """Archiving is housekeeping: the order was sold. A product that is a draft or archived is not for sale."""
    place(store, closed=True)
    store.products = {"active": 3, "draft": 5, "archived": 7}
    assert [await teller.ask("ORDER_COUNT"), await teller.ask("PRODUCT_COUNT")] == [1, 3]


# 18. No orders


async def test_nothing_yet_is_zero(teller: Teller) -> None:
    """An empty store has numbers, not errors."""
    assert [*await teller.numbers(), await teller.ask("PRODUCT_COUNT")] == [0, 0, 0, 0]


# 19. Order added while paging


async def test_order_that_arrives_while_paging_moves_nothing(teller: Teller, store: ShopifyStore) -> None:
    """The window has a fixed end, so that count and pages speak of the same orders."""
    fill(store, 800, age=2)
    store.before_page = lambda: place(store, "1000000.00", age=-1)
    assert await teller.numbers() == [8_000, 800, 10]


async def test_order_that_arrives_behind_a_page_is_counted_or_not_but_never_half(
    teller: Teller, store: ShopifyStore
) -> None:
    """When an order comes into the window after all, its money and its number come together."""
    fill(store, 800, age=30)
    late = [20]
    store.before_page = lambda: place(store, "10.00", age=late.pop()) if late else None
    revenue, count, average = await teller.numbers()
    assert (revenue, average) == (10 * count, 10)
    assert count == 801


async def test_order_that_is_deleted_while_paging_is_noticed(teller: Teller, store: ShopifyStore) -> None:
    """A list that is shorter than its count is counted again, not believed."""
    fill(store, 800, age=30)
    doomed = [store.orders[-1]]
    store.before_page = lambda: store.remove(doomed.pop()) if doomed else None
    assert await teller.numbers() == [7_990, 799, 10]


async def test_list_that_never_agrees_with_its_count_is_an_error(teller: Teller, store: ShopifyStore) -> None:
    """When every page lacks an order that is counted, there is no number, from pages or from a file."""
    store.left_out = 1
    for count in (300, 2_500):
        fill(store, count, age=DAY)
        assert await teller.word("ORDER_COUNT") == "#SHOPIFY_ERROR!"
        teller.ref = replace(teller.ref, version=teller.ref.version + 1)
