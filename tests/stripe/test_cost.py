"""What a sheet costs Stripe: each thing is asked for once, and a refresh only for what may have changed."""

import asyncio
import weakref
from collections.abc import AsyncIterator, Mapping
from random import Random
from typing import Any

import aiohttp
import pytest

from gridos.fetching import ConnectionMoved
from gridos.plugins import ConnectionRef
from gridos.sandbox import Sandbox, StripeAccount, invent
from gridos.sandbox.stripe.inventing import days_before, midnight
from tests.stripe import oracle
from tests.stripe.rows import DAY, Rows
from tests.stripe.sheet import Sheet
from tests.stripe.teller import Scripted, Teller

NOON = int(midnight().timestamp()) + DAY // 2
SHEET = [(function, days) for function in ("REVENUE", "CHARGE_COUNT") for days in (7, 30, 90)]


def _account(charges: int = 0, customers: int = 3, subscriptions: int = 0) -> StripeAccount:
    account, random = StripeAccount("k"), Random(charges)
    return invent(account, random, midnight(), charges=charges, customers=customers, subscriptions=subscriptions)


async def _on(account: StripeAccount, latency: float = 0) -> AsyncIterator[Sheet]:
    async with Sandbox(accounts={"k": account}, latency=latency) as sandbox, aiohttp.ClientSession() as session:
        sheet = Sheet(sandbox.url, session, "k", NOON)
        yield sheet
        await sheet.fetcher.aclose()


@pytest.fixture(scope="module")
def large() -> StripeAccount:
    """12,345 charges in 400 days."""
    return _account(12_345)


@pytest.fixture
async def large_sheet(large: StripeAccount) -> AsyncIterator[Sheet]:
    """A new sheet of its owner."""
    async for sheet in _on(large, latency=0.002):
        yield sheet


@pytest.fixture
async def sheet(account: StripeAccount) -> AsyncIterator[Sheet]:
    """A sheet of an account that its test fills."""
    async for sheet in _on(account):
        yield sheet


async def test_usual_windows_in_one_sheet_read_the_charges_once(large: StripeAccount, large_sheet: Sheet) -> None:
    """Six cells cost as many requests as the longest window alone, hardly more than it has pages, eight at once."""
    pages = sum(row["created"] >= days_before(midnight(), 90) for row in large.rows["charges"].values()) / 100
    shown = await large_sheet.ask(*SHEET)
    record = await large_sheet.requests()
    since = [days_before(midnight(), days) for days in (7, 30, 90)]
    assert shown[:3] == [oracle.revenue(large, start)["eur"] for start in since]
    assert shown[3:] == [len(oracle.paid(large, start)) for start in since]
    assert record["peak"] <= 8
    assert set(record["paths"]) == {"/v1/charges"}
    assert record["total"] <= 1.1 * pages + 12
    # How a list is shared out between readers depends a little on who is answered first.
    assert abs(await _cost_alone(large_sheet, ("REVENUE", 90)) - record["total"]) <= 4


async def _cost_alone(sheet: Sheet, *cells: tuple[Any, ...]) -> int:
    """What the cells cost in a sheet where nothing was asked before."""
    alone = Sheet(sheet.url, sheet.session, "k", NOON)
    cost = await alone.cost(*cells)
    await alone.fetcher.aclose()
    return cost


async def test_long_history_is_read_side_by_side(large_sheet: Sheet) -> None:
    """A year is read by eight at once, in hardly more requests than it has pages."""
    await large_sheet.ask(("CHARGE_COUNT", 365))
    record = await large_sheet.requests()
    assert record["peak"] == 8
    assert record["total"] <= 1.2 * 12_345 * 365 / 400 / 100 + 16


