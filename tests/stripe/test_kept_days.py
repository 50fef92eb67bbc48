"""What is kept of earlier calls never makes a number differ from one that is read afresh."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import aiohttp
import pytest

from gridos.grid import CellError
from gridos.plugins import UpstreamError
from gridos.sandbox import Sandbox, StripeAccount, invent
from gridos.sandbox.stripe.inventing import days_before
from tests.stripe import oracle
from tests.stripe.rows import DAY, Row, Rows
from tests.stripe.teller import Scripted, Teller

NOON = int(datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp())
HISTORIES = 30
WINDOWS = (1, 3, 7, 10, 30, 45, 90, 365)


def _midnight(now: int) -> datetime:
    return datetime.fromtimestamp(now - now % DAY, UTC)


class _Life:
    """An account that goes on living: every step is some time and what happened at its end."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now = NOON + self.random.randrange(-DAY // 2, DAY // 2)
        self.currency = self.random.choice(("eur", "jpy", "kwd"))
        self.account = invent(
            StripeAccount(f"life{seed}"),
            self.random,
            _midnight(self.now),
            currencies=(self.currency,),
            customers=3,
            charges=self.random.randrange(160),
            subscriptions=0,
        )

    def live(self) -> None:
        """Seconds, hours or days pass; then several things happen."""
        self.now += self.random.choice((1, 30, 400, 3_000, 40_000, DAY, 3 * DAY, 9 * DAY))
        for _ in range(self.random.randrange(4)):
            self.random.choice((self._charge, self._charge, self._refund, self._capture, self._settle))()

    def _charge(self) -> None:
        amount = self.random.randrange(100, 9_000)
        outcome = self.random.choice(("succeeded", "succeeded", "uncaptured", "pending", "failed"))
        is_captured = outcome != "uncaptured"
        row = Rows(self.account).charge(
            amount,
            self.currency,
            captured=is_captured,
            amount_captured=amount * is_captured,
            status="succeeded" if outcome == "uncaptured" else outcome,
        )
        row["created"] = self.now - self.random.randrange(2)

    def _some(self, is_meant: Callable[[Row], bool]) -> Row | None:
        found = [row for row in self.account.rows["charges"].values() if is_meant(row)]
        return self.random.choice(found) if found else None

    def _refund(self) -> None:
        row = self._some(_is_paid)
        if row and (left := row["amount"] - row["amount_refunded"]) > 0:
            self.account.refund(row["id"], self.random.choice((left, self.random.randint(1, left))), self.now)

    def _capture(self) -> None:
        row = self._some(self._is_authorised)
        if row and self.random.random() < 0.2:
            self.account.release(row["id"], now=self.now)
        elif row:
            self.account.capture(row["id"], self.random.randint(1, row["amount"]), self.now)

    def _is_authorised(self, row: Row) -> bool:
        """Stripe lets go of an authorisation after 31 days at the latest."""
        is_young = self.now - row["created"] < 31 * DAY
        return is_young and row["status"] == "succeeded" and not row["captured"] and not row.get("refunded")

    def _is_pending(self, row: Row) -> bool:
        return row["status"] == "pending" and self.now - row["created"] < 20 * DAY

    def _settle(self) -> None:
        row = self._some(self._is_pending)
        if row:
            self.account.settle(row["id"], self.random.choice(("succeeded", "failed")))


def _is_paid(row: Row) -> bool:
    return row["status"] == "succeeded" and row["captured"] and not row.get("refunded")


async def _check(life: _Life, incremental: Teller, days: int) -> None:
    fresh = Teller(incremental.session, incremental.sandbox, "k", life.account)
    fresh.http = incremental.http
    since = days_before(_midnight(life.now), days)
    told: list[Any] = []
    for teller in (incremental, fresh):
        teller.set_time(life.now)
        told.append([await teller.ask("REVENUE", days, life.currency), await teller.ask("CHARGE_COUNT", days)])
    expected = oracle.revenue(life.account, since).get(life.currency, 0), len(oracle.paid(life.account, since))
    assert told == [[*expected]] * 2


