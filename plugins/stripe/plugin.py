"""
Stripe: revenue, charges, recurring revenue, subscribers and customers of one account.

A number is complete or an error: lists are read to their end, amounts stay exact (whole minor units or fractions of
them) until a total is shown, and an answer that lacks a member stops the call. What has been read is kept as totals,
by whole days where it can be, so that a later call reads only what may have changed since; no list is ever held in
memory. `docs/connectors.md` says to the word what each function counts. The plugin never sees its key: the host puts
it on the requests.
"""

import asyncio
import math
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol, TypeAlias, TypeVar, cast
from urllib.parse import quote

from gridos.grid import CellError
from gridos.plugins import Day, DayTotal, Http, Kernel, UpstreamError

Json: TypeAlias = dict[str, Any]
Params: TypeAlias = Mapping[str, str | list[str]]
T = TypeVar("T")

# https://docs.stripe.com/currencies: every other currency has two decimals.
_NO_DECIMALS = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
_THREE_DECIMALS = "bhd jod kwd omr tnd"
_NO_CURRENCY = "xxx"  # as ISO 4217 has it; carries counts that are no money

_MONTHS = {"month": Fraction(1), "year": Fraction(12), "week": Fraction(12, 52), "day": Fraction(12, 365)}
_PERMISSIONS = {
    "charges": "Charges and Refunds",
    "coupons": "Coupons",
    "customers": "Customers",
    "prices": "Prices",
    "refunds": "Charges and Refunds",
    "subscription_items": "Subscriptions",
    "subscriptions": "Subscriptions",
}

_MONEY_TTL = 60
_COUNT_TTL = 300
_LONG = 1800
"""Seconds a long history may take: at 20 requests a second, 3.6 million rows."""


def register(kernel: Kernel) -> None:
    """Offer the five functions, and the sources that they share."""
    _register_charges(kernel)
    _register_subscriptions(kernel)
    _register_customers(kernel)


def _register_charges(kernel: Kernel) -> None:
    @kernel.source("refunds", ttl=_MONEY_TTL, seconds=_LONG)
    async def refunds(since: int) -> Json:
        """See `_refunded_days`."""
        return await _refunded_days(kernel, since)

    @kernel.source("charges", ttl=_MONEY_TTL, seconds=_LONG)
    async def charges(first: str, last: str) -> dict[str, list[int]]:
        """What the charges of some whole days brought, by currency: the net amount in minor units, and how many."""
        return await _totals_of_days(kernel, refunds, date.fromisoformat(first), date.fromisoformat(last))

    async def in_window(days: int) -> dict[str, list[int]]:
        spans = [(first.isoformat(), last.isoformat()) for first, last in _spans(_day_of(_now()), days)]
        return _added(await _together(charges(*span) for span in spans))

    @kernel.formula("STRIPE_REVENUE", ttl=_MONEY_TTL)
    async def revenue(days: object = 30, currency: object = None) -> float:
        """Captured charges since midnight UTC of today minus `days`, less their refunds, in one currency."""
        window, code = _whole_days(days), _currency(currency)
        return _amount({name: amount for name, (amount, _) in (await in_window(window)).items()}, code)

    @kernel.formula("STRIPE_CHARGE_COUNT", ttl=_MONEY_TTL)
    async def charge_count(days: object = 30) -> int:
        """Captured charges since midnight UTC of today minus `days`, refunded or not."""
        return sum(count for _, count in (await in_window(_whole_days(days))).values())


def _register_subscriptions(kernel: Kernel) -> None:
    @kernel.source("subscriptions", ttl=_COUNT_TTL, seconds=_LONG)
    async def subscriptions() -> Json:
        """See `_recurring`."""
        return await _recurring(kernel)

    @kernel.formula("STRIPE_MRR", ttl=_COUNT_TTL)
    async def mrr(currency: object = None) -> float:
        """What the active subscriptions bring in a month, in one currency."""
        code, active = _currency(currency), await subscriptions()
        if untold := active["untold"]:
            raise UpstreamError(CellError(**untold))
        return _amount({name: Fraction(monthly) for name, monthly in active["monthly"].items()}, code)

    @kernel.formula("STRIPE_ACTIVE_SUBSCRIBERS", ttl=_COUNT_TTL)
    async def active_subscribers() -> int:
        """Distinct customers with an active subscription."""
        return (await subscriptions())["subscribers"]


def _register_customers(kernel: Kernel) -> None:
    @kernel.source("customers", ttl=_COUNT_TTL, seconds=_LONG)
    async def customers() -> int:
        """See `_customer_count`."""
        return await _customer_count(kernel)

    @kernel.formula("STRIPE_CUSTOMER_COUNT", ttl=_COUNT_TTL)
    async def customer_count() -> int:
        """Customers that are not deleted."""
        return await customers()


