"""
Stripe: revenue, charges, recurring revenue, subscribers and customers of one account.

A number is complete or an error: lists are read to their end, amounts stay exact (whole minor units or fractions of
them) until a total is shown, and an answer that lacks a member stops the call. `docs/connectors.md` says to the word
what each function counts. The plugin never sees its key: the host puts it on the requests.
"""

import asyncio
import math
import re
from collections import Counter, defaultdict
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar, cast
from urllib.parse import quote

from gridos.grid import CellError
from gridos.plugins import Http, Kernel, UpstreamError

Json: TypeAlias = dict[str, Any]
Params: TypeAlias = Mapping[str, str | list[str]]
T = TypeVar("T")

# https://docs.stripe.com/currencies: every other currency has two decimals.
_NO_DECIMALS = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
_THREE_DECIMALS = "bhd jod kwd omr tnd"

_MONTHS = {"month": Fraction(1), "year": Fraction(12), "week": Fraction(12, 52), "day": Fraction(12, 365)}
_MOST_SLICES = 8
_PERMISSIONS = {
    "charges": "Charges and Refunds",
    "coupons": "Coupons",
    "customers": "Customers",
    "prices": "Prices",
    "subscription_items": "Subscriptions",
    "subscriptions": "Subscriptions",
}


def register(kernel: Kernel) -> None:
    """Offer the five functions."""

    @kernel.formula("STRIPE_REVENUE")
    async def revenue(days: object = 30, currency: object = None) -> float:
        """Captured charges since midnight UTC of today minus `days`, less their refunds, in one currency."""
        start, code = _window_start(days), _currency(currency)
        return _amount(_net_by_currency(await _charges(kernel.http, start)), code)

    @kernel.formula("STRIPE_CHARGE_COUNT")
    async def charge_count(days: object = 30) -> int:
        """Captured charges since midnight UTC of today minus `days`, refunded or not."""
        return len(await _charges(kernel.http, _window_start(days)))

    @kernel.formula("STRIPE_MRR")
    async def mrr(currency: object = None) -> float:
        """What the active subscriptions bring in a month, in one currency."""
        code = _currency(currency)
        return _amount(await _recurring_by_currency(kernel.http), code)

    @kernel.formula("STRIPE_ACTIVE_SUBSCRIBERS")
    async def active_subscribers() -> int:
        """Distinct customers with an active subscription."""
        return len({_id(_member(row, "customer", object)) for row in await _active_subscriptions(kernel.http, {})})

    @kernel.formula("STRIPE_CUSTOMER_COUNT")
    async def customer_count() -> int:
        """Customers that are not deleted."""
        return len(await _rows(kernel.http, "/v1/customers", {}))


# Arguments


def _window_start(days: object) -> int:
    """The Unix time of the window's first second. Numbers lose their fraction, as Excel's whole-number arguments do."""
    if days is None:
        days = 30
    if isinstance(days, bool) or not isinstance(days, int | float):
        raise _stop("#VALUE!", "Not a number of days", "`days` is a whole number from 1 to 365.")
    if not 1 <= days < 366:  # noqa: PLR2004 -- 365.9 is 365 days; NaN fails the comparison too
        raise _stop("#NUM!", "Too few or too many days", "`days` is a whole number from 1 to 365.")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight - timedelta(days=int(days))).timestamp())


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


# Charges


async def _charges(http: Http, start: int) -> list[Json]:
    """
    Every succeeded and captured charge since `start`.

    The newest page also freezes the window's end: what is charged while paging comes before it. The rest is read in
    slices of time side by side, as many as the first page makes expect pages. Charges of that page's last second come
    twice. A list that is not newest first, as Stripe's is, is read page by page instead.
    """
    path, since = "/v1/charges", {"created[gte]": str(start)}
    rows, has_more = await _page(http, path, since)
    moments = [_member(row, "created", int) for row in rows]
    if has_more and moments != sorted(moments, reverse=True):
        rows = await _rows(http, path, since)
    elif has_more:
        for older in await _together(_rows(http, path, span) for span in _slices(start, moments[0], moments[-1] + 1)):
            rows.extend(older)
    charges = {_member(row, "id", str): row for row in rows}.values()
    return [row for row in charges if _member(row, "status", str) == "succeeded" and _member(row, "captured", bool)]