@pytest.mark.parametrize("seed", range(HISTORIES))
async def test_kept_days_and_a_fresh_reading_and_the_raw_rows_agree_at_every_moment(seed: int) -> None:
    """Whatever happens to open and closed days, in whatever order of windows and times they are asked for."""
    life = _Life(seed)
    async with Sandbox(accounts={"k": life.account}) as sandbox, aiohttp.ClientSession() as session:
        incremental = Teller(session, sandbox, "k", life.account)
        for _ in range(12):
            await _check(life, incremental, life.random.choice(WINDOWS))
            life.live()


@pytest.mark.parametrize("seed", range(8))
async def test_numbers_agree_without_the_permission_to_list_refunds(seed: int) -> None:
    """Without refunds two weeks are read again each time, and everything once a day."""
    life = _Life(seed)
    async with Sandbox(accounts={"k": life.account}) as sandbox, aiohttp.ClientSession() as session:
        incremental = Teller(session, sandbox, "k", life.account)
        await incremental.order(path="/v1/refunds", status=403)
        for _ in range(10):
            await _check(life, incremental, life.random.choice((1, 3, 7, 10)))
            life.live()
            life.now += DAY * (life.random.random() < 0.2)


async def test_late_refund_without_the_permission_is_noticed_the_next_day(teller: Teller, rows: Rows) -> None:
    """Days older than two weeks are read once a day then."""
    charge = rows.charge(1_000)
    charge["created"] = NOON - 20 * DAY
    await teller.order(path="/v1/refunds", status=403)
    teller.set_time(NOON)
    assert await teller.ask("REVENUE") == 10
    teller.account.refund(charge["id"], 400, NOON + 60)
    told: list[float] = []
    for later in (120, DAY, DAY + 60):
        teller.set_time(NOON + later)
        told.append(await teller.ask("REVENUE"))
    assert told == [10, 6, 6]