# Arguments


def _whole_days(days: object) -> int:
    """From 1 to 365. Numbers lose their fraction, as Excel's whole-number arguments do."""
    if days is None:
        return 30
    if isinstance(days, bool) or not isinstance(days, int | float):
        raise _stop("#VALUE!", "Not a number of days", "`days` is a whole number from 1 to 365.")
    if not 1 <= days < 366:  # noqa: PLR2004 -- 365.9 is 365 days; NaN fails the comparison too
        raise _stop("#NUM!", "Too few or too many days", "`days` is a whole number from 1 to 365.")
    return int(days)


def _currency(argument: object) -> str | None:
    """The code as Stripe writes it, in lower case; None when the argument is left out or blank."""
    if argument is None:
        return None
    if not isinstance(argument, str) or not re.fullmatch(r"[A-Za-z]{3}", argument.strip()):
        raise _stop("#VALUE!", "Not a currency", '`currency` is a code of three letters, such as "EUR".')
    return argument.strip().lower()


# Money


def _amount(totals: Mapping[str, int | Fraction], currency: str | None) -> float:
    """The one number a cell can show: never a sum over currencies."""
    if currency is None and len(totals) > 1:
        listed = ", ".join(f"{code.upper()} {_major(totals[code], code)}" for code in sorted(totals))
        action = f'Name one as the last argument, such as "{min(totals).upper()}".'
        raise _stop("#STRIPE_CURRENCY!", "Several currencies", f"{listed}.", action)
    code = currency or next(iter(totals), "")
    return float(_major(totals.get(code, 0), code))


def _major(minor: int | Fraction, currency: str) -> Decimal:
    """Minor units, rounded half up to whole ones, as the currency is written: 1234 → 12.34, JPY 500 → 500."""
    decimals = 0 if currency in _NO_DECIMALS.split() else 3 if currency in _THREE_DECIMALS.split() else 2
    return Decimal(math.floor(minor + Fraction(1, 2))).scaleb(-decimals)


# Reading long lists


_SIDE_BY_SIDE = 8
_PAGES_IN_A_ROW = 16
_FIRST = 1_262_304_000  # 2010: nothing in Stripe is older, so there is nothing to share before it


class _Book(Protocol):
    """Takes down what a list holds, page by page."""

    async def take(self, rows: Sequence[Json], sweep: "_Sweep", /) -> None: ...


_B = TypeVar("_B", bound=_Book)


@dataclass
class _Span:
    """Rows created in [low, end) that are still to be read, behind the row `after`; `reached` is the oldest so far."""

    low: int
    end: int | None
    reached: int
    after: str | None = None
    pages: int = 0

    @property
    def bounds(self) -> dict[str, str]:
        """As Stripe wants to be asked for them."""
        bounds = {"created[gte]": str(self.low)} if self.low else {}
        bounds |= {"created[lt]": str(self.end)} if self.end is not None else {}
        return bounds | ({"starting_after": self.after} if self.after else {})


class _Sweep:
    """
    Reads a list once, and holds no more of it than a page for each of its readers.

    It begins with one reader. While less than eight are at work, whoever finds that much is left halves it in time and
    leaves the older half to another: so a list is read side by side however its rows lie in time. Stripe's order,
    newest first, makes this quick; in another order nothing is left to others, and nothing is lost.
    """

    def __init__(self, http: Http, path: str, params: Params, progress: "_Progress") -> None:
        self._http = http
        self._path = path
        self._params = params
        self._progress = progress
        self._readers = asyncio.Semaphore(_SIDE_BY_SIDE)
        self._unread: list[_Span] = []
        self._cursors: set[str] = set()

    async def into(self, book: _B, low: int = 0, end: int | None = None) -> _B:
        """Read all rows created in [low, end) into a book."""
        try:
            async with asyncio.TaskGroup() as group:
                self._begin(group, book, _Span(low, end, int(_now()) if end is None else end))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return book

    def has_read(self, low: int, high: int) -> bool:
        """Whether nothing created in [low, high) is left to be read."""
        return not any(span.low < high and (span.end is None or low < span.end) for span in self._unread)

    def _begin(self, group: asyncio.TaskGroup, book: _Book, span: _Span) -> None:
        self._unread.append(span)
        group.create_task(self._read(group, book, span))

    async def _read(self, group: asyncio.TaskGroup, book: _Book, span: _Span) -> None:
        async with self._readers:
            while await self._turn(group, book, span):
                pass  # nothing of a page outlives its turn

    async def _turn(self, group: asyncio.TaskGroup, book: _Book, span: _Span) -> bool:
        """Read a page; whether more follow."""
        rows, has_more = await _page(self._http, self._path, {**self._params, **span.bounds})
        moments = _moments(rows, span)
        if has_more:
            self._go_on(span, _member(rows[-1], "id", str))
            self._share(group, book, span, moments)
        else:
            self._unread.remove(span)
        self._progress.add(len(rows))
        await book.take(rows, self)
        return has_more

    def _go_on(self, span: _Span, last: str) -> None:
        if last in self._cursors:
            raise _senseless("a list that goes round in circles")
        self._cursors.add(last)
        span.after = last
        span.pages += 1

    def _share(self, group: asyncio.TaskGroup, book: _Book, span: _Span, moments: Sequence[int]) -> None:
        """Leave what is older than all that was seen to another reader, or for later, if that is worth a request."""
        span.reached = min(span.reached, *moments)
        left = span.reached - max(span.low, _FIRST)
        middle = span.low
        if len(self._unread) < _SIDE_BY_SIDE and left >= 2 * max(1, max(moments) - min(moments)):
            middle = span.reached - left // 2
        elif span.pages >= _PAGES_IN_A_ROW:  # so that a failure loses no more days than these
            middle = span.reached - span.reached % _DAY
        if middle > span.low:
            self._begin(group, book, _Span(span.low, middle, middle))
            span.low = middle


