"""What happens in an invented Stripe account over time looks as it does at Stripe."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from gridos.sandbox import STRIPE_KEYS, StripeAccount, stripe_accounts
from tests.sandbox.conftest import Caller

TODAY = datetime(2026, 3, 29, tzinfo=UTC)
DAY = 86_400


def test_large_account_is_as_large_as_ordered_and_the_others_stay() -> None:
    """Orders, charges and customers grow with one number."""
    small, usual = stripe_accounts(0, TODAY, orders=150), stripe_accounts(0, TODAY)
    assert [len(small[STRIPE_KEYS["max"]].rows[name]) for name in ("charges", "customers")] == [150, 150]
    assert small[STRIPE_KEYS["ada"]].rows == usual[STRIPE_KEYS["ada"]].rows


def test_account_is_invented_when_somebody_first_looks() -> None:
    """Until then it costs nothing, and afterwards it stays as it is."""
    filled: list[str] = []
    account = StripeAccount("x", fill=lambda new: filled.append(new.add("charges", {"id": "ch_1", "created": 0})["id"]))
    assert filled == []
    assert [*account.rows["charges"]] == [*account.rows["charges"]] == filled == ["ch_1"]


@pytest.mark.parametrize("name", ["ada", "ben", "kim", "max"])
def test_charges_tell_what_their_refunds_add_up_to(name: str) -> None:
    """Also what a partial capture and an authorisation that ran out have released."""
    account = stripe_accounts(0, TODAY, orders=800)[STRIPE_KEYS[name]]
    sums: Counter[str] = Counter()
    for refund in account.rows["refunds"].values():
        sums[refund["charge"]] += refund["amount"]
    charges = account.rows["charges"]
    assert {identity: row["amount_refunded"] for identity, row in charges.items() if row["amount_refunded"]} == sums
    assert all(row["refunded"] == (row["amount"] == row["amount_refunded"]) for row in charges.values())


def test_nothing_old_is_left_open() -> None:
    """An authorisation runs out after a week, and a direct debit is settled within five days."""
    account = stripe_accounts(0, TODAY, orders=3_000)[STRIPE_KEYS["max"]]
    old = [row for row in account.rows["charges"].values() if TODAY.timestamp() - row["created"] > 7 * DAY]
    assert {row["status"] for row in old} == {"succeeded", "failed"}
    assert all(row["captured"] or row["refunded"] for row in old if row["status"] == "succeeded")
    young = [row for row in account.rows["charges"].values() if row not in old]
    assert any(not row["captured"] and not row["refunded"] and row["status"] == "succeeded" for row in young)


async def test_events_are_seen_in_the_next_answer(writer: Caller) -> None:
    """A refund, its failure, a capture, a settlement and a deletion change what was listed before."""
    account = writer.accounts["ada"]
    paid = {"object": "charge", "created": 100, "amount": 900, "amount_refunded": 0, "currency": "eur"}
    for name, captured, status in (("a", True, "succeeded"), ("b", False, "succeeded"), ("c", True, "pending")):
        part = {"id": f"ch_{name}", "captured": captured, "amount_captured": 900 * captured, "status": status}
        account.add("charges", {**paid, "customer": None, **part})

    async def shown(name: str, *members: str) -> list[object]:
        row = (await writer.get(f"/v1/charges/ch_{name}"))[1]
        return [row[member] for member in members]

    assert await shown("a", "amount_refunded") == [0]
    refund = account.refund("ch_a", 900, now=200)
    assert await shown("a", "amount_refunded", "refunded") == [900, True]
    listed = await writer.rows("/v1/refunds?created[gte]=200&created[lt]=201&expand[]=data.charge")
    assert [(row["id"], row["charge"]["id"], row["charge"]["created"]) for row in listed] == [(refund, "ch_a", 100)]
    account.fail_refund(refund)
    assert await shown("a", "amount_refunded", "refunded") == [0, False]
    assert (await writer.rows("/v1/refunds?created=200"))[0]["status"] == "failed"
    account.capture("ch_b", 600, now=300)
    assert await shown("b", "captured", "amount_captured", "amount_refunded") == [True, 600, 300]
    account.settle("ch_c")
    assert await shown("c", "status") == ["succeeded"]
    customer = next(iter(account.rows["customers"]))
    account.delete("customers", customer)
    assert (await writer.get(f"/v1/customers/{customer}"))[0] == 404
