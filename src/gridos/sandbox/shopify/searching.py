"""The part of Shopify's search syntax that the stand-in understands; anything else is refused, not ignored."""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from graphql import GraphQLError

from gridos.sandbox.shopify.store import Order, ShopifyStore

_TERM = re.compile(r"(created_at|updated_at|status):(>=|<=|>|<|)('[^']*'|\S+)")
_PRODUCT_STATUS = re.compile(r"status:(active|draft|archived)")
_STATUSES: Final = {"open", "closed", "cancelled"}


def find_orders(store: ShopifyStore, query: str | None) -> Sequence[Order]:
    """The orders that match, oldest first."""
    spans = {"created_at": [-math.inf, math.inf], "updated_at": [-math.inf, math.inf]}
    statuses: list[str] = []
    for name, comparison, value in _terms(query):
        if name == "status":
            statuses.append(value)
        else:
            _narrow(spans[name], comparison, _moment(value))
    low, high = spans["created_at"]
    since, until = spans["updated_at"]
    found = store.visible(low, high)
    if (since, until) == (-math.inf, math.inf) and not statuses:
        return found
    return [row for row in found if since <= row.updated < until and all(_has(row, one) for one in statuses)]


def count_products(store: ShopifyStore, query: str | None) -> int:
    """How many products match."""
    if not query:
        return sum(store.products.values())
    term = _PRODUCT_STATUS.fullmatch(query)
    if term is None:
        raise GraphQLError("The sandbox does not understand this search for products.")
    return store.products.get(term[1], 0)


def _terms(query: str | None) -> list[tuple[str, str, str]]:
    parts = re.split(r"\s+AND\s+", query.strip()) if query and query.strip() else []
    terms = [_TERM.fullmatch(part) for part in parts]
    if any(term is None for term in terms):
        raise GraphQLError("The sandbox does not understand this search for orders.")
    return [(term[1], term[2], term[3].strip("'")) for term in terms if term]


def _narrow(span: list[float], comparison: str, moment: float) -> None:
    """Moments are whole seconds, so `>` is `>=` of the next one."""
    if comparison in {">=", ">", ""}:
        span[0] = max(span[0], moment + (comparison == ">"))
    if comparison in {"<", "<=", ""}:
        span[1] = min(span[1], moment + (comparison != "<"))


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise GraphQLError("This is not a moment.") from None
    if moment.tzinfo is None:
        raise GraphQLError("The sandbox wants moments with a time zone.")
    return moment.timestamp()


def _has(order: Order, status: str) -> bool:
    if status not in _STATUSES:
        raise GraphQLError("The sandbox knows no such status.")
    is_cancelled = order.cancelled is not None
    return {"cancelled": is_cancelled, "closed": order.closed, "open": not (order.closed or is_cancelled)}[status]