def _moments(rows: Sequence[Json], span: _Span) -> list[int]:
    """When the rows of a page were created."""
    moments = [_member(row, "created", int) for row in rows]
    if any(moment < span.low or (span.end is not None and moment >= span.end) for moment in moments):
        raise _senseless("rows of another time than it was asked for")
    return moments


class _Progress:
    """Tells how many rows a call has read, over all its lists."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._rows = 0

    def add(self, rows: int) -> None:
        """So many more."""
        self._rows += rows
        self._kernel.progress(self._rows)


# Days


_ZONE = "UTC"
_EDGES = (0, 7, 14, 30, 60, 90, 180, 365)
_DAY = 86_400
_SETTLES = 300
"""Seconds: a day is read again until so long after its end, and clocks may differ so much from Stripe's."""


def _now() -> float:
    return time.time()


def _day_of(second: float) -> date:
    return datetime.fromtimestamp(second, UTC).date()


def _second(day: date) -> int:
    """The Unix time of a day's first second."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(number) for number in range((last - first).days + 1)]


def _spans(today: date, days: int) -> Iterator[tuple[date, date]]:
    """The days from today back to `days` ago, cut where usual windows begin, so that they share what they read."""
    newest = 0
    for edge in _EDGES:
        oldest = min(edge, days)
        if newest <= oldest:
            yield today - timedelta(oldest), today - timedelta(newest)
        newest = oldest + 1


def _added(parts: Iterable[Mapping[str, Sequence[int]]]) -> dict[str, list[int]]:
    """Amounts and counts by currency over several spans."""
    totals: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for part in parts:
        for currency, (amount, count) in part.items():
            totals[currency][0] += amount
            totals[currency][1] += count
    return dict(totals)


# Charges


_SERIES = "charges"
_PAGE = 100
_LONGEST_OPEN = 35
"""Days: an authorisation can be captured for at most 31, and a direct debit is pending for at most 14 working days."""
_LONGEST_REFUND = 35
"""Days: a refund can fail for up to 30 after it was made, and is then taken back without another one."""
_WITHOUT_REFUNDS = 14
"""Days that are read each time by a key that may not list refunds; the others daily."""

_Refunds: TypeAlias = Callable[[int], Coroutine[Any, Any, Json]]


async def _totals_of_days(kernel: Kernel, refunds: _Refunds, first: date, last: date) -> dict[str, list[int]]:
    """
    The totals of whole days, of which only those are read that were not kept or may have changed since.

    A day can change as long as it lasts, through a refund, and while a charge of it is pending or may still be
    captured. Days are kept as soon as each is read, so a call that stops halfway is taken up there by the next.
    """
    now = float(int(_now()))
    known = await kernel.days.read(_SERIES, _ZONE, first, last)
    changed, sure_at = await _changed(refunds, known, now)
    again = [day for day in _days(first, last) if day not in known or day in changed]
    read = await _read_charges(kernel, _runs(again, known), now)
    unread = {day: one for day, one in known.items() if day not in read}
    for run in _runs(sorted(unread), {}) if sure_at else []:
        await kernel.days.confirm(_SERIES, _ZONE, *run, as_of=sure_at)
    totals = [total for one in (*unread.values(), *read.values()) for total in one.totals if _is_money(total)]
    return _added({one.currency: (one.amount_minor, one.items)} for one in totals)


def _is_over(day: date, moment: float) -> bool:
    """Whether all charges of a day were made, and are listed, at that moment."""
    return moment >= _second(day) + _DAY + _SETTLES


def _is_money(total: DayTotal) -> bool:
    return total.currency != _NO_CURRENCY


async def _changed(refunds: _Refunds, known: Mapping[date, Day], now: float) -> tuple[set[date], float]:
    """The kept days that may have changed, and until when the others have certainly not: 0 if nobody knows."""
    if not known:
        return set(), now
    today, oldest = _day_of(now), min(one.as_of for one in known.values())
    if oldest < _second(today):  # the first time today: have refunds failed?
        oldest = min(oldest, now - _LONGEST_REFUND * _DAY)
    # A whole hour, so that spans which were read at nearly the same time ask the same.
    found = await refunds((int(oldest) - _SETTLES) // 3600 * 3600)
    if found["days"] is None:
        recent = {day for day in known if _age(day, today) <= _WITHOUT_REFUNDS}
        return recent | {day for day, one in known.items() if one.as_of < _second(today)}, 0.0
    refunded = {date.fromisoformat(day): moment for day, moment in found["days"].items()}
    changed = {day for day, one in known.items() if refunded.get(day, -math.inf) >= one.as_of - _SETTLES}
    return changed | {day for day, one in known.items() if _may_grow(day, one, today)}, min(now, found["at"])


def _may_grow(day: date, kept: Day, today: date) -> bool:
    """Whether a charge of the day was pending or not captured, and still may be."""
    return _age(day, today) <= _LONGEST_OPEN and not all(map(_is_money, kept.totals))


def _age(day: date, today: date) -> int:
    return (today - day).days


def _runs(days: Iterable[date], known: Mapping[date, Day]) -> list[tuple[date, date]]:
    """First and last days of what is read in one go. Few charges between two of them cost no request of their own."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and _charges_between(runs[-1][1], day, known) <= _PAGE:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _charges_between(first: date, last: date, known: Mapping[date, Day]) -> float:
    between = _days(first, last)[1:-1]
    return sum(sum(total.items for total in known[day].totals) if day in known else math.inf for day in between)


