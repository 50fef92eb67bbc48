"""The stand-in behaves like Stripe where a connector could notice."""

from datetime import UTC, datetime, timedelta

import pytest

from gridos.sandbox import STRIPE_KEYS, stripe_accounts
from tests.sandbox.conftest import Caller

TODAY = datetime(2026, 3, 29, tzinfo=UTC)


def test_same_seed_and_day_give_the_same_rows() -> None:
    """Invented data is stable, so that a number seen twice is the same number."""
    first, second, other = stripe_accounts(1, TODAY), stripe_accounts(1, TODAY), stripe_accounts(2, TODAY)
    for key, account in first.items():
        assert account.rows == second[key].rows
        assert account.name == "new" or account.rows != other[key].rows


def test_dates_follow_today_and_never_lie_ahead() -> None:
    """Yesterday is never empty of data, and no row is newer than today's first second."""
    for account in stripe_accounts(0, TODAY).values():
        moments = [row["created"] for row in account.rows["charges"].values()]
        assert all(moment <= TODAY.timestamp() for moment in moments)
        assert account.name == "new" or max(moments) >= (TODAY - timedelta(days=1)).timestamp()


def test_keys_cannot_be_taken_for_real_ones() -> None:
    """Every key says that it is a test key of the sandbox."""
    assert all(key.split("_", 1)[1].startswith("test_sandbox_") for key in STRIPE_KEYS.values())
    assert len(set(STRIPE_KEYS.values())) == len(STRIPE_KEYS)


async def test_accounts_are_apart(caller: Caller) -> None:
    """Each key shows its own account, and none of its rows to another."""
    pages = [await caller.rows("/v1/charges?limit=100", name) for name in ("ada", "ben", "kim", "max", "weak")]
    identities = [{row["id"] for row in page} for page in pages]
    assert len(set[str]().union(*identities)) == sum(len(page) for page in identities)
    assert await caller.rows("/v1/charges", "new") == []


async def test_pages_are_newest_first_and_complete(caller: Caller) -> None:
    """Following the cursor gives every row once, the newest first."""
    path, seen = "/v1/charges?limit=70", list[str]()
    while True:
        _, page = await caller.get(path + (f"&starting_after={seen[-1]}" if seen else ""))
        seen += [row["id"] for row in page["data"]]
        if not page["has_more"]:
            break
    charges = caller.accounts["ada"].rows["charges"]
    assert sorted(seen) == sorted(charges)
    moments = [charges[identity]["created"] for identity in seen]
    assert moments == sorted(moments, reverse=True)


async def test_page_has_ten_rows_unless_told(caller: Caller) -> None:
    """Stripe's default limit."""
    assert len(await caller.rows("/v1/customers")) == 10


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", ""])
async def test_limit_beyond_a_hundred_is_refused(caller: Caller, limit: str) -> None:
    """Stripe clamps nothing."""
    status, error = await caller.error(f"/v1/charges?limit={limit}")
    assert (status, error["type"], error["param"]) == (400, "invalid_request_error", "limit")


async def test_row_that_arrives_while_paging_moves_no_cursor(writer: Caller) -> None:
    """`starting_after` names a row, not a position."""
    first = await writer.rows("/v1/charges?limit=5")
    before = await writer.rows(f"/v1/charges?limit=5&starting_after={first[-1]['id']}")
    writer.accounts["ada"].add("charges", {**first[0], "id": "ch_newest", "created": first[0]["created"] + 9})
    assert await writer.rows(f"/v1/charges?limit=5&starting_after={first[-1]['id']}") == before
    assert (await writer.rows("/v1/charges?limit=1"))[0]["id"] == "ch_newest"


async def test_window_keeps_its_edges(caller: Caller) -> None:
    """`gte` and `lte` include their second, `gt` and `lt` do not; a page outside is empty."""
    moment = (await caller.rows("/v1/charges?limit=1"))[0]["created"]

    async def count(query: str) -> int:
        return len(await caller.rows(f"/v1/charges?{query}"))

    assert await count(f"created[gte]={moment}") == await count(f"created={moment}") == 1
    assert await count(f"created[gt]={moment}") == await count(f"created[lt]={moment}&created[gte]={moment}") == 0
    assert await count(f"created[lte]={moment}&created[gte]={moment}") == 1


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/v1/charges?starting_after=ch_nobody", "starting_after"),
        ("/v1/charges?created[gte]=2026-01-01", "created[gte]"),
        ("/v1/charges?page=2", "page"),
        ("/v1/subscriptions?status=alive", "status"),
        ("/v1/subscription_items", "subscription"),
        ("/v1/charges?expand[]=data.secret", "expand"),
    ],
)
async def test_parameter_that_stripe_refuses_is_refused(caller: Caller, path: str, param: str) -> None:
    """A mistake is told, not ignored."""
    status, error = await caller.error(path)
    assert (status, error["type"], error["param"]) == (400, "invalid_request_error", param)


