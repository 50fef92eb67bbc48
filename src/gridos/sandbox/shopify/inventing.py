"""Inventing a store's orders: every kind that changes a number, on both sides of every midnight."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from gridos.sandbox.shopify.store import Order, ShopifyStore

_CENT = Decimal("0.01")
_WHOLE = {"JPY": Decimal(1), "KWD": Decimal("0.001")}
_ABROAD = (("EUR", Decimal("0.92")), ("JPY", Decimal(151)), ("GBP", Decimal("0.79")))
_LATER = (3_600, 86_400, 3 * 86_400, 20 * 86_400)


def invent_orders(
    store: ShopifyStore, random: Random, *, orders: int = 600, days: int = 400, now: datetime | None = None
) -> ShopifyStore:
    """
    Fill a store with orders of the last `days` days up to `now`, more of them lately.

    The same random numbers and moment give the same orders. The first orders stand on both sides of midnights in the
    store's own zone, where windows begin.
    """
    until = int((now or datetime.now(UTC)).timestamp())
    edges = _edges(store.zone, until, days)
    first = store.next_number()
    moments = [
        edges[number]
        if number < min(len(edges), orders // 3)
        else until - 1 - int(days * 86_400 * random.random() ** 1.3)
        for number in range(orders)
    ]
    store.fill(_order(store, random, first + number, moment, until) for number, moment in enumerate(moments))
    return store


def _edges(zone: str, until: int, days: int) -> Sequence[int]:
    """The first second of some days and the last one before it."""
    today = datetime.fromtimestamp(until, ZoneInfo(zone)).date()
    starts = [
        int(datetime.combine(today - timedelta(days=back), time.min, ZoneInfo(zone)).timestamp())
        for back in (0, 1, 7, 30, 59, 60, 90, 180, 365)
        if back < days
    ]
    return [moment for start in starts for moment in (start, start - 1) if moment < until]


def _order(store: ShopifyStore, random: Random, number: int, created: int, until: int) -> Order:
    unit = _WHOLE.get(store.currency, _CENT)
    original = Decimal(random.randrange(500, 50_000)) * unit
    is_edited = random.random() < 0.04  # noqa: PLR2004 -- a few
    total = original + Decimal(random.randrange(-400, 4_000)) * unit if is_edited else original
    currency, rate = random.choice(_ABROAD) if random.random() < 0.2 else (store.currency, Decimal(1))  # noqa: PLR2004 -- some buy from abroad
    changed = created + random.choice(_LATER)
    later = changed if changed < until else None  # what has not happened yet
    return Order(
        number=number,
        created=created,
        total=total,
        currency=store.currency,
        shown=(total if currency == store.currency else (total * rate).quantize(_CENT), currency),
        original=original,
        updated=later or created,
        cancelled=later if random.random() < 0.06 else None,  # noqa: PLR2004 -- a few
        test=random.random() < 0.03,  # noqa: PLR2004 -- a few
        edited=is_edited,
        closed=random.random() < 0.5,  # noqa: PLR2004 -- half of them are archived
    )