async def _read_charges(kernel: Kernel, runs: Sequence[tuple[date, date]], now: float) -> dict[date, Day]:
    """The days of these runs as they are now."""
    progress = _Progress(kernel)
    ledgers = await _together(
        _Sweep(kernel.http, "/v1/charges", {}, progress).into(
            _Ledger(kernel, _days(first, last), now), _second(first), _second(last) + _DAY
        )
        for first, last in runs
    )
    return {day: one for filled in ledgers for day, one in filled.done.items()}


class _Ledger:
    """Adds charges up by day, and keeps each day as soon as the last of it is read."""

    def __init__(self, kernel: Kernel, days: Iterable[date], as_of: float) -> None:
        self._kernel = kernel
        self._as_of = as_of
        self._amounts: dict[date, Counter[str]] = {day: Counter() for day in days}
        self._counts: dict[date, Counter[str]] = {day: Counter() for day in self._amounts}
        self.done: dict[date, Day] = {}

    async def take(self, rows: Sequence[Json], sweep: "_Sweep", /) -> None:
        """Add the charges of a page."""
        for row in rows:
            self._add(row, _day_of(_member(row, "created", int)))
        read = [day for day in self._amounts if sweep.has_read(_second(day), _second(day) + _DAY)]
        finished = {day: Day(self._as_of, self._totals(day)) for day in read}
        self.done |= finished
        if over := {day: one for day, one in finished.items() if _is_over(day, self._as_of)}:
            await self._kernel.days.put(_SERIES, _ZONE, over)

    def _add(self, charge: Json, day: date) -> None:
        status, captured = _member(charge, "status", str), _member(charge, "captured", bool)
        if status == "succeeded" and captured:
            currency = _member(charge, "currency", str).lower()
            self._amounts[day][currency] += _net(charge)
            self._counts[day][currency] += 1
        if _is_open(charge, status):
            self._counts[day][_NO_CURRENCY] += 1

    def _totals(self, day: date) -> list[DayTotal]:
        amounts, counts = self._amounts.pop(day), self._counts.pop(day)
        return [DayTotal(currency, amounts[currency], counts[currency]) for currency in sorted(counts)]


def _is_open(charge: Json, status: str) -> bool:
    """Whether the charge may yet become revenue, or more of it: it is pending, or waits to be captured."""
    if status != "succeeded":
        return status == "pending"
    captured = 0 if not charge["captured"] else charge.get("amount_captured")
    return captured is not None and captured + _member(charge, "amount_refunded", int) < _member(charge, "amount", int)


