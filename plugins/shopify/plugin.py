"""
Shopify: gross revenue, orders, their average and the products of one store.

A number is complete or an error. Every list is proved by a count that Shopify calls exact, and an answer that lacks a
member stops the call. `docs/connectors.md` says to the word what each function counts.

Orders are added up by the day they were placed on, in the shop's own time zone. Whole days are kept; a later call asks
which of their orders may have changed since, and reads those days again. The functions share that work in blocks of
days, so that windows of any length read each day once. The plugin never sees a secret: the host puts it on the
requests.
"""

import asyncio
import json
import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast
from zoneinfo import ZoneInfo

from gridos.grid import CellError
from gridos.plugins import Day, DayTotal, Http, Kernel, UpstreamError

Json: TypeAlias = dict[str, Any]
Rows: TypeAlias = list[list[Any]]
"""What a source answers: day, currency, amount and number of orders."""
T = TypeVar("T")

# The version of the API stands in one place, the manifest, which names the same address to prove a connection.
_ADDRESS = json.loads(Path(__file__).with_name("manifest.json").read_bytes())["verify"]["path"]

_SERIES = "orders"
_EDGES = (7, 30, 59, 90, 180, 365)
"""Where blocks of closed days end, in days before today. Common windows share them."""
_VISIBLE = timedelta(days=60)
"""How far back an app without `read_all_orders` sees; Shopify leaves older orders out without a word."""
_ALL_ORDERS = "read_all_orders"

_PAGE = 250
_FEWEST = 10
_FIRST_PAGE = 100
_MOST_BY_ONE_QUERY = 25_000
"""Objects that Shopify pages over in one query."""
_SLICE = 2_000
"""Orders read by pages in one go. More are written into a file by Shopify, or read in shorter spans of days."""
_MOST_BY_PAGES = 50_000
"""Beyond this, pages would take longer than anybody waits, so there is no way around a failing file."""
_MOST_CHANGED = 2_000
_COUNTS_AT_ONCE = 25

# A row of an order is three objects: itself, its price and the price in the shop's currency. A connection adds two.
# https://shopify.dev/docs/api/usage/limits
_ROW_COST, _CHANGED_ROW_COST, _LIST_COST, _COUNT_COST, _MUTATION_COST = 3, 5, 2, 10, 10
_LONGEST_WAIT, _LONGEST_WAITS, _WAIT_UNTOLD = 60.0, 300.0, 2.0
"""Seconds that a throttled question waits: once, in all, and when Shopify does not say."""

_OVERLAP = timedelta(minutes=10)
"""Shopify finds a change some time after it happened, and its clock is not ours."""
_BUSY = {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}
_BUSY_FOR, _POLL_FIRST, _POLL_LAST = 600.0, 0.25, 10.0

_UNITS = 10_000
"""Amounts are kept in ten-thousandths, finer than any currency's smallest unit."""
_ANY = "XXX"
"""ISO 4217's code for no currency: under it a day keeps how many orders it has, test and cancelled ones included."""

_ORDER = "id createdAt cancelledAt test totalPriceSet { shopMoney { amount currencyCode } }"
_COUNT = "{ count precision }"
_SHOP = f"""query Shop($older: String!) {{ shop {{ ianaTimezone currencyCode }}
  currentAppInstallation {{ accessScopes {{ handle }} }} ordersCount(query: $older, limit: 1) {_COUNT} }}"""
_PRODUCTS = f'query Products {{ productsCount(query: "status:active", limit: null) {_COUNT} }}'
_PAGE_INFO = "pageInfo { hasNextPage endCursor }"
_OPEN = f"""query Open($q: String!, $first: Int!) {{ ordersCount(query: $q, limit: null) {_COUNT}
  orders(first: $first, query: $q, sortKey: CREATED_AT) {{ nodes {{ {_ORDER} }} {_PAGE_INFO} }} }}"""
_NEXT = f"""query Next($q: String!, $first: Int!, $after: String) {{
  orders(first: $first, after: $after, query: $q, sortKey: CREATED_AT) {{ nodes {{ {_ORDER} }} {_PAGE_INFO} }} }}"""
