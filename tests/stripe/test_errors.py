"""A number is complete or an error: what the cell shows when Stripe does not answer as it should."""

from typing import Any

import pytest

from gridos.grid import CellError
from gridos.sandbox import StripeAccount
from tests.stripe.rows import Rows
from tests.stripe.teller import Scripted, Teller, always

BROKEN: list[Any] = [
    [],
    None,
    {},
    {"data": []},
    {"has_more": False},
    {"data": None, "has_more": False},
    {"data": [], "has_more": True},
    {"data": [1], "has_more": False},
    {"data": [{}], "has_more": False},
    {"data": [{"id": "x", "status": "active", "captured": True}], "has_more": True},
]
FUNCTIONS = ("REVENUE", "CHARGE_COUNT", "MRR", "ACTIVE_SUBSCRIBERS", "CUSTOMER_COUNT")


def _page(*rows: Any, has_more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(rows), "has_more": has_more}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("status", "word"), [(401, "AUTH"), (429, "429"), (500, "500"), (503, "503")])
async def test_failed_answer_is_the_cells_error(teller: Teller, function: str, status: int, word: str) -> None:
    """What the host makes of a status reaches the cell unchanged."""
    await teller.order(status=status)
    assert await teller.word(function) == f"#STRIPE_{word}!"


@pytest.mark.parametrize("function", ["REVENUE", "CUSTOMER_COUNT"])
async def test_failed_page_is_no_smaller_number(teller: Teller, rows: Rows, function: str) -> None:
    """When one page of many fails, there is no number, and the failure is shown as it is."""
    for number in range(450):
        rows.charge(100, age=number)
        rows.customer()
    get_json = teller.http.get_json

    async def fail_at_the_third_page(path: str, params: Any) -> Any:
        if len(upstream.asked) == 3:
            await teller.order(status=500, times=1)
        return await get_json(path, params)

    teller.http = upstream = Scripted(fail_at_the_third_page)
    assert await teller.word(function) == "#STRIPE_500!"


@pytest.mark.parametrize(
    ("function", "permission", "missing"),
    [
        ("REVENUE", "rak_charge_read", "Charges and Refunds"),
        ("CHARGE_COUNT", "rak_charge_read", "Charges and Refunds"),
        ("MRR", "rak_subscription_read", "Subscriptions"),
        ("MRR", "rak_plan_read", "Prices"),
        ("MRR", "rak_coupon_read", "Coupons"),
        ("ACTIVE_SUBSCRIBERS", "rak_subscription_read", "Subscriptions"),
        ("CUSTOMER_COUNT", "rak_customer_read", "Customers"),
    ],
)
async def test_missing_permission_is_named(
    teller: Teller, account: StripeAccount, rows: Rows, function: str, permission: str, missing: str
) -> None:
    """A restricted key that may not read something says which permission it lacks."""
    tiers = [{"up_to": None, "unit_amount_decimal": "100"}]
    item = rows.item(rows.price(None, tiers=tiers, tiers_mode="volume"))
    rows.subscription(item, discounts=[rows.discount(percent_off=1)])
    account.permissions -= {permission}
    shown = await teller.ask(function)
    assert isinstance(shown, CellError)
    assert shown.code == "#STRIPE_FORBIDDEN!"
    assert missing in shown.detail
    assert missing in shown.action


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("answer", BROKEN)
async def test_answer_without_its_members_is_an_error(teller: Teller, function: str, answer: Any) -> None:
    """An answer of another shape never becomes a number, and the connector does not ask for ever."""
    teller.http = always(answer)
    assert await teller.word(function) == "#STRIPE_ERROR!"


@pytest.mark.parametrize("name", ["amount", "amount_refunded", "captured", "currency", "status"])
@pytest.mark.parametrize("value", [None, 1.5, {}])
async def test_charge_without_a_member_is_an_error(teller: Teller, rows: Rows, name: str, value: Any) -> None:
    """A charge that does not say what it is worth is not guessed at."""
    rows.charge(100)
    rows.charge(100)[name] = value
    assert await teller.word("REVENUE") == "#STRIPE_ERROR!"


async def test_cursor_that_repeats_is_an_error(teller: Teller) -> None:
    """A list that never ends is noticed at its first repeated page."""
    page = _page({"id": "cus_1", "created": 0}, has_more=True)
    teller.http = scripted = always(page)
    assert await teller.word("CUSTOMER_COUNT") == "#STRIPE_ERROR!"
    assert len(scripted.asked) == 2


@pytest.mark.parametrize(
    "price",
    [
        {"unit": None},
        {"unit": "abc"},
        {"unit": "1e9"},
        {"interval": "fortnight"},
        {"unit": None, "tiers": [], "tiers_mode": "volume"},
        {"unit": None, "tiers": [{"up_to": 1, "unit_amount": 5}], "tiers_mode": "graduated"},
        {"unit": None, "tiers": [{"up_to": None, "unit_amount": 5}], "tiers_mode": "odd"},
        {"currency": "usd"},
    ],
)
async def test_price_that_cannot_be_read_is_an_error(teller: Teller, rows: Rows, price: dict[str, Any]) -> None:
    """One price that makes no sense stops the whole sum."""
    rows.subscription(rows.item())
    rows.subscription(rows.item(rows.price(**price), quantity=2))
    assert await teller.word("MRR") == "#STRIPE_ERROR!"


async def test_discount_without_its_coupon_is_an_error(teller: Teller) -> None:
    """A discount that is only an id hides what it takes off."""
    row = {"id": "sub_1", "status": "active", "customer": "cus_1", "currency": "eur", "discounts": ["di_1"]}
    subscription = {**row, "items": _page()}
    teller.http = always(_page(subscription))
    assert await teller.word("MRR") == "#STRIPE_ERROR!"


async def test_error_never_repeats_the_key(teller: Teller) -> None:
    """No word of an error holds the key, which the connector never sees."""
    await teller.order(path="/v1/charges", status=500)
    shown = await teller.ask("REVENUE")
    assert "sk_test" not in repr(shown)