@pytest.mark.parametrize("days", [1, 30])
async def test_refund_that_fails_is_noticed_the_next_day(teller: Teller, rows: Rows, days: int) -> None:
    """A bank may return a refund weeks later; nothing new in any list says so."""
    charge = rows.charge(1_000)
    charge["created"] = NOON - days * DAY
    refund = teller.account.refund(charge["id"], 400, NOON - DAY // 4)
    teller.set_time(NOON)
    assert await teller.ask("REVENUE", 30) == 6
    teller.account.fail_refund(refund)
    teller.set_time(NOON + DAY)
    assert await teller.ask("REVENUE", 32) == 10


async def test_refund_is_found_though_stripes_clock_is_behind(teller: Teller, rows: Rows) -> None:
    """What Stripe dates a little before the last reading may have come after it."""
    charge = rows.charge(1_000)
    charge["created"] = NOON - 20 * DAY
    teller.set_time(NOON)
    assert await teller.ask("REVENUE") == 10
    teller.account.refund(charge["id"], 1_000, NOON - 100)
    teller.set_time(NOON + 1)
    assert await teller.ask("REVENUE") == 0


async def test_refund_of_no_charge_is_left_alone(teller: Teller, rows: Rows) -> None:
    """What is given back from a customer's balance belongs to no charge."""
    rows.charge(1_000, age=5 * DAY)
    assert await teller.ask("REVENUE") == 10
    teller.account.add("refunds", {"id": "re_1", "object": "refund", "created": 2**33, "charge": None, "amount": 5})
    assert await teller.ask("REVENUE") == 10


async def test_day_is_read_again_until_it_is_over_and_settled(teller: Teller, rows: Rows) -> None:
    """A charge of the last second, which a list shows a little late, is counted."""
    midnight = NOON + DAY // 2
    teller.set_time(midnight + 30)
    assert await teller.ask("REVENUE", 7) == 0
    rows.charge(1_000)["created"] = midnight - 1
    teller.set_time(midnight + 90)
    assert await teller.ask("REVENUE", 7) == 10


async def test_failed_call_leaves_no_half_day(teller: Teller, rows: Rows) -> None:
    """A limit in the middle of a list is an error; what was finished is kept, and the rest is read the next time."""
    for number in range(1_200):
        rows.charge(100, age=(1 + number % 90) * DAY)
    get_json = teller.http.get_json

    async def stop_at_the_seventh(path: str, params: Any) -> Any:
        if len(stopping.asked) == 7:
            await teller.order(path="/v1/charges", status=429, times=1)
        return await get_json(path, params)

    http = teller.http
    teller.http = stopping = Scripted(stop_at_the_seventh)
    assert await teller.word("REVENUE", 90) == "#STRIPE_429!"
    kept = await _kept(teller)
    assert 0 < len(kept) < 90
    teller.http = counting = Scripted(http.get_json)
    assert await teller.ask("REVENUE", 90) == 1_200
    again = Teller(teller.session, teller.sandbox, "sk_test", teller.account)
    again.http = from_nothing = Scripted(http.get_json)
    assert await again.ask("CHARGE_COUNT", 90) == 1_200
    read, whole = (sum("/v1/charges" in path for path, _ in one.asked) for one in (counting, from_nothing))
    assert read < whole


async def test_failure_to_read_a_changed_day_does_not_pass_for_an_unchanged_one(teller: Teller, rows: Rows) -> None:
    """A refund whose day could not be read is still found by the next call."""
    charges = [rows.charge(1_000, age=age * DAY) for age in (20, 25)]
    assert await teller.ask("REVENUE", 30) == 20
    for charge in charges:
        teller.account.refund(charge["id"], 1_000)
    await teller.order(path="/v1/charges", status=500, times=1)
    assert isinstance(await teller.ask("REVENUE", 30), CellError)
    assert await teller.ask("REVENUE", 30) == 0


@pytest.mark.parametrize("fails_at", [1, 2, 3, 5, 9, 17, 20, 22])
async def test_list_in_no_order_is_complete_and_leaves_no_half_day(teller: Teller, fails_at: int) -> None:
    """Wherever a shuffled list fails, what is kept of it is whole, so that the next call is complete."""
    ordinary: Row = {"amount": 100, "amount_refunded": 0, "captured": True, "currency": "eur", "status": "succeeded"}
    moments = [NOON - number * 300 for number in range(2_400)]
    Random(1).shuffle(moments)
    charges: list[Row] = [{**ordinary, "id": f"ch_{n}", "created": moment} for n, moment in enumerate(moments)]

    async def answer(path: str, params: dict[str, str]) -> Any:
        low, high = int(params["created[gte]"]), int(params.get("created[lt]", 2**40))
        place = [row["id"] for row in charges].index(params["starting_after"]) + 1 if "starting_after" in params else 0
        found = [row for row in charges[place:] if low <= row["created"] < high and path == "/v1/charges"]
        return {"data": found[:100], "has_more": len(found) > 100}

    async def fail(path: str, params: dict[str, str]) -> Any:
        if len(failing.asked) == fails_at:
            raise UpstreamError(CellError("#STRIPE_OFFLINE!"))
        return await answer(path, params)

    teller.set_time(NOON)
    teller.http = failing = Scripted(fail)
    assert await teller.word("CHARGE_COUNT", 7) == "#STRIPE_OFFLINE!"
    teller.http = Scripted(answer)
    assert await teller.ask("CHARGE_COUNT", 7) == sum(moment >= NOON - 7.5 * DAY for moment in moments)


async def _kept(teller: Teller) -> Any:
    last = datetime.now(UTC).date()
    return await teller.days.read("charges", "UTC", last - timedelta(400), last)