_CHANGED = f"""query Changed($all: String!, $q: String!, $first: Int!, $after: String) {{
  all: ordersCount(query: $all, limit: null) {_COUNT} changed: ordersCount(query: $q, limit: null) {_COUNT}
  orders(first: $first, after: $after, query: $q, sortKey: CREATED_AT) {{
    nodes {{ id createdAt cancelledAt edited totalPriceSet {{ shopMoney {{ amount }} }}
      originalTotalPriceSet {{ shopMoney {{ amount }} }} }} {_PAGE_INFO} }} }}"""
_START = """mutation Start($q: String!) { bulkOperationRunQuery(query: $q, groupObjects: false) {
  bulkOperation { id } userErrors { code message } } }"""
_POLL = "query Poll($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount url } }"


def register(kernel: Kernel) -> None:
    """Offer the four functions, and the sources they share."""
    admin = _Admin(kernel.http)

    @kernel.source("shop", ttl=3600)
    async def shop() -> Json:
        return await _shop(admin)

    @kernel.source("today", ttl=60, seconds=600)
    async def today(zone: str, day: str) -> Rows:
        return _rows(await _Reader(kernel, admin, zone).today(date.fromisoformat(day)))

    @kernel.source("days", ttl=60, seconds=3600)
    async def closed_days(zone: str, first: str, last: str) -> Rows:
        return _rows(await _Reader(kernel, admin, zone).closed(date.fromisoformat(first), date.fromisoformat(last)))

    async def window(days: object) -> _Total:
        count = _days(days)
        facts = await shop()
        zone, now = facts["zone"], _now()
        day = now.astimezone(_zone(zone)).date()
        jobs = [closed_days(zone, str(first), str(last)) for first, last in _blocks(day, count, facts, now)]
        parts = await _together([today(zone, str(day)), *jobs])
        return _total(facts["currency"], [row for part in parts for row in part if row[0] >= str(_back(day, count))])

    @kernel.formula("SHOPIFY_REVENUE", ttl=60)
    async def revenue(days: object = 30) -> float:
        """Gross revenue of the orders since local midnight of today minus `days`."""
        return float((await window(days)).revenue())

    @kernel.formula("SHOPIFY_ORDER_COUNT", ttl=60)
    async def order_count(days: object = 30) -> int:
        """How many orders that revenue is made of."""
        return (await window(days)).orders

    @kernel.formula("SHOPIFY_AVG_ORDER_VALUE", ttl=60)
    async def avg_order_value(days: object = 30) -> float:
        """Revenue by order, 0 when there is none."""
        total = await window(days)
        return float(total.revenue() / max(1, total.orders))

    @kernel.formula("SHOPIFY_PRODUCT_COUNT")
    async def product_count() -> int:
        """Products whose status is active."""
        return _exact(await admin.ask(_PRODUCTS, {}, _COUNT_COST), "productsCount")


# The window


def _now() -> datetime:
    """This second. Shopify's moments have no smaller parts."""
    return datetime.now(UTC).replace(microsecond=0)


def _days(days: object) -> int:
    """Numbers lose their fraction, as Excel's whole-number arguments do."""
    if days is None:
        days = 30
    if isinstance(days, bool) or not isinstance(days, int | float):
        raise _stop("#VALUE!", "Not a number of days", "`days` is a whole number from 1 to 365.")
    if not 1 <= days < 366:  # noqa: PLR2004 -- 365.9 is 365 days; NaN fails the comparison too
        raise _stop("#NUM!", "Too few or too many days", "`days` is a whole number from 1 to 365.")
    return int(days)


def _back(day: date, days: int) -> date:
    return day - timedelta(days=days)


