"""
One invented Stripe account: its rows as Stripe would store them, whole, before anybody asks for a part of them.

A row is a JSON object in Stripe's shape, except that items name their price by id and everything is expanded.
"""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

Shower: TypeAlias = Callable[[Json, frozenset[str]], Json]
"""Shows a row, given the paths to expand in it."""

PERMISSIONS = {
    "charges": "rak_charge_read",
    "coupons": "rak_coupon_read",
    "customers": "rak_customer_read",
    "prices": "rak_plan_read",
    "refunds": "rak_charge_read",
    "subscription_items": "rak_subscription_read",
    "subscriptions": "rak_subscription_read",
}
"""What a restricted key needs before it may read a collection."""


class Listing:
    """Rows newest first, found by id and by time without looking at all of them."""

    def __init__(self, rows: Iterable[Json]) -> None:
        """Of rows of the same second the one that was added last comes first."""
        newest_last = sorted(rows, key=_created)
        self.rows = newest_last[::-1]
        self.ages = [-_created(row) for row in self.rows]
        self.positions = {row["id"]: position for position, row in enumerate(self.rows)}

    def page(self, after: int, low: int | None, high: int | None, limit: int) -> tuple[Sequence[Json], bool]:
        """Up to `limit` rows from position `after` on, created in [low, high), and whether more follow."""
        first = after if high is None else max(after, bisect_right(self.ages, -high))
        last = len(self.rows) if low is None else bisect_right(self.ages, -low)
        return self.rows[first : min(last, first + limit)], first + limit < last


class StripeAccount:
    """
    The rows of one account, by collection: `charges`, `customers`, `refunds`, `subscriptions`, `prices`, `coupons`.

    `rows` is the raw truth: a test may compute from it what a connector should say. Change it through `add` only, so
    that listings follow. `permissions` are those of the account's key.
    """

    def __init__(self, name: str, permissions: Iterable[str] = frozenset(PERMISSIONS.values())) -> None:
        self.name = name
        self.permissions = frozenset(permissions)
        self.rows: defaultdict[str, dict[str, Json]] = defaultdict(dict)
        self.deleted_coupons: set[str] = set()
        self._listings: dict[tuple[str, str], Listing] = {}
        self._texts: dict[tuple[str, frozenset[str]], str] = {}

    def add(self, collection: str, row: Json) -> Json:
        """Add a row, or put it in the place of the one with its id."""
        self.rows[collection][row["id"]] = row
        self._listings.clear()
        self._texts.clear()
        return row

    def new_id(self, prefix: str, collection: str) -> str:
        """An id that is unused in the account, and the same whenever the account is invented again."""
        return f"{prefix}_{self.name}{len(self.rows[collection]) + 1:06d}"

    def items(self, subscription: str) -> list[Json]:
        """The items of a subscription, all of them."""
        row = self.rows["subscriptions"].get(subscription)
        return row["items"] if row else []

    def listing(self, collection: str, chosen: str, rows: Callable[[], Iterable[Json]]) -> Listing:
        """The listing of the chosen rows of a collection, made once."""
        key = (collection, chosen)
        if key not in self._listings:
            self._listings[key] = Listing(rows())
        return self._listings[key]

    def text(self, row: Json, expand: frozenset[str], show: Shower) -> str:
        """A row as JSON text, made once for each way of expanding it."""
        key = (row["id"], expand)
        if key not in self._texts:
            self._texts[key] = json.dumps(show(row, expand))
        return self._texts[key]


def _created(row: Json) -> int:
    return row["created"]
