"""
One invented Stripe account: its rows as Stripe would store them, whole, before anybody asks for a part of them.

A row is a JSON object in Stripe's shape, except that items name their price by id and everything is expanded.
"""

import json
import time
from bisect import bisect_right
from collections import Counter, defaultdict
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

    `rows` is the raw truth: a test may compute from it what a connector should say. Change it through the methods only,
    so that listings follow. `permissions` are those of the account's key. `fill` invents the rows when somebody first
    looks at them, so that a large account costs nothing until then.
    """

    def __init__(
        self,
        name: str,
        permissions: Iterable[str] = frozenset(PERMISSIONS.values()),
        fill: "Callable[[StripeAccount], object] | None" = None,
    ) -> None:
        self.name = name
        self.permissions = frozenset(permissions)
        self.deleted_coupons: set[str] = set()
        self._fill = fill
        self._rows: defaultdict[str, dict[str, Json]] = defaultdict(dict)
        self._serials: Counter[str] = Counter()
        self._listings: dict[tuple[str, str], Listing] = {}
        self._texts: dict[tuple[str, frozenset[str]], str] = {}

    @property
    def rows(self) -> defaultdict[str, dict[str, Json]]:
        """All rows by collection and id."""
        if fill := self._fill:
            self._fill = None
            fill(self)
        return self._rows

    def add(self, collection: str, row: Json) -> Json:
        """Add a row, or put it in the place of the one with its id."""
        self.rows[collection][row["id"]] = row
        self._changed(collection)
        return row

    def delete(self, collection: str, identity: str) -> None:
        """Take a row away, as Stripe does with a deleted customer."""
        del self.rows[collection][identity]
        self._changed(collection)

    def refund(self, charge: str, amount: int, now: int | None = None, *, metadata: Json | None = None) -> str:
        """Give a part of a charge back; the refund's id. `now` is the second it happens in, as in what follows."""
        row = self.rows["charges"][charge]
        refunded = row["amount_refunded"] + amount
        self.add("charges", {**row, "amount_refunded": refunded, "refunded": refunded == row["amount"]})
        made = {"created": _moment(now), "amount": amount, "charge": charge, "currency": row["currency"]}
        kind = {"id": self.new_id("re", "refunds"), "object": "refund", "livemode": False, "status": "succeeded"}
        return self.add("refunds", {**kind, **made, "metadata": metadata or {}})["id"]

    def fail_refund(self, refund: str) -> None:
        """The bank returns a refund: the money is the account's again. It is no new row."""
        row = self.rows["refunds"][refund]
        self.add("refunds", {**row, "status": "failed"})
        charge = self.rows["charges"][row["charge"]]
        refunded = charge["amount_refunded"] - row["amount"]
        self.add("charges", {**charge, "amount_refunded": refunded, "refunded": False})

    def capture(self, charge: str, amount: int | None = None, now: int | None = None) -> None:
        """Capture an authorisation, or a part of it: the rest is released, which Stripe lists as a refund."""
        row = self.rows["charges"][charge]
        captured = row["amount"] if amount is None else amount
        self.add("charges", {**row, "captured": True, "amount_captured": captured})
        if rest := row["amount"] - captured:
            self.release(charge, rest, now)

    def release(self, charge: str, amount: int | None = None, now: int | None = None) -> None:
        """Let go of an authorisation, or of a part of it."""
        whole = self.rows["charges"][charge]["amount"] if amount is None else amount
        self.refund(charge, whole, now, metadata={"sandbox": "released, never captured"})

    def settle(self, charge: str, status: str = "succeeded") -> None:
        """A pending charge has succeeded or failed."""
        self.add("charges", {**self.rows["charges"][charge], "status": status})

    def new_id(self, prefix: str, collection: str) -> str:
        """An id that is unused in the account, and the same whenever the account is invented again."""
        self._serials[collection] += 1
        return f"{prefix}_{self.name}{self._serials[collection]:06d}"

    def _changed(self, collection: str) -> None:
        self._listings = {key: listing for key, listing in self._listings.items() if key[0] != collection}
        self._texts.clear()

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


def _moment(now: int | None) -> int:
    return int(time.time()) if now is None else now