def _net(charge: Json) -> int:
    """
    What one charge brought, in minor units.

    Stripe lists what a partial capture leaves on the customer's card as refunded, too; it must not be taken off twice.
    """
    amount, refunded = _member(charge, "amount", int), _member(charge, "amount_refunded", int)
    captured = amount if charge.get("amount_captured") is None else _member(charge, "amount_captured", int)
    includes_the_release = refunded >= amount - captured
    return (amount if includes_the_release else captured) - refunded


# Refunds


async def _refunded_days(kernel: Kernel, since: int) -> Json:
    """
    The days whose charges were refunded since then, each with the moment of its last refund, and when this was asked.

    A refund that failed changes its charge at a time that nobody tells; it counts as made just now. Without the
    permission to list refunds there are no days.
    """
    asked = _now()
    sweep = _Sweep(kernel.http, "/v1/refunds", _expand("data.charge"), _Progress(kernel))
    try:
        book = await sweep.into(_RefundedDays(asked), since)
    except UpstreamError as refusal:
        if refusal.error.code != "#STRIPE_FORBIDDEN!":
            raise
        return {"at": asked, "days": None}
    return {"at": asked, "days": book.moments}


class _RefundedDays:
    """Finds the days of refunded charges."""

    def __init__(self, asked: float) -> None:
        self._asked = asked
        self.moments: dict[str, float] = {}

    async def take(self, rows: Sequence[Json], _: "_Sweep", /) -> None:
        """Note the days of a page."""
        for row in rows:
            if row.get("charge") is not None:  # a bank transfer is given back from the customer's balance
                day = _day_of(_member(_object(row, "charge"), "created", int)).isoformat()
                failed = row.get("status") in {"failed", "canceled"}
                moment = self._asked if failed else float(_member(row, "created", int))
                self.moments[day] = max(moment, self.moments.get(day, moment))


# Customers


async def _customer_count(kernel: Kernel) -> int:
    """
    Stripe has no count, so the list is read once a day, and in between only its newest part.

    What is kept is how many there were an hour before the reading, under its day: a deletion leaves no trace in the
    list, so the next day begins anew. The hour is there for customers that the list shows late.
    """
    now = int(_now())
    today, recent = _day_of(now), now - 3600
    before = (await kernel.days.read("customers", _ZONE, today, today)).get(today)
    since, older = (int(before.as_of) - 3600, before.totals[0].items) if before else (0, 0)
    counted = await _Sweep(kernel.http, "/v1/customers", {}, _Progress(kernel)).into(_Count(recent), since)
    older += counted.older
    await kernel.days.put("customers", _ZONE, {today: Day(float(now), [DayTotal(_NO_CURRENCY, 0, older)])})
    return older + counted.newer


class _Count:
    """Counts rows before and since a moment."""

    def __init__(self, moment: int) -> None:
        self._moment = moment
        self.older = self.newer = 0

    async def take(self, rows: Sequence[Json], _: "_Sweep", /) -> None:
        """Count a page."""
        newer = sum(_member(row, "created", int) >= self._moment for row in rows)
        self.newer += newer
        self.older += len(rows) - newer


# Subscriptions


@dataclass(frozen=True)
class _Item:
    """One licensed item: its price's id, how much of it, and the coupons that lower it."""

    offer: str
    quantity: int
    coupons: tuple[str, ...]


@dataclass(frozen=True)
class _Kind:
    """What makes two subscriptions bring the same."""

    currency: str
    items: tuple[_Item, ...]
    coupons: tuple[str, ...]


@dataclass(frozen=True)
class _Line:
    """What one item of a subscription brings a month, in minor units, and how many months it is billed for at once."""

    monthly: Fraction
    months: Fraction
    product: object


async def _recurring(kernel: Kernel) -> Json:
    """
    How many customers have an active subscription, and what these bring a month by currency, as fractions.

    What is wrong with a price or the permission to read it is for STRIPE_MRR alone to say: it stands in `untold`.
    """
    active = await _active_subscriptions(kernel)
    answer: Json = {"subscribers": len(active.customers), "monthly": {}, "untold": None}
    try:
        totals = await _monthly(kernel.http, active)
    except UpstreamError as trouble:
        if trouble.error.code not in {"#STRIPE_FORBIDDEN!", "#STRIPE_ERROR!"}:
            raise
        return {**answer, "untold": asdict(trouble.error)}
    return {**answer, "monthly": {currency: str(total) for currency, total in totals.items()}}


