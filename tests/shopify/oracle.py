"""What the connector should say, from a store's raw orders and by another road: dates on a calendar, not moments."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from gridos.sandbox import Order, ShopifyStore


def counted(store: ShopifyStore, days: int, now: datetime) -> list[Order]:
    """The orders that are orders: neither test nor cancelled, and dated at most so many days before today."""
    today = _date(int(now.timestamp()), store.zone)
    return [
        order
        for order in store.orders
        if not order.test
        and order.cancelled is None
        and order.created < now.timestamp()
        and (today - _date(order.created, store.zone)).days <= days
    ]


def numbers(store: ShopifyStore, days: int, now: datetime) -> list[float]:
    """Revenue, count and average, as cells show them."""
    orders = counted(store, days, now)
    revenue = sum((order.total for order in orders), Decimal(0))
    return [float(revenue), len(orders), float(Fraction(revenue) / len(orders)) if orders else 0.0]


def _date(moment: int, zone: str) -> date:
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).date()