async def test_canceled_subscriptions_are_left_out_unless_asked_for(caller: Caller) -> None:
    """Without a status Stripe gives all but the canceled ones."""
    everything = caller.accounts["ada"].rows["subscriptions"].values()
    for status in ("active", "trialing", "past_due", "canceled"):
        rows = await caller.rows(f"/v1/subscriptions?limit=100&status={status}")
        assert len(rows) == sum(row["status"] == status for row in everything)
    assert len(await caller.rows("/v1/subscriptions?limit=100&status=all")) == len(everything)
    assert "canceled" not in {row["status"] for row in await caller.rows("/v1/subscriptions?limit=100")}


@pytest.mark.parametrize("expand", ["expand[]={}&expand[]={}", "expand[0]={}&expand[1]={}"])
async def test_members_are_expanded_only_when_asked_for(caller: Caller, expand: str) -> None:
    """Discounts are ids and coupons too, until their path is given, in either spelling of a list."""
    path = "/v1/subscriptions?limit=100&status=all"
    for row in await caller.rows(path):
        assert all(isinstance(discount, str) for discount in row["discounts"])
    asked = expand.format("data.discounts", "data.items.data.discounts")
    rows = await caller.rows(f"{path}&{asked}")
    holders = [*rows, *(item for row in rows for item in row["items"]["data"])]
    discounts = [discount for holder in holders for discount in holder["discounts"]]
    assert discounts
    assert all(isinstance(discount["source"]["coupon"], str) for discount in discounts)
    rows = await caller.rows(f"{path}&expand[]=data.discounts.source.coupon")
    coupons = [discount["source"]["coupon"] for row in rows for discount in row["discounts"]]
    assert coupons
    assert all("duration" in coupon and "applies_to" not in coupon for coupon in coupons)


async def test_expansion_ends_at_four_levels(caller: Caller) -> None:
    """Tiers of a subscription's price are the fifth level."""
    status, error = await caller.error("/v1/subscriptions?expand[]=data.items.data.price.tiers")
    assert status == 400
    assert "more than 4 levels" in error["message"]


async def test_tiers_are_shown_only_when_asked_for(caller: Caller) -> None:
    """A price says that it is tiered, and how only by request."""
    tiered = [row["id"] for row in caller.accounts["ada"].rows["prices"].values() if row["billing_scheme"] == "tiered"]
    _, price = await caller.get(f"/v1/prices/{tiered[0]}")
    assert "tiers" not in price
    assert price["unit_amount"] is None
    _, price = await caller.get(f"/v1/prices/{tiered[0]}?expand[]=tiers")
    assert [tier["up_to"] for tier in price["tiers"]] == [5, 20, None]


async def test_long_subscription_shows_ten_items_and_says_so(caller: Caller) -> None:
    """The others have to be listed."""
    rows = await caller.rows("/v1/subscriptions?limit=100&status=all")
    long = next(row for row in rows if row["items"]["has_more"])
    assert len(long["items"]["data"]) == 10
    listed = await caller.rows(f"/v1/subscription_items?limit=100&subscription={long['id']}")
    assert len(listed) == 12
    assert {item["id"] for item in long["items"]["data"]} < {item["id"] for item in listed}


@pytest.mark.parametrize("key", ["", "sk_test_sandbox_nobody_invented_key", "short"])
async def test_unknown_key_is_refused_without_being_repeated(caller: Caller, key: str) -> None:
    """401, and at most a masked key."""
    status, error = await caller.error("/v1/charges", key=key)
    assert status == 401
    assert not key or key not in error["message"]


async def test_missing_permission_is_named(caller: Caller) -> None:
    """A restricted key reads what it may, and is told what else it would need."""
    assert await caller.rows("/v1/charges", "weak")
    status, error = await caller.error("/v1/subscriptions", "weak")
    assert status == 403
    assert "rak_subscription_read" in error["message"]
    assert STRIPE_KEYS["weak"] not in error["message"]


@pytest.mark.parametrize("path", ["/v1/prices/price_nobody", "/v1/coupons/nobody", "/v1/balance"])
async def test_what_is_not_there_is_404(caller: Caller, path: str) -> None:
    """An unknown row, and an address that the stand-in does not play."""
    status, error = await caller.error(path)
    assert (status, error["type"]) == (404, "invalid_request_error")


async def test_deleted_coupon_is_gone_but_still_in_its_discounts(writer: Caller) -> None:
    """What was redeemed stays visible where it was redeemed."""
    account = writer.accounts["ada"]
    row = next(row for row in account.rows["subscriptions"].values() if row["discounts"])
    coupon = row["discounts"][0]["source"]["coupon"]
    account.deleted_coupons.add(coupon)
    assert (await writer.error(f"/v1/coupons/{coupon}"))[0] == 404
    _, shown = await writer.get(f"/v1/subscriptions/{row['id']}?expand[]=discounts.source.coupon.applies_to")
    assert shown["discounts"][0]["source"]["coupon"]["id"] == coupon