async def _active_subscriptions(kernel: Kernel) -> "_Active":
    """Subscriptions in status `active`; trialing and past_due ones are not."""
    params = {"status": "active", **_expand("data.discounts", "data.items.data.discounts")}
    sweep = _Sweep(kernel.http, "/v1/subscriptions", params, _Progress(kernel))
    return await sweep.into(_Active(kernel.http, _now()))


class _Active:
    """Counts active subscriptions by kind, of which there are far fewer than subscriptions."""

    def __init__(self, http: Http, now: float) -> None:
        self._http = http
        self._now = now
        self.customers: set[str] = set()
        self.kinds: Counter[_Kind] = Counter()
        self.offers: dict[str, Json] = {}
        self.holders: dict[str, str] = {}
        self.trouble: UpstreamError | None = None

    async def take(self, rows: Sequence[Json], _: "_Sweep", /) -> None:
        """Add the subscriptions of a page; those whose collection is paused bring nothing."""
        active = [row for row in rows if _member(row, "status", str) == "active"]
        self.customers |= {_id(_member(row, "customer", object)) for row in active}
        billed = [row for row in active if not row.get("pause_collection")]
        for row, items in zip(billed, await _together(_items(self._http, row) for row in billed), strict=True):
            try:
                self._add(row, items)
            except UpstreamError as trouble:
                self.trouble = trouble

    def _add(self, row: Json, listed: Sequence[Json]) -> None:
        # Metered items are billed by use, and recur at no known amount.
        licensed = [item for item in listed if _billing(_offer(item)).get("usage_type") != "metered"]
        items = [self._item(item) for item in licensed]
        coupons = self._coupons(row, "subscriptions")
        if items:
            self.kinds[_Kind(_currency_of(row, licensed), tuple(items), coupons)] += 1

    def _item(self, item: Json) -> _Item:
        offer = _offer(item)
        identity = _member(offer, "id", str)
        self.offers[identity] = offer
        quantity = 1 if item.get("quantity") is None else _member(item, "quantity", int)
        return _Item(identity, quantity, self._coupons(item, "subscription_items"))

    def _coupons(self, holder: Json, collection: str) -> tuple[str, ...]:
        """The coupons of the discounts that have not ended."""
        running = [row for row in _list(holder, "discounts", optional=True) if _is_running(row, self._now)]
        for discount in running:
            self.holders[_coupon_id(discount)] = f"/v1/{collection}/{quote(_member(holder, 'id', str), safe='')}"
        return tuple(_coupon_id(discount) for discount in running)


async def _items(http: Http, subscription: Json) -> list[Json]:
    """The items of a subscription, all of them."""
    listed = _object(subscription, "items")
    if not _member(listed, "has_more", bool):
        return _list(listed, "data")
    own = {"subscription": _member(subscription, "id", str)}
    return await _rows(http, "/v1/subscription_items", {**own, **_expand("data.discounts")})


def _currency_of(subscription: Json, items: Sequence[Json]) -> str:
    """The currency that is charged, which need not be its prices' own one."""
    return _member(subscription if "currency" in subscription else _offer(items[0]), "currency", str)


def _offer(item: Json) -> Json:
    """An item's price; old subscriptions have a plan instead."""
    return _object(item, "price" if item.get("price") else "plan")


def _billing(offer: Json) -> Json:
    """The members about billing periods, which a plan carries itself."""
    return _object(offer, "recurring") if "recurring" in offer else offer


# Monthly recurring revenue


async def _monthly(http: Http, active: _Active) -> dict[str, Fraction]:
    """What the subscriptions bring a month by currency, in minor units."""
    if active.trouble:
        raise active.trouble
    offers = await _offers(http, active)
    coupons = await _coupons(http, active.holders)
    totals: defaultdict[str, Fraction] = defaultdict(Fraction)
    for kind, count in active.kinds.items():
        lines = [_line(item, offers[item.offer, kind.currency], coupons, kind.currency) for item in kind.items]
        lasting = _lasting(kind.coupons, coupons)
        totals[kind.currency] += count * sum(line.monthly for line in _discounted(lines, lasting, kind.currency))
    return totals


async def _offers(http: Http, active: _Active) -> dict[tuple[str, str], Json]:
    """Every price in the currencies it is charged in, with its tiers."""
    wanted = sorted({(item.offer, kind.currency) for kind in active.kinds for item in kind.items})
    whole = await _together(_whole_offer(http, active.offers[offer], currency) for offer, currency in wanted)
    return dict(zip(wanted, whole, strict=True))


