"""The numbers that naive connectors get wrong, one test or more for each, named after it."""

import time
from typing import Any

import aiohttp
import pytest

from gridos.grid import CellError
from gridos.sandbox import STRIPE_KEYS, Sandbox, stripe_accounts
from gridos.sandbox.stripe.inventing import days_before, midnight
from tests.stripe.rows import DAY, Row, Rows
from tests.stripe.teller import Scripted, Teller, always

TIERS: list[dict[str, Any]] = [
    {"up_to": 5, "unit_amount_decimal": "100", "flat_amount": 1_000},
    {"up_to": 10, "unit_amount_decimal": "50.5", "flat_amount": None},
    {"up_to": None, "unit_amount_decimal": None, "flat_amount_decimal": "2500.5"},
]


# 1. Cache without owner


async def test_two_accounts_asked_at_once_get_their_own_numbers() -> None:
    """The connector keeps nothing between calls, so one account's answer never reaches another."""
    accounts = stripe_accounts()
    async with Sandbox(accounts=accounts) as sandbox, aiohttp.ClientSession() as session:
        ada, ben = (Teller(session, sandbox, STRIPE_KEYS[name], accounts[STRIPE_KEYS[name]]) for name in ("ada", "ben"))
        assert [await ada.ask("CUSTOMER_COUNT"), await ben.ask("CUSTOMER_COUNT")] == [60, 25]


async def test_unknown_key_gets_no_answer(teller: Teller) -> None:
    """A key that Stripe does not know is an error, whoever asked before."""
    stranger = Teller(teller.session, teller.sandbox, "sk_unknown", teller.account)
    assert await teller.ask("REVENUE") == 0
    assert await stranger.word("REVENUE") == "#STRIPE_AUTH!"


# 3. Microseconds in the window


async def test_window_is_whole_seconds_and_the_same_for_every_cell_of_a_day(teller: Teller, rows: Rows) -> None:
    """Two cells that ask at different moments send equal requests, which can be merged into one."""
    asked: list[list[Any]] = []
    for function, days in (("REVENUE", 30), ("CHARGE_COUNT", 30.0)):
        another = Teller(teller.session, teller.sandbox, "sk_test", teller.account)
        another.http = upstream = always({"data": [], "has_more": False})
        await another.ask(function, days)
        asked.append(upstream.asked)
    first, second = asked
    assert first == second
    starts = [int(params["created[gte]"]) for _, params in first]
    assert sorted(starts) == [days_before(midnight(), days) for days in (30, 14, 7, 0)]
    assert all(params["limit"] == "100" for _, params in first)


# 4. "abc" → 30, 9999 → 365


@pytest.mark.parametrize("days", ["abc", "30", "", True, False, [[30]], {}])
@pytest.mark.parametrize("function", ["REVENUE", "CHARGE_COUNT"])
async def test_days_that_are_no_number_are_refused(teller: Teller, function: str, days: object) -> None:
    """Texts, truth values and ranges are not numbers of days."""
    assert await teller.word(function, days) == "#VALUE!"
    assert (await teller.requests())["total"] == 0


@pytest.mark.parametrize("days", [0, -1, 0.9, 366, 9999, 10**30, float("nan"), float("inf")])
async def test_days_outside_the_year_are_refused_and_never_clamped(teller: Teller, days: float) -> None:
    """Below 1 and above 365 there is no number."""
    assert await teller.word("REVENUE", days) == "#NUM!"
    assert (await teller.requests())["total"] == 0


@pytest.mark.parametrize(("days", "like"), [(None, 30), (30.0, 30), (30.9, 30), (365.9, 365), (1, 1)])
async def test_days_are_whole_and_thirty_when_left_out(
    teller: Teller, rows: Rows, days: float | None, like: int
) -> None:
    """A fraction of a day is cut off, as Excel does with whole-number arguments."""
    for age in (1, 30, 31, 365, 366):
        rows.charge(100 * age)["created"] = days_before(midnight(), age)
    assert await teller.ask("REVENUE", days) == sum(age for age in (1, 30, 31, 365, 366) if age <= like)


# 5. Not local midnight


async def test_window_starts_at_the_first_second_of_the_day(teller: Teller, rows: Rows) -> None:
    """A charge of midnight counts, one of the second before does not; the account's zone is unknown, so UTC."""
    start = days_before(midnight(), 7)
    rows.charge(100)["created"] = start
    rows.charge(10_000)["created"] = start - 1
    assert await teller.ask("REVENUE", 7) == 1


# 9. Floats