@pytest.mark.parametrize("charges", [2_000, 20_000])
async def test_refresh_costs_what_may_have_changed_and_not_the_history(charges: int) -> None:
    """Today, one list of refunds, the days of late refunds, and the days whose charges may still be captured."""
    account = _account(charges)
    charge = next(row for row in oracle.paid(account, 0) if NOON - 80 * DAY < row["created"] < NOON - 60 * DAY)
    open_days = -(-7 * charges // 400 // 100) + 1
    async for sheet in _on(account):
        await sheet.ask(*SHEET)
        assert await sheet.cost(*SHEET, later=61) <= 2 + open_days
        account.refund(charge["id"], 1, NOON + 100)
        assert await sheet.cost(*SHEET, later=61) <= 3 + open_days
        assert (await sheet.ask(("REVENUE", 90)))[0] == oracle.revenue(account, days_before(midnight(), 90))["eur"]
        # The first time on another day, refunds of 35 days are looked through for failed ones, and yesterday is read.
        refunds = -(-sum(row["created"] > NOON - 35 * DAY for row in account.rows["refunds"].values()) // 100)
        assert await sheet.cost(*SHEET, later=DAY) <= 4 + 1.5 * refunds + open_days


async def test_refresh_of_days_that_cannot_change_costs_two_requests(sheet: Sheet, rows: Rows) -> None:
    """Without refunds and open authorisations only today and the list of refunds are asked for."""
    for number in range(3_000):
        rows.charge(100, age=number * 2_500)
    first = await sheet.cost(*SHEET)
    assert [await sheet.cost(*SHEET, later=61) for _ in range(3)] == [2, 2, 2]
    assert await sheet.cost(*SHEET) == 0
    assert first > 31


async def test_another_day_finds_the_days_of_the_day_before(sheet: Sheet, rows: Rows) -> None:
    """At midnight the windows move on by a day, and only yesterday is new."""
    for number in range(3_000):
        rows.charge(100, age=number * 2_500)
    first = await sheet.cost(*SHEET)
    assert await sheet.cost(*SHEET, later=DAY) <= 4 < first


async def test_a_few_charges_between_two_changed_days_are_read_with_them(sheet: Sheet, rows: Rows) -> None:
    """Ten refunds of a small shop cost one request, not ten."""
    charges = [rows.charge(1_000, age=(31 + 3 * number) * DAY) for number in range(10)]
    await sheet.ask(("REVENUE", 60))
    for charge in charges:
        rows.account.refund(charge["id"], 1, int(sheet.now) + 30)
    assert await sheet.cost(("REVENUE", 60), later=61) == 3
    assert await sheet.ask(("REVENUE", 60)) == [99.9]


async def test_customers_are_read_whole_once_a_day_and_else_only_the_newest(sheet: Sheet, rows: Rows) -> None:
    """A new customer counts at once; one that is deleted until the day is over."""
    customers = [rows.customer() for _ in range(950)]
    for number, customer in enumerate(customers):
        rows.account.rows["customers"][customer]["created"] = NOON - number * DAY // 3
    assert 10 <= await sheet.cost(("CUSTOMER_COUNT",)) <= 30
    rows.account.add("customers", {"id": "cus_new", "object": "customer", "created": NOON + 200})
    assert await sheet.cost(("CUSTOMER_COUNT",), later=301) == 1
    assert await sheet.ask(("CUSTOMER_COUNT",)) == [951]
    rows.account.delete("customers", customers[100])
    rows.account.delete("customers", "cus_new")
    told: list[Any] = []
    for later in (301, 5_000, DAY):
        sheet.now += later
        told += await sheet.ask(("CUSTOMER_COUNT",))
    assert told == [950, 950, 949]


@pytest.mark.parametrize("seed", range(6))
async def test_customers_are_counted_at_every_moment(sheet: Sheet, rows: Rows, seed: int) -> None:
    """However they come, and however often they are counted, none is missed or counted twice."""
    random, account = Random(seed), rows.account
    for _ in range(15):
        for _ in range(random.randrange(120)):
            customer = account.rows["customers"][rows.customer()]
            customer["created"] = int(sheet.now) - random.randrange(300)
        account.add("customers", {"id": "cus_first", "object": "customer", "created": 0})
        assert await sheet.ask(("CUSTOMER_COUNT",)) == [len(account.rows["customers"])]
        sheet.now += random.choice((301, 1_000, 5_000, 40_000, DAY))


async def test_recurring_revenue_and_subscribers_share_one_list() -> None:
    """Both together cost what the first costs alone, and are good for five minutes."""
    account = _account(subscriptions=120, customers=50)
    async for sheet in _on(account):
        both = await sheet.ask(("MRR",), ("ACTIVE_SUBSCRIBERS",), ("MRR", "eur"))
        paths = (await sheet.requests())["paths"]
        monthly, subscribers = oracle.mrr(account, NOON)["eur"], {row["customer"] for row in oracle.active(account)}
        assert both == [monthly, len(subscribers), monthly]
        assert paths["/v1/subscriptions"] == 1
        assert await sheet.cost(("MRR",), ("ACTIVE_SUBSCRIBERS",), later=200) == 0
        assert await sheet.cost(("ACTIVE_SUBSCRIBERS",), later=200) == sum(paths.values())


async def test_subscribers_do_not_need_what_only_the_revenue_needs(sheet: Sheet, rows: Rows) -> None:
    """A key without Coupons, or a price that makes no sense, is trouble for STRIPE_MRR alone."""
    rows.subscription(rows.item(), discounts=[rows.discount(percent_off=1)])
    rows.account.permissions -= {"rak_coupon_read"}
    assert await sheet.ask(("MRR",), ("ACTIVE_SUBSCRIBERS",)) == ["#STRIPE_FORBIDDEN!", 1]
    rows.subscription(rows.item(rows.price("abc")), customer="cus_2")
    rows.account.permissions |= {"rak_coupon_read"}
    sheet.now += 700
    assert await sheet.ask(("MRR",), ("ACTIVE_SUBSCRIBERS",)) == ["#STRIPE_ERROR!", 2]


async def test_limit_amid_a_history_is_shown_and_what_was_read_is_not_read_again(large_sheet: Sheet) -> None:
    """The call is taken up where the limit stopped it."""
    whole = await _cost_alone(large_sheet, ("CHARGE_COUNT", 365))
    task = asyncio.create_task(large_sheet.ask(("CHARGE_COUNT", 365)))
    await _reach(large_sheet, int(whole * 0.6))
    await large_sheet.order(path="/v1/charges", status=429, headers={"Retry-After": "90"}, times=1)
    assert await task == ["#STRIPE_429!"]
    again = await large_sheet.cost(("CHARGE_COUNT", 365), later=100)
    assert await large_sheet.ask(("CHARGE_COUNT", 365)) == [
        len(oracle.paid(_account(12_345), days_before(midnight(), 365)))
    ]
    assert again < 0.8 * whole


async def _reach(sheet: Sheet, total: int) -> None:
    """Wait until the sandbox was asked so often."""
    count = 0
    while count < total:
        async with sheet.session.get(f"{sheet.url}/_sandbox/requests") as response:
            count = (await response.json())["total"]


async def test_key_that_is_replaced_amid_a_history_takes_nothing_over(large_sheet: Sheet) -> None:
    """The call of the old key ends without an answer, and none of its days is the new key's."""
    task = asyncio.create_task(large_sheet.ask(("REVENUE", 365)))
    await large_sheet.requests()
    await _reach(large_sheet, 40)
    old = large_sheet.ref
    large_sheet.ref = ConnectionRef(old.id, old.plugin, old.owner, old.version + 1)
    large_sheet.key = "sk_unknown"
    large_sheet.fetcher.forget(old.id)
    with pytest.raises(ConnectionMoved):
        await task
    assert await large_sheet.ask(("REVENUE", 365)) == ["#STRIPE_AUTH!"]


class _Alive(dict[str, Any]):
    """A row that can be seen to be gone."""


async def test_long_history_is_never_held_in_memory(large: StripeAccount) -> None:
    """Of 11,000 charges no more than a page for each reader is alive at any time, and people see how far it is."""
    alive = most = 0

    def end() -> None:
        nonlocal alive
        alive -= 1

    async with Sandbox(accounts={"k": large}) as sandbox, aiohttp.ClientSession() as session:
        teller = Teller(session, sandbox, "k", large)
        get_json, turns = teller.http.get_json, asyncio.Semaphore(8)

        async def answer(path: str, params: Mapping[str, Any]) -> Any:
            nonlocal alive, most
            async with turns:
                page = await get_json(path, params)
            page["data"] = [_Alive(row) for row in page["data"]]
            for row in page["data"]:
                weakref.finalize(row, end)
            alive += len(page["data"])
            most = max(most, alive)
            scripted.asked.clear()
            return page

        teller.http = scripted = Scripted(answer)
        count = await teller.ask("CHARGE_COUNT", 365)
    assert count > 9_000
    assert most <= 8 * 100
    assert max(teller.progress) > 3_000