async def _whole_offer(http: Http, offer: Json, currency: str) -> Json:
    """The price with its tiers and the right amounts; lists show neither (they would be the fifth level)."""
    is_tiered, is_foreign = offer.get("billing_scheme") == "tiered", _member(offer, "currency", str) != currency
    if not is_tiered and not is_foreign:
        return offer
    wanted = ["currency_options"] * is_foreign
    wanted += [f"currency_options.{currency}.tiers" if is_foreign else "tiers"] * is_tiered
    whole = await _get(http, f"/v1/prices/{quote(_member(offer, 'id', str), safe='')}", _expand(*wanted))
    if not is_foreign:
        return whole
    return {**whole, **_object(_object(whole, "currency_options"), currency)}


def _line(item: _Item, offer: Json, coupons: Mapping[str, Json], currency: str) -> _Line:
    """One item after its own discounts."""
    billing = _billing(offer)
    months = _MONTHS.get(_member(billing, "interval", str))
    if months is None:
        raise _senseless("a billing interval that is no day, week, month or year")
    months *= _member(billing, "interval_count", int)
    line = _Line(_period_amount(offer, item.quantity) / months, months, offer.get("product"))
    return _discounted([line], _lasting(item.coupons, coupons), currency)[0]


def _period_amount(offer: Json, quantity: int) -> Fraction:
    """What `quantity` units cost for one billing period, in minor units."""
    if transform := offer.get("transform_quantity") or offer.get("transform_usage"):
        packs = Fraction(quantity, _member(transform, "divide_by", int))
        quantity = math.ceil(packs) if transform.get("round") == "up" else math.floor(packs)
    if offer.get("billing_scheme") == "tiered":
        return _tiered_amount(_list(offer, "tiers"), offer.get("tiers_mode"), quantity)
    return quantity * _first_exact(offer, "unit_amount_decimal", "unit_amount", "amount_decimal", "amount")


def _tiered_amount(tiers: Sequence[Json], mode: object, quantity: int) -> Fraction:
    """Graduated: each unit costs what its own tier says. Volume: all cost what the last unit's tier says."""
    if mode not in {"graduated", "volume"}:
        raise _senseless("tiers that are neither graduated nor volume")
    total, reached = Fraction(0), 0
    for tier in tiers:
        top = quantity if tier.get("up_to") is None else min(quantity, _member(tier, "up_to", int))
        if top > reached and (mode == "graduated" or top == quantity):
            units = top - reached if mode == "graduated" else quantity
            total += units * _tier_exact(tier, "unit_amount") + _tier_exact(tier, "flat_amount")
        reached = max(reached, top)
    if reached < quantity:
        raise _senseless("tiers that end below a subscription's quantity")
    return total


def _tier_exact(tier: Json, name: str) -> Fraction:
    """A tier has a price per unit, a flat one or both."""
    present = [key for key in (f"{name}_decimal", name) if tier.get(key) is not None]
    return _first_exact(tier, *present) if present else Fraction(0)


# Discounts


async def _coupons(http: Http, holders: Mapping[str, str]) -> dict[str, Json]:
    """Every coupon in use, by its id."""
    found = await _together(_coupon(http, coupon, path) for coupon, path in holders.items())
    return dict(zip(holders, found, strict=True))


async def _coupon(http: Http, coupon: str, holder: str) -> Json:
    """A coupon with the products it is limited to. A deleted one lives on in what it was redeemed for."""
    wanted = ["applies_to", "currency_options"]
    try:
        return await _get(http, f"/v1/coupons/{quote(coupon, safe='')}", _expand(*wanted))
    except UpstreamError as missing:
        if missing.error.code != "#STRIPE_404!":
            raise
    inside = await _get(http, holder, _expand(*(f"discounts.source.coupon.{name}" for name in wanted)))
    for discount in _list(inside, "discounts"):
        if _coupon_id(discount) == coupon:
            return _object(_source(discount), "coupon")
    raise _senseless("a discount whose coupon is gone")


def _is_running(discount: Json, now: float) -> bool:
    return discount.get("end") is None or _member(discount, "end", int) > now


def _lasting(used: Iterable[str], coupons: Mapping[str, Json]) -> list[Json]:
    """The coupons that take something off every coming period, not only off one invoice."""
    return [coupon for coupon in (coupons[one] for one in used) if _member(coupon, "duration", str) != "once"]


def _source(discount: Json) -> Json:
    """Where a discount names its coupon; before 2025-09-30 that was the discount itself."""
    return _object(discount, "source") if "source" in discount else discount


def _coupon_id(discount: Json) -> str:
    return _id(_member(_source(discount), "coupon", object))