async def test_cents_are_added_exactly(teller: Teller, rows: Rows) -> None:
    """Ten times 0.10 is 1, and large sums keep their last cent."""
    for _ in range(10):
        rows.charge(10)
    assert await teller.ask("REVENUE") == 1
    rows.charge(9_007_199_254_740)
    assert await teller.ask("REVENUE") == 90_071_992_548.40


# 10. HTML or a redirect taken as data


@pytest.mark.parametrize("fault", [{"html": True}, {"redirect": "/v1/customers"}])
async def test_page_or_redirect_is_an_error(teller: Teller, rows: Rows, fault: dict[str, Any]) -> None:
    """What is not an answer of Stripe's never becomes a number."""
    rows.charge(100)
    await teller.order(path="/v1/charges", **fault)
    assert await teller.word("REVENUE") == "#STRIPE_ERROR!"


# 20. Several currencies added


async def test_several_currencies_are_never_added(teller: Teller, rows: Rows) -> None:
    """Without a currency the cell lists the totals; with one it shows that total alone."""
    for amount, currency in ((1_000, "usd"), (2_500, "eur"), (500, "jpy")):
        rows.charge(amount, currency)
    shown = await teller.ask("REVENUE")
    assert isinstance(shown, CellError)
    assert (shown.code, shown.detail) == ("#STRIPE_CURRENCY!", "EUR 25.00, JPY 500, USD 10.00.")
    assert [await teller.ask("REVENUE", 30, code) for code in ("usd", " EUR ", "JPY", "chf")] == [10, 25, 500, 0]


async def test_recurring_revenue_in_several_currencies_is_never_added(teller: Teller, rows: Rows) -> None:
    """STRIPE_MRR has the same rule as STRIPE_REVENUE."""
    rows.subscription(rows.item())
    rows.subscription(rows.item(rows.price("2000", currency="usd")), currency="usd")
    assert await teller.word("MRR") == "#STRIPE_CURRENCY!"
    assert [await teller.ask("MRR", "usd"), await teller.ask("MRR", "jpy")] == [20, 0]


@pytest.mark.parametrize("currency", ["", "euro", "€", "e1r", 1, True, [["eur"]]])
async def test_argument_that_is_no_currency_is_refused(teller: Teller, currency: object) -> None:
    """Only three letters are a currency."""
    assert await teller.word("REVENUE", 30, currency) == "#VALUE!"
    assert await teller.word("MRR", currency) == "#VALUE!"


# 21. JPY, KWD


@pytest.mark.parametrize(
    ("currency", "shown"),
    [("jpy", 1234), ("krw", 1234), ("kwd", 1.234), ("bhd", 1.234), ("eur", 12.34), ("isk", 12.34)],
)
async def test_minor_units_follow_the_currency(teller: Teller, rows: Rows, currency: str, shown: float) -> None:
    """Yen have no decimals and dinars three; Stripe writes krónur with two."""
    rows.charge(1_234, currency)
    rows.subscription(rows.item(rows.price("1234", currency=currency)), currency=currency)
    assert [await teller.ask("REVENUE"), await teller.ask("MRR")] == [shown, shown]


# 22. Partial refund, 23. Refund of a closed day


async def test_partial_refund_is_taken_off(teller: Teller, rows: Rows) -> None:
    """A charge may be partly refunded while `refunded` is false."""
    rows.charge(1_000, amount_refunded=250, refunded=False)
    assert [await teller.ask("REVENUE"), await teller.ask("CHARGE_COUNT")] == [7.5, 1]


async def test_refund_of_an_old_charge_lowers_the_day_of_the_charge(teller: Teller, rows: Rows) -> None:
    """A late refund is seen at once, though the day of its charge is not read again without a reason."""
    charge = rows.charge(1_000, age=20 * DAY)
    assert await teller.ask("REVENUE", 30) == 10
    teller.account.refund(charge["id"], 1_000)
    assert [await teller.ask("REVENUE", 30), await teller.ask("CHARGE_COUNT", 30)] == [0, 1]


# 24. Uncaptured, partly captured


async def test_only_captured_money_is_revenue(teller: Teller, rows: Rows) -> None:
    """Failed, pending and uncaptured charges are none, and a partly captured one is worth its captured part."""
    rows.charge(1_000, status="failed")
    rows.charge(1_000, status="pending")
    rows.charge(1_000, captured=False, amount_captured=0)
    rows.charge(1_000, amount_captured=400)
    assert [await teller.ask("REVENUE"), await teller.ask("CHARGE_COUNT")] == [4, 1]