def _blocks(today: date, days: int, facts: Json, now: datetime) -> Iterator[tuple[date, date]]:
    """The blocks of closed days that a window needs, each from its first to its last day."""
    seen = _EDGES[-1] if facts["all_orders"] else _seen_days(today, _zone(facts["zone"]), now)
    if days > seen:
        detail = (
            f"Without the scope {_ALL_ORDERS} Shopify shows the orders of the last 60 days only: {seen} whole days."
        )
        raise _forbidden(_ALL_ORDERS, detail)
    newest = 1
    for edge in _EDGES:
        oldest = min(edge, seen)
        if newest <= min(days, oldest):
            yield _back(today, oldest), _back(today, newest)
        newest = oldest + 1


def _seen_days(today: date, zone: ZoneInfo, now: datetime) -> int:
    """Whole days before today that an app sees without `read_all_orders`: 59, or 58 late on a day that grew longer."""
    return 59 if _midnight(_back(today, 59), zone) >= now - _VISIBLE else 58


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise _senseless("a time zone that this server does not know") from None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day, also where clocks skip midnight; of a midnight that comes twice, the first."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


@dataclass(frozen=True)
class _Span:
    """Whole days, the last one cut off at `now` if it is not over."""

    first: date
    last: date
    zone: ZoneInfo
    now: datetime

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(len(self)))

    def halves(self) -> "tuple[_Span, _Span]":
        middle = self.first + timedelta(days=len(self) // 2)
        return replace(self, last=_back(middle, 1)), replace(self, first=middle)

    def query(self, since: datetime | None = None) -> str:
        """The search for its orders, of those placed at `since` or later. Its end is fixed: no new order comes in."""
        start = since or _midnight(self.first, self.zone)
        end = min(self.now, _midnight(self.last + timedelta(days=1), self.zone))
        return f"created_at:>='{_written(start)}' AND created_at:<'{_written(end)}'"


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days as runs without gaps, each from its first to its last day."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and runs[-1][1] == _back(day, 1):
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    return runs


# Adding up


@dataclass(frozen=True)
class _Total:
    """What the orders of a window come to, by currency."""

    shop_currency: str
    amounts: Mapping[str, int]
    orders: int

    def revenue(self) -> Fraction:
        """In the shop's currency, which every order has unless the shop has changed it; nothing is converted."""
        foreign = sorted(self.amounts.keys() - {self.shop_currency})
        if foreign:
            detail = f"The shop's currency is {self.shop_currency}, but there are orders in {', '.join(foreign)}."
            action = "Choose a window without them. GridOS converts nothing."
            raise _stop("#SHOPIFY_ERROR!", "Orders in several currencies", detail, action)
        return Fraction(self.amounts.get(self.shop_currency, 0), _UNITS)


def _total(shop_currency: str, rows: Iterable[Sequence[Any]]) -> _Total:
    amounts: Counter[str] = Counter()
    orders = 0
    for _, currency, amount, items in rows:
        amounts[currency] += amount
        orders += items
    return _Total(shop_currency, amounts, orders)


def _rows(days: Mapping[date, Day]) -> Rows:
    return [
        [str(day), total.currency, total.amount_minor, total.items]
        for day, kept in sorted(days.items())
        for total in kept.totals
        if total.currency != _ANY
    ]


def _placed(days: Iterable[Day]) -> int:
    """How many orders days hold, test and cancelled ones included."""
    return sum(total.items for day in days for total in day.totals if total.currency == _ANY)


class _Tally:
    """Adds the rows of a span up, in memory that does not grow with them."""

    def __init__(self, span: _Span) -> None:
        self._span = span
        self._amounts: Counter[tuple[date, str]] = Counter()
        self._items: Counter[tuple[date, str]] = Counter()
        self.rows = 0

    def add(self, row: Json) -> None:
        day = _moment(row, "createdAt").astimezone(self._span.zone).date()
        if not self._span.first <= day <= self._span.last:
            raise _senseless("an order of a day that nobody asked for")
        self.rows += 1
        self._items[day, _ANY] += 1
        if _member(row, "test", bool) or row.get("cancelledAt") is not None:
            return
        currency, amount = _price(row, "totalPriceSet")
        self._amounts[day, currency] += amount
        self._items[day, currency] += 1

    def days(self, as_of: datetime) -> dict[date, Day]:
        totals: dict[date, list[DayTotal]] = {day: [] for day in self._span.days()}
        for (day, currency), items in self._items.items():
            totals[day].append(DayTotal(currency, self._amounts[day, currency], items))
        return {day: Day(as_of.timestamp(), totals[day]) for day in totals}


# Reading orders


class _Reader:
    """Reads days of orders for one source. What it returns has been proved by Shopify's own count."""

    def __init__(self, kernel: Kernel, admin: "_Admin", zone: str) -> None:
        self._kernel = kernel
        self._admin = admin
        self._name = zone
        self._zone = _zone(zone)
        self._now = _now()

    async def today(self, day: date) -> dict[date, Day]:
        """The day that is not over, or has just ended."""
        span = self._span(day, day)
        opened = await self._open(span)
        return (await self._proved(span, opened, self._paged)).days(self._now)

    async def closed(self, first: date, last: date) -> dict[date, Day]:
        """Days that are over: those that are kept, made sure of, and the others read."""
        kept = await self._kernel.days.read(_SERIES, self._name, first, last)
        known = dict(kept)
        span = self._span(first, last)
        for run in _runs(set(span.days()) - known.keys()):
            known |= await self._read(self._span(*run))
        return await self._made_sure(span, known, min(day.as_of for day in kept.values())) if kept else known

    def _span(self, first: date, last: date) -> _Span:
        return _Span(first, last, self._zone, self._now)

    async def _read(self, span: _Span) -> dict[date, Day]:
        """
        Read and keep every day of a span.

        Many orders come in one file. If that fails, as whenever a span is long, shorter ones are read and kept one by
        one, so that nothing is read twice when the call is cut off.
        """
        opened = await self._open(span)
        if opened.count > _SLICE:
            try:
                return await self._keep(span, await self._proved(span, opened, self._exported))
            except UpstreamError as failure:
                if opened.count > _MOST_BY_PAGES or failure.error.code in {"#SHOPIFY_AUTH!", "#SHOPIFY_FORBIDDEN!"}:
                    raise
        return await self._read_by_pages(span, opened)

    async def _read_by_pages(self, span: _Span, opened: "_Opened") -> dict[date, Day]:
        if opened.count <= _SLICE or len(span) == 1:
            return await self._keep(span, await self._proved(span, opened, self._paged))
        days: dict[date, Day] = {}
        for half in span.halves():
            days |= await self._read_by_pages(half, await self._open(half))
        return days

    async def _keep(self, span: _Span, tally: _Tally) -> dict[date, Day]:
        days = tally.days(span.now)
        await self._kernel.days.put(_SERIES, self._name, days)
        return days

    async def _open(self, span: _Span) -> "_Opened":
        """How many orders there are, and the first of them."""
        variables = {"q": span.query(), "first": _FIRST_PAGE}
        data = await self._admin.ask(_OPEN, variables, _COUNT_COST + _LIST_COST + _ROW_COST * _FIRST_PAGE)
        return _Opened(_exact(data, "ordersCount"), *_page(data))

    async def _proved(
        self, span: _Span, opened: "_Opened", road: Callable[[_Span, "_Opened"], Coroutine[Any, Any, _Tally]]
    ) -> _Tally:
        """All orders of a span: as many as Shopify counted before, or counts now if one was deleted meanwhile."""
        for _ in range(2):
            tally = await road(span, opened)
            if tally.rows == opened.count:
                return tally
            opened = await self._open(span)
            if tally.rows == opened.count:
                return tally
        raise _senseless("a list of orders that is longer or shorter than its count")

    # Page after page

    async def _paged(self, span: _Span, opened: "_Opened") -> _Tally:
        tally = _Tally(span)
        async for rows in self._pages(span, opened):
            for row in rows:
                tally.add(row)
            self._kernel.progress(tally.rows, opened.count)
        return tally

    async def _pages(self, span: _Span, opened: "_Opened") -> AsyncIterator[list[Json]]:
        """The rows, oldest first. A query that has brought its most is followed by one from its last second on."""
        query, read, left = span.query(), 0, opened.count
        rows, cursor, passed = opened.rows, opened.cursor, _Passed()
        while True:
            fresh = [row for row in rows if passed.is_new(row)]
            yield fresh
            if cursor is None:
                return
            read, left = read + len(rows), left - len(fresh)
            if read + _PAGE > _MOST_BY_ONE_QUERY:
                going_on = span.query(passed.second)
                if going_on == query:
                    raise _senseless("more orders of one second than it lists")
                query, read, left, cursor = going_on, 0, left + len(passed.ids), None
            rows, cursor = await self._next(query, cursor, min(_PAGE, max(_FEWEST, left)))

    async def _next(self, query: str, after: str | None, first: int) -> tuple[list[Json], str | None]:
        variables = {"q": query, "first": first, "after": after}
        rows, cursor = _page(await self._admin.ask(_NEXT, variables, _LIST_COST + _ROW_COST * first))
        if cursor is not None and cursor == after:
            raise _senseless("a list that goes round in circles")
        return rows, cursor

    # In one file

    async def _exported(self, span: _Span, opened: "_Opened") -> _Tally:
        """The rows from the file that a bulk operation of Shopify's writes; it is read as it comes, however long."""
        rows = f"edges {{ node {{ {_ORDER} }} }}"
        query = f"{{ orders(query: {json.dumps(span.query())}) {{ {rows} }} }}"
        address, objects = await self._finished(await self._started(query), opened.count)
        tally = _Tally(span)
        async for line in self._kernel.http.lines(address):
            if line:
                tally.add(_record(line))
                if tally.rows % _PAGE == 0:
                    self._kernel.progress(tally.rows, objects)
        if tally.rows != objects:
            raise _senseless("a file that is longer or shorter than it said")
        return tally

    async def _started(self, query: str) -> str:
        """
        The id of a new operation.

        A refusal says that nothing was started, so only then is it asked for again; a request that got lost is not
        repeated, since it may have started one. Shopify runs a few operations of an app at a time.
        """
        for wait in _waits(_BUSY_FOR):
            data = await self._admin.ask(_START, {"q": query}, _MUTATION_COST, safe=False)
            payload = _object(data, "bulkOperationRunQuery")
            errors = _list(payload, "userErrors")
            if not errors:
                return _member(_object(payload, "bulkOperation"), "id", str)
            if not _BUSY.intersection(_codes(errors)):
                raise _failed_export(errors)
            await asyncio.sleep(wait)
        detail = "Other exports of this app are still running."
        raise _limited("Shopify exports no further orders at the moment", detail, _POLL_LAST)

    async def _finished(self, operation: str, count: int) -> tuple[str, int]:
        """Where the file is, and how many records are in it."""
        for wait in _waits(math.inf):
            row = _object(await self._admin.ask(_POLL, {"id": operation}, 1), "bulkOperation")
            status, done = _member(row, "status", str), _integer(row, "objectCount")
            if status == "COMPLETED":
                return _member(row, "url", str), done
            if status not in {"CREATED", "RUNNING"}:
                if row.get("errorCode") == "ACCESS_DENIED":
                    raise _forbidden("read_orders", "The connected app may not export orders.")
                raise _failed_export([row])
            self._kernel.progress(min(done, count), count)
            await asyncio.sleep(wait)
        raise AssertionError

    # Making sure of kept days

    async def _made_sure(self, span: _Span, known: dict[date, Day], as_of: float) -> dict[date, Day]:
        """The same days after the orders that may have changed since `as_of` were read again, each with its day."""
        placed, doubtful = await self._changed(span, datetime.fromtimestamp(as_of, UTC) - _OVERLAP)
        for run in _runs(doubtful):
            known |= await self._read(self._span(*run))
        if _placed(known.values()) != placed:
            for run in _runs(await self._miscounted(span, known)):
                known |= await self._read(self._span(*run))
        await self._kernel.days.confirm(_SERIES, self._name, span.first, span.last, self._now.timestamp())
        return known

    async def _changed(self, span: _Span, since: datetime) -> tuple[int, set[date]]:
        """How many orders a span has by now, and the days of those that may count otherwise than before `since`."""
        query = f"{span.query()} AND updated_at:>='{_written(since)}'"
        days, seen, cursor = set[date](), 0, None
        while True:
            variables = {"all": span.query(), "q": query, "first": _FIRST_PAGE, "after": cursor}
            cost = 2 * _COUNT_COST + _LIST_COST + _CHANGED_ROW_COST * _FIRST_PAGE
            data = await self._admin.ask(_CHANGED, variables, cost)
            placed, changed = _exact(data, "all"), _exact(data, "changed")
            if changed > max(_MOST_CHANGED, placed // 20):
                return placed, set(span.days())
            rows, after = _page(data)
            days |= {_moment(row, "createdAt").astimezone(self._zone).date() for row in rows if _may_differ(row, since)}
            seen += len(rows)
            if after is None:
                break
            if after == cursor:
                raise _senseless("a list that goes round in circles")
            cursor = after
        if seen < changed:
            raise _senseless("a list of changed orders that is shorter than its count")
        return placed, days

    async def _miscounted(self, span: _Span, known: Mapping[date, Day]) -> set[date]:
        """The days that hold another number of orders than they did: orders can be deleted."""
        wrong, days = set[date](), list(span.days())
        for start in range(0, len(days), _COUNTS_AT_ONCE):
            asked = {f"d{number}": day for number, day in enumerate(days[start : start + _COUNTS_AT_ONCE])}
            names = ", ".join(f"${name}: String!" for name in asked)
            counts = " ".join(f"{name}: ordersCount(query: ${name}, limit: null) {_COUNT}" for name in asked)
            variables = {name: self._span(day, day).query() for name, day in asked.items()}
            data = await self._admin.ask(f"query Days({names}) {{ {counts} }}", variables, _COUNT_COST * len(asked))
            wrong |= {day for name, day in asked.items() if _exact(data, name) != _placed([known[day]])}
        return wrong


@dataclass(frozen=True)
class _Opened:
    """What the first request for a span brings: the number of its orders, the oldest of them, and where to go on."""

    count: int
    rows: list[Json]
    cursor: str | None


class _Passed:
    """What has been read of a list that is sorted by second: its last second, and the orders of that one."""

    def __init__(self) -> None:
        self.second = datetime.min.replace(tzinfo=UTC)
        self.ids: set[str] = set()

    def is_new(self, row: Json) -> bool:
        """Whether a row has not come before; it is remembered."""
        second, identity = _moment(row, "createdAt"), _member(row, "id", str)
        if second < self.second:
            raise _senseless("a list of orders that is not sorted by their time")
        if second > self.second:
            self.second, self.ids = second, set()
        is_new = identity not in self.ids
        self.ids.add(identity)
        return is_new


def _may_differ(row: Json, since: datetime) -> bool:
    """
    Whether a changed order may count otherwise than it did when it was read after `since`.

    Most changes are deliveries and payments. A total moves only by an edit, and what was cancelled before was left
    out before.
    """
    if row.get("cancelledAt") is not None:
        return _moment(row, "cancelledAt") >= since
    amounts = {_units(_object(_object(row, name), "shopMoney")) for name in ("totalPriceSet", "originalTotalPriceSet")}
    return _member(row, "edited", bool) or len(amounts) > 1


def _waits(seconds: float) -> Iterator[float]:
    """Ever longer waits, `seconds` in all."""
    waited, wait = 0.0, _POLL_FIRST
    while waited < seconds:
        yield wait
        waited, wait = waited + wait, min(_POLL_LAST, wait * 1.5)


# Asking Shopify


class _Admin:
    """Shopify's GraphQL Admin API."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def ask(self, query: str, variables: Json, cost: float, *, safe: bool = True) -> Json:
        """The data of an answer without errors. A question that Shopify throttles waits and is asked again."""
        waited = 0.0
        while True:
            answer = await self._post({"query": query, "variables": variables}, cost, safe=safe)
            errors, wait = answer.get("errors"), self._learn(answer, cost)
            if errors in (None, []):
                return _object(answer, "data")
            if "THROTTLED" not in _codes(_extensions(errors)):
                raise _refused(errors)
            if wait > _LONGEST_WAIT or waited + wait > _LONGEST_WAITS:
                detail = "This connection has used up what Shopify allows for the moment."
                raise _limited("Shopify asks GridOS to slow down", detail, wait)
            waited += wait
            await asyncio.sleep(wait)

    async def _post(self, body: Json, cost: float, *, safe: bool) -> Json:
        try:
            answer = await self._http.post_json(_ADDRESS, body, cost=cost, safe=safe)
        except UpstreamError as failure:
            if failure.error.code != "#SHOPIFY_404!":
                raise
            detail = "Shopify knows no such store, or it does not speak the API's version that GridOS uses."
            action = "Check the store domain in the plugin's settings."
            raise UpstreamError(replace(failure.error, detail=detail, action=action)) from None
        if not isinstance(answer, dict):
            raise _senseless("something else than an object")
        return cast("Json", answer)

    def _learn(self, answer: Json, cost: float) -> float:
        """Pass on how much of the connection's budget is left; the seconds until it holds `cost` again."""
        match answer:
            case {
                "extensions": {
                    "cost": {
                        "throttleStatus": {
                            "maximumAvailable": int() | float() as capacity,
                            "currentlyAvailable": int() | float() as available,
                            "restoreRate": int() | float() as rate,
                        }
                    }
                }
            } if rate > 0:
                self._http.learn(available=available, per_second=rate, capacity=capacity)
                return max(0.1, (cost - available) / rate)
            case _:
                return _WAIT_UNTOLD


async def _shop(admin: _Admin) -> Json:
    """What a store's numbers depend on. An order older than 60 days that can be seen proves `read_all_orders` too."""
    older = f"created_at:<'{_written(_now() - _VISIBLE - timedelta(days=1))}'"
    data = await admin.ask(_SHOP, {"older": older}, _COUNT_COST + 3)
    shop, app = _object(data, "shop"), _object(data, "currentAppInstallation")
    scopes = {_member(scope, "handle", str) for scope in _list(app, "accessScopes")}
    older_orders = _integer(_object(data, "ordersCount"), "count")
    zone = _member(shop, "ianaTimezone", str)
    _zone(zone)
    return {
        "zone": zone,
        "currency": _member(shop, "currencyCode", str),
        "all_orders": _ALL_ORDERS in scopes or older_orders > 0,
    }


async def _together(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """All results in order. The first failure ends the other jobs and is raised by itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job) for job in jobs]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


# Reading answers


def _exact(data: Json, name: str) -> int:
    """A count that Shopify vouches for."""
    counted = _object(data, name)
    if counted.get("precision") != "EXACT":
        raise _senseless("a count that is not exact")
    return _integer(counted, "count")


def _page(data: Json) -> tuple[list[Json], str | None]:
    """The rows of a page, and the cursor of the next one if there is one."""
    orders = _object(data, "orders")
    rows, info = _list(orders, "nodes"), _object(orders, "pageInfo")
    if not _member(info, "hasNextPage", bool):
        return rows, None
    if not rows:
        raise _senseless("an empty page that is not the last")
    return rows, _member(info, "endCursor", str)


def _record(line: str) -> Json:
    """One line of an exported file."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise _senseless("a file that is not made of JSON objects")
    return cast("Json", row)


def _price(row: Json, name: str) -> tuple[str, int]:
    """Currency and amount of a price in the shop's own money; what the customer saw may be in another."""
    money = _object(_object(row, name), "shopMoney")
    currency = _member(money, "currencyCode", str)
    if not re.fullmatch(r"[A-Z]{3}", currency) or currency == _ANY:
        raise _senseless("a price without a usable `currencyCode`")
    return currency, _units(money)


def _units(money: Json) -> int:
    """An amount in ten-thousandths, without the loss a float would bring."""
    text = _member(money, "amount", str)
    units = Decimal(text).scaleb(4) if re.fullmatch(r"-?[0-9]{1,14}(\.[0-9]{1,10})?", text) else None
    if units is None or units != units.to_integral_value():
        raise _senseless("a price without a usable `amount`")
    return int(units)


def _moment(row: Json, name: str) -> datetime:
    text = _member(row, name, str)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _senseless(f"a record without a usable `{name}`")
    return moment


def _integer(row: Json, name: str) -> int:
    """A count. Shopify writes those that may outgrow 32 bits as texts."""
    value = row.get(name)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,15}", str(value)):
        raise _senseless(f"a record without a usable `{name}`")
    return int(str(value))


def _member(row: Json, name: str, kind: type[T]) -> T:
    """A member that must be there and of its kind."""
    value = row.get(name)
    if not isinstance(value, kind):
        raise _senseless(f"a record without a usable `{name}`")
    return value


def _object(row: Json, name: str) -> Json:
    """A member that must be an object."""
    return cast("Json", _member(row, name, dict))


def _list(row: Json, name: str) -> list[Json]:
    """A member that must be a list of objects."""
    rows = cast("list[object]", _member(row, name, list))
    if not all(isinstance(entry, dict) for entry in rows):
        raise _senseless(f"`{name}` not as a list of objects")
    return cast("list[Json]", rows)


# Errors


def _extensions(errors: object) -> list[Json]:
    """What Shopify says for programs about each error of an answer."""
    listed = cast("list[Any]", errors) if isinstance(errors, list) else []
    found = [cast("Json", error).get("extensions") for error in listed if isinstance(error, dict)]
    return [cast("Json", extensions) for extensions in found if isinstance(extensions, dict)]


def _codes(rows: Iterable[Json], *names: str) -> list[str]:
    """The codes in rows, as far as they are words that can be shown."""
    found = [row.get(name) for row in rows for name in names or ("code",)]
    return [code for code in found if isinstance(code, str) and re.fullmatch(r"[A-Za-z_]{1,60}", code)]


def _refused(errors: object) -> UpstreamError:
    """An answer with errors is none, even where it has data too."""
    extensions = _extensions(errors)
    codes = _codes(extensions)
    if "ACCESS_DENIED" in codes:
        named = re.findall(
            r"`((?:read|write)_[a-z_]{1,60})`", " ".join(str(one.get("requiredAccess")) for one in extensions)
        )
        scope = named[0] if named else "that Shopify asks for"
        return _forbidden(scope, f"The connected app lacks the scope {scope}.")
    requests = [
        str(one["requestId"]) for one in extensions if re.fullmatch(r"[0-9a-f-]{8,60}", str(one.get("requestId")))
    ]
    told = f"It answered with the error {', '.join(codes)}." if codes else "It answered with an error."
    known = f" Its request id is {requests[0]}." if requests else ""
    return _stop("#SHOPIFY_ERROR!", "Shopify could not answer", told + known)


def _failed_export(rows: Iterable[Json]) -> UpstreamError:
    codes = ", ".join(_codes(rows, "code", "errorCode", "status"))
    return _stop("#SHOPIFY_ERROR!", "Shopify could not export the orders", f"It said {codes or 'no reason'}.")


def _forbidden(scope: str, detail: str) -> UpstreamError:
    action = f"Give the app the scope {scope} in Shopify and install it again."
    return _stop("#SHOPIFY_FORBIDDEN!", "Shopify does not permit this", detail, action)


def _limited(title: str, detail: str, wait: float) -> UpstreamError:
    stopped = _stop("#SHOPIFY_429!", title, detail, "It is asked again by itself.")
    return UpstreamError(replace(stopped.error, retry_at=datetime.now(UTC).timestamp() + wait))


def _senseless(what: str) -> UpstreamError:
    return _stop("#SHOPIFY_ERROR!", "Shopify's answer makes no sense", f"Shopify sent {what}.")


def _stop(code: str, title: str, detail: str, action: str = "") -> UpstreamError:
    return UpstreamError(CellError(code=code, title=title, detail=detail, action=action, plugin="shopify"))