def _discounted(lines: Sequence[_Line], coupons: Sequence[Json], currency: str) -> list[_Line]:
    """The lines after each coupon in turn, which lowers those it is good for in the same proportion."""
    result = list(lines)
    for coupon in coupons:
        limits = coupon.get("applies_to")
        good_for = [line for line in result if not limits or line.product in _member(limits, "products", list)]
        kept = _share_kept(good_for, coupon, currency)
        result = [replace(line, monthly=line.monthly * kept) if line in good_for else line for line in result]
    return result


def _share_kept(lines: Sequence[_Line], coupon: Json, currency: str) -> Fraction:
    """The share of the lines' total that is still paid. An amount is taken off each invoice, at the shortest period."""
    if coupon.get("percent_off") is not None:
        return 1 - _first_exact(coupon, "percent_off") / 100
    total = sum(line.monthly for line in lines)
    if not total:
        return Fraction(1)
    if _member(coupon, "currency", str) != currency:
        coupon = _object(_object(coupon, "currency_options"), currency)
    off = _member(coupon, "amount_off", int) / min(line.months for line in lines)
    return max(Fraction(0), total - off) / total


# Reading Stripe


async def _rows(http: Http, path: str, params: Params) -> list[Json]:
    """A whole short list, page after page."""
    rows: dict[str, Json] = {}
    cursor: dict[str, str] = {}
    while True:
        page, has_more = await _page(http, path, {**params, **cursor})
        fresh = {_member(row, "id", str): row for row in page}
        if has_more and fresh.keys() <= rows.keys():
            raise _senseless("a list that goes round in circles")
        rows |= fresh
        if not has_more:
            return list(rows.values())
        cursor = {"starting_after": _member(page[-1], "id", str)}


async def _page(http: Http, path: str, params: Params) -> tuple[list[Json], bool]:
    """Up to 100 rows (Stripe's most), and whether more follow."""
    page = await _get(http, path, {**params, "limit": "100"})
    rows, has_more = _list(page, "data"), _member(page, "has_more", bool)
    if has_more and not rows:
        raise _senseless("an empty page that is not the last")
    return rows, has_more


async def _get(http: Http, path: str, params: Params) -> Json:
    """One answer. A refusal names the permission the key lacks, as Stripe's dashboard calls it."""
    try:
        answer = await http.get_json(path, params)
    except UpstreamError as refusal:
        if refusal.error.code != "#STRIPE_FORBIDDEN!":
            raise
        permission = _PERMISSIONS[path.split("/")[2]]
        detail = f"The connected Stripe key may not read {permission}."
        action = f"Give the restricted key the permission “{permission}: Read” in Stripe."
        raise UpstreamError(replace(refusal.error, detail=detail, action=action)) from None
    if not isinstance(answer, dict):
        raise _senseless("something else than an object")
    return cast("Json", answer)


async def _together(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """All results in order. The first failure ends the other jobs and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job) for job in jobs]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def _expand(*paths: str) -> Params:
    """Ask for members that Stripe leaves out or gives as ids only: at most four levels deep."""
    return {"expand[]": list(paths)}


def _member(row: Json, name: str, kind: type[T]) -> T:
    """A member that must be there and of its kind; a truth value is no number."""
    value = row.get(name)
    if value is None or not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise _senseless(f"a {row.get('object', 'record')} without a usable `{name}`")
    return value


def _object(row: Json, name: str) -> Json:
    """A member that must be an object."""
    return cast("Json", _member(row, name, dict))


def _list(row: Json, name: str, *, optional: bool = False) -> list[Json]:
    """A member that must be a list of objects."""
    rows = cast("list[object]", [] if optional and row.get(name) is None else _member(row, name, list))
    if not all(isinstance(entry, dict) for entry in rows):
        raise _senseless(f"`{name}` not as a list of objects")
    return cast("list[Json]", rows)


def _id(reference: object) -> str:
    """The id of something that may be expanded."""
    return reference if isinstance(reference, str) else _member(cast("Json", reference), "id", str)


def _first_exact(row: Json, *names: str) -> Fraction:
    """The first of these members that is set, without the loss a float would bring."""
    value = next((row[name] for name in names if row.get(name) is not None), None)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,30}(\.[0-9]{1,30})?", str(value)):
        raise _senseless(f"a {row.get('object', 'tier')} without a usable `{names[-1]}`")
    return Fraction(str(value))


def _senseless(what: str) -> UpstreamError:
    return _stop("#STRIPE_ERROR!", "Stripe's answer makes no sense", f"Stripe sent {what}.")


def _stop(code: str, title: str, detail: str, action: str = "") -> UpstreamError:
    return UpstreamError(CellError(code=code, title=title, detail=detail, action=action, plugin="stripe"))