async def test_rest_of_a_partial_capture_is_not_taken_off_twice(teller: Teller, rows: Rows) -> None:
    """Stripe counts the released rest among `amount_refunded`; a real refund comes on top."""
    rows.charge(1_000, amount_captured=400, amount_refunded=600)
    assert await teller.ask("REVENUE") == 4
    rows.charge(1_000, amount_captured=400, amount_refunded=700)
    assert await teller.ask("REVENUE") == 7


async def test_charge_without_a_captured_amount_is_worth_its_amount(teller: Teller, rows: Rows) -> None:
    """Old charges have no `amount_captured`."""
    rows.charge(1_000, amount_captured=None, amount_refunded=100)
    assert await teller.ask("REVENUE") == 9


# 25. Caps of 2,000 charges, 10,000 customers


async def test_no_list_is_cut_short(teller: Teller, rows: Rows) -> None:
    """12,345 charges and as many customers count to the last one."""
    for _ in range(12_345):
        rows.charge(100, age=600)
        rows.customer()
    assert (
        await teller.ask("CHARGE_COUNT") == await teller.ask("REVENUE") == await teller.ask("CUSTOMER_COUNT") == 12_345
    )


@pytest.mark.parametrize("count", [99, 100, 101, 200, 201])
async def test_edges_of_pages_neither_drop_nor_double(teller: Teller, rows: Rows, count: int) -> None:
    """A full last page, one row more and one less; all rows of one second among them."""
    for number in range(count):
        rows.charge(100, age=60 + number // 40)
    assert await teller.ask("CHARGE_COUNT") == count


# 26. Pages of different ages


async def test_charge_that_arrives_while_paging_moves_nothing(teller: Teller, rows: Rows) -> None:
    """Rows that come between two pages neither push one out nor bring one in twice."""
    for number in range(350):
        rows.charge(100, age=60 + number)
    get_json = teller.http.get_json

    async def sell_meanwhile(path: str, params: Any) -> Any:
        answer = await get_json(path, params)
        rows.charge(1_000_000, age=0)
        return answer

    teller.http = Scripted(sell_meanwhile)
    assert await teller.ask("REVENUE") == 350


# 27. Trial or past_due counted


async def test_only_active_subscriptions_count(teller: Teller, rows: Rows) -> None:
    """Trials, unpaid and ended subscriptions bring nothing; one that is to end still does."""
    for status in ("trialing", "past_due", "unpaid", "canceled", "incomplete", "incomplete_expired", "paused"):
        rows.subscription(rows.item(), status=status, customer=f"cus_{status}")
    assert [await teller.ask("MRR"), await teller.ask("ACTIVE_SUBSCRIBERS")] == [0, 0]
    rows.subscription(rows.item(), cancel_at_period_end=True)
    assert [await teller.ask("MRR"), await teller.ask("ACTIVE_SUBSCRIBERS")] == [10, 1]


# 28. Tiers = 0


@pytest.mark.parametrize(
    ("mode", "quantity", "shown"),
    [
        ("graduated", 0, 0),
        ("graduated", 1, 11),
        ("graduated", 5, 15),
        ("graduated", 6, 15.51),  # 15.00 + 0.505, rounded half up
        ("graduated", 12, 42.53),  # 15.00 + 2.525 + 25.005
        ("volume", 0, 0),
        ("volume", 5, 15),
        ("volume", 6, 3.03),
        ("volume", 12, 25.01),
    ],
)
async def test_tiers_are_read_and_added_up(teller: Teller, rows: Rows, mode: str, quantity: int, shown: float) -> None:
    """Graduated tiers add up, volume tiers price all units alike; flat amounts come with the tier."""
    rows.subscription(rows.item(rows.price(None, tiers=TIERS, tiers_mode=mode), quantity=quantity))
    assert await teller.ask("MRR") == shown


# 29. Decimal amounts cut


async def test_fractions_of_a_cent_are_kept_until_the_end(teller: Teller, rows: Rows) -> None:
    """A thousand units at 0.125 cents are 1.25."""
    rows.subscription(rows.item(rows.price("0.125"), quantity=1_000))
    assert await teller.ask("MRR") == 1.25


# 30. `quantity` 0 → 1


async def test_quantity_zero_is_zero_and_a_missing_one_is_one(teller: Teller, rows: Rows) -> None:
    """Zero seats cost nothing; an item without a quantity is one unit."""
    rows.subscription(rows.item(quantity=0))
    assert await teller.ask("MRR") == 0
    rows.subscription(rows.item())
    assert await teller.ask("MRR") == 10


# 31. `transform_quantity`


@pytest.mark.parametrize(("direction", "shown"), [("up", 30), ("down", 20)])
async def test_quantity_is_sold_in_packs(teller: Teller, rows: Rows, direction: str, shown: float) -> None:
    """Eleven seats in packs of five are three packs or two."""
    price = rows.price(transform_quantity={"divide_by": 5, "round": direction})
    rows.subscription(rows.item(price, quantity=11))
    rows.subscription(rows.item(price, quantity=0))
    assert await teller.ask("MRR") == shown


# 32. Metered


async def test_metered_items_bring_nothing_that_recurs(teller: Teller, rows: Rows) -> None:
    """Use is billed afterwards; the licensed item beside it still counts, and so does the subscriber."""
    rows.subscription(rows.item(rows.price("700", usage="metered")), rows.item())
    assert await teller.ask("MRR") == 10
    rows.subscription(rows.item(rows.price("700", usage="metered", currency="usd")), currency="usd", customer="cus_2")
    assert [await teller.ask("MRR"), await teller.ask("ACTIVE_SUBSCRIBERS")] == [10, 2]


# 33. Paused


async def test_paused_collection_brings_nothing(teller: Teller, rows: Rows) -> None:
    """Stripe keeps such a subscription active: its customer is a subscriber, but pays nothing."""
    rows.subscription(rows.item(), pause_collection={"behavior": "keep_as_draft"})
    assert [await teller.ask("MRR"), await teller.ask("ACTIVE_SUBSCRIBERS")] == [0, 1]


# 34. Discounts


@pytest.mark.parametrize(
    ("coupon", "shown"),
    [
        ({"percent_off": 25}, 90),
        ({"percent_off": 33.33}, 80),
        ({"percent_off": 100}, 0),
        ({"amount_off": 1_500}, 105),
        ({"amount_off": 10**9}, 0),
        ({"percent_off": 25, "duration": "once"}, 120),
        ({"percent_off": 25, "duration": "repeating", "end": 1}, 120),
        ({"percent_off": 25, "duration": "repeating", "end": 2**40}, 90),
        ({"percent_off": 25, "applies_to": {"products": ["prod_1"]}}, 90),
        ({"percent_off": 25, "applies_to": {"products": ["prod_2"]}}, 120),
        ({"amount_off": 1, "currency": "usd", "currency_options": {"eur": {"amount_off": 2_000}}}, 100),
    ],
)
@pytest.mark.parametrize("on", ["item", "subscription"])
async def test_discounts_are_taken_off(
    teller: Teller, rows: Rows, coupon: dict[str, Any], shown: float, on: str
) -> None:
    """Percentages and amounts, on an item or the whole; not those for one invoice, not ended ones, never below zero."""
    discounts = [rows.discount(**coupon)]
    item = rows.item(rows.price("12000"), discounts=discounts if on == "item" else [])
    rows.subscription(item, discounts=discounts if on == "subscription" else [])
    assert await teller.ask("MRR") == pytest.approx(shown, abs=0.005)


async def test_amount_off_is_taken_off_each_invoice(teller: Teller, rows: Rows) -> None:
    """12.00 off a yearly bill of 120.00 is 1.00 a month."""
    rows.subscription(rows.item(rows.price("12000", "year")), discounts=[rows.discount(amount_off=1_200)])
    assert await teller.ask("MRR") == 9


async def test_several_discounts_follow_one_another(teller: Teller, rows: Rows) -> None:
    """The item's come first, then the subscription's in their order."""
    item = rows.item(rows.price("10000"), discounts=[rows.discount(percent_off=50)])
    rows.subscription(item, discounts=[rows.discount(amount_off=1_000), rows.discount(percent_off=10)])
    assert await teller.ask("MRR") == 36


async def test_deleted_coupon_still_discounts(teller: Teller, rows: Rows) -> None:
    """Deleting a coupon ends no discount that was given with it."""
    for on_item in (True, False):
        discounts = [rows.discount(percent_off=50)]
        teller.account.deleted_coupons.add(discounts[0]["source"]["coupon"])
        rows.subscription(rows.item(discounts=discounts * on_item), discounts=discounts * (not on_item))
    assert await teller.ask("MRR") == 10


# 35. 30-day months; quarterly, weekly


@pytest.mark.parametrize(
    ("interval", "count", "shown"),
    [
        ("month", 1, 100),
        ("month", 3, 33.33),
        ("year", 1, 8.33),
        ("year", 2, 4.17),
        ("week", 1, 433.33),
        ("week", 2, 216.67),
        ("day", 1, 3041.67),
        ("day", 30, 101.39),
    ],
)
async def test_periods_become_months(teller: Teller, rows: Rows, interval: str, count: int, shown: float) -> None:
    """A year has twelve months, 52 weeks and 365 days."""
    rows.subscription(rows.item(rows.price("10000", interval, count)))
    assert await teller.ask("MRR") == shown


async def test_rounding_happens_once_at_the_end(teller: Teller, rows: Rows) -> None:
    """Three thirds are a whole."""
    for _ in range(3):
        rows.subscription(rows.item(rows.price("100", "month", 3)))
    assert await teller.ask("MRR") == 1


# 36. Only `plan`


async def test_old_subscription_with_a_plan_counts(teller: Teller, rows: Rows) -> None:
    """A plan says the same as a price with other words, also in packs and tiers."""
    rows.subscription(rows.item(rows.price("6000", "year"), is_legacy=True, quantity=2))
    packs = rows.price(transform_quantity={"divide_by": 5, "round": "up"})
    rows.subscription(rows.item(packs, is_legacy=True, quantity=6))
    tiers = rows.price(None, tiers=TIERS, tiers_mode="graduated")
    rows.subscription(rows.item(tiers, is_legacy=True, quantity=5))
    rows.subscription(rows.item(rows.price(usage="metered"), is_legacy=True))
    assert await teller.ask("MRR") == 10 + 20 + 15


# 37. One customer, two subscriptions


async def test_customer_with_two_subscriptions_is_one_subscriber(teller: Teller, rows: Rows) -> None:
    """Subscribers are people, not subscriptions."""
    for customer in ("cus_1", "cus_1", "cus_2"):
        rows.subscription(rows.item(), customer=customer)
    assert [await teller.ask("ACTIVE_SUBSCRIBERS"), await teller.ask("MRR")] == [2, 30]


# Beyond the list


async def test_items_beyond_the_tenth_are_counted(teller: Teller, rows: Rows) -> None:
    """Stripe shows ten items inside a subscription; the others are listed, with their discounts."""
    half = [rows.discount(percent_off=50)]
    rows.subscription(*(rows.item(discounts=half) for _ in range(12)))
    assert await teller.ask("MRR") == 60


async def test_price_in_several_currencies_counts_as_charged(teller: Teller, rows: Rows) -> None:
    """A price listed in dollars and charged in euro has another amount, with or without tiers."""
    options = {"eur": {"unit_amount": 900, "unit_amount_decimal": "900"}}
    rows.subscription(rows.item(rows.price("1000", currency="usd", currency_options=options)))
    assert await teller.ask("MRR") == 9
    tiered = {"eur": {"unit_amount": None, "unit_amount_decimal": None, "tiers": TIERS}}
    price = rows.price(None, currency="usd", currency_options=tiered, tiers=TIERS[2:], tiers_mode="graduated")
    rows.subscription(rows.item(price, quantity=5))
    assert await teller.ask("MRR") == 24


async def test_nothing_yet_is_zero(teller: Teller) -> None:
    """An empty account has numbers, not errors."""
    functions = ("REVENUE", "CHARGE_COUNT", "MRR", "ACTIVE_SUBSCRIBERS", "CUSTOMER_COUNT")
    assert [await teller.ask(function) for function in functions] == [0, 0, 0, 0, 0]


async def test_numbers_hold_at_the_moment_they_are_asked(teller: Teller, rows: Rows) -> None:
    """A discount that ends counts until it ends."""
    now = int(time.time())
    for end in (now - 5, now + 600):
        rows.subscription(rows.item(discounts=[rows.discount(end, percent_off=50)]))
    assert await teller.ask("MRR") == 15


async def test_list_in_another_order_is_still_complete(teller: Teller) -> None:
    """Slices of time rely on Stripe's order; without it the connector goes page by page."""
    charge: Row = {"amount": 100, "amount_refunded": 0, "captured": True, "currency": "eur", "status": "succeeded"}
    now = int(time.time())
    charges: list[Row] = [{**charge, "id": f"ch_{number}", "created": now - 5_000 + number} for number in range(250)]

    async def oldest_first(_: str, params: dict[str, str]) -> Any:
        low, high = int(params["created[gte]"]), int(params["created[lt]"])
        found = [row for row in charges if low <= row["created"] < high]
        first = 1 + next((n for n, row in enumerate(found) if row["id"] == params.get("starting_after")), -1)
        return {"data": found[first : first + 100], "has_more": first + 100 < len(found)}

    teller.http = Scripted(oldest_first)
    assert await teller.ask("REVENUE") == 250