def _slices(start: int, newest: int, end: int) -> list[dict[str, str]]:
    """Equal parts of the time from `start` to `end`, each about as long as the page from `end` to `newest`."""
    count = min(_MOST_SLICES, math.ceil((end - start) / max(1, newest - end)))
    edges = [start + (end - start) * number // count for number in range(count + 1)]
    return [{"created[gte]": str(low), "created[lt]": str(high)} for low, high in pairwise(edges)]


def _net_by_currency(charges: Iterable[Json]) -> Counter[str]:
    """What was captured and not given back, in minor units."""
    totals: Counter[str] = Counter()
    for charge in charges:
        totals[_member(charge, "currency", str).lower()] += _net(charge)
    return totals


def _net(charge: Json) -> int:
    """
    What one charge brought, in minor units.

    Stripe lists what a partial capture leaves on the customer's card as refunded, too; it must not be taken off twice.
    """
    amount, refunded = _member(charge, "amount", int), _member(charge, "amount_refunded", int)
    captured = amount if charge.get("amount_captured") is None else _member(charge, "amount_captured", int)
    includes_the_release = refunded >= amount - captured
    return (amount if includes_the_release else captured) - refunded


# Subscriptions


@dataclass(frozen=True)
class _Line:
    """What one item of a subscription brings a month, in minor units, and how many months it is billed for at once."""

    monthly: Fraction
    months: Fraction
    product: object


async def _active_subscriptions(http: Http, expand: Params) -> list[Json]:
    """Subscriptions in status `active`; trialing and past_due ones are not."""
    rows = await _rows(http, "/v1/subscriptions", {"status": "active", **expand})
    return [row for row in rows if _member(row, "status", str) == "active"]


async def _recurring_by_currency(http: Http) -> dict[str, Fraction]:
    """Monthly recurring revenue in minor units; subscriptions whose collection is paused bring none."""
    active = await _active_subscriptions(http, _expand("data.discounts", "data.items.data.discounts"))
    rows = [row for row in active if not row.get("pause_collection")]
    items = await _together(_items(http, row) for row in rows)
    offers = await _offers(http, rows, items)
    coupons = await _coupons(http, rows, items)
    totals: defaultdict[str, Fraction] = defaultdict(Fraction)
    for row, own in zip(rows, items, strict=True):
        currency = _currency_of(row, own)
        lines = [_line(item, offers[_offer_key(item, currency)], coupons, currency) for item in own]
        if lines:
            totals[currency] += sum(line.monthly for line in _discounted(lines, _running(row, coupons), currency))
    return totals


async def _items(http: Http, subscription: Json) -> list[Json]:
    """The licensed items of a subscription. Metered ones are billed by use and recur at no known amount."""
    listed = _object(subscription, "items")
    rows = _list(listed, "data")
    if _member(listed, "has_more", bool):
        own = {"subscription": _member(subscription, "id", str)}
        rows = await _rows(http, "/v1/subscription_items", {**own, **_expand("data.discounts")})
    return [row for row in rows if _billing(_offer(row)).get("usage_type") != "metered"]


def _currency_of(subscription: Json, items: Sequence[Json]) -> str:
    """The currency that is charged, which need not be its prices' own one."""
    return _member(subscription if "currency" in subscription or not items else _offer(items[0]), "currency", str)


def _offer(item: Json) -> Json:
    """An item's price; old subscriptions have a plan instead."""
    return _object(item, "price" if item.get("price") else "plan")


def _billing(offer: Json) -> Json:
    """The members about billing periods, which a plan carries itself."""
    return _object(offer, "recurring") if "recurring" in offer else offer


def _offer_key(item: Json, currency: str) -> tuple[str, str]:
    return _member(_offer(item), "id", str), currency


async def _offers(http: Http, rows: Sequence[Json], items: Sequence[Sequence[Json]]) -> dict[tuple[str, str], Json]:
    """Every price in the currency it is charged in, with its tiers."""
    known = {
        _offer_key(item, currency): _offer(item)
        for row, own in zip(rows, items, strict=True)
        for item, currency in ((item, _currency_of(row, own)) for item in own)
    }
    whole = await _together(_whole_offer(http, offer, currency) for (_, currency), offer in known.items())
    return dict(zip(known, whole, strict=True))


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


def _line(item: Json, offer: Json, coupons: Mapping[str, Json], currency: str) -> _Line:
    """One item after its own discounts."""
    billing = _billing(offer)
    months = _MONTHS.get(_member(billing, "interval", str))
    if months is None:
        raise _senseless("a billing interval that is no day, week, month or year")
    months *= _member(billing, "interval_count", int)
    quantity = 1 if item.get("quantity") is None else _member(item, "quantity", int)
    line = _Line(_period_amount(offer, quantity) / months, months, offer.get("product"))
    return _discounted([line], _running(item, coupons), currency)[0]


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


async def _coupons(http: Http, rows: Sequence[Json], items: Sequence[Sequence[Json]]) -> dict[str, Json]:
    """Every coupon in use, by its id."""
    holders = {
        _coupon_id(discount): f"/v1/{collection}/{quote(_member(holder, 'id', str), safe='')}"
        for collection, held in (
            ("subscriptions", rows),
            ("subscription_items", [item for own in items for item in own]),
        )
        for holder in held
        for discount in _list(holder, "discounts", optional=True)
    }
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


def _source(discount: Json) -> Json:
    """Where a discount names its coupon; before 2025-09-30 that was the discount itself."""
    return _object(discount, "source") if "source" in discount else discount


def _coupon_id(discount: Json) -> str:
    return _id(_member(_source(discount), "coupon", object))


def _running(holder: Json, coupons: Mapping[str, Json]) -> list[Json]:
    """The coupons that take something off every coming period: not those for one invoice, not ended ones."""
    now = datetime.now(UTC).timestamp()
    running = [
        row
        for row in _list(holder, "discounts", optional=True)
        if row.get("end") is None or _member(row, "end", int) > now
    ]
    found = [coupons[_coupon_id(discount)] for discount in running]
    return [coupon for coupon in found if _member(coupon, "duration", str) != "once"]


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
    """A whole list, page after page, newest first."""
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
