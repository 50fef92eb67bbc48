"""Writes single rows into an invented account, with everything that a test does not care about left ordinary."""

import time
from typing import Any

from gridos.sandbox import StripeAccount

Row = dict[str, Any]
DAY = 86_400


class Rows:
    """Each method adds one row and returns it. Amounts are in minor units, ages in seconds before now."""

    def __init__(self, account: StripeAccount) -> None:
        self.account = account

    def _add(self, collection: str, kind: str, members: Row) -> Row:
        identity = self.account.new_id(kind, collection)
        created = int(time.time()) - members.pop("age", 60)
        return self.account.add(collection, {"id": identity, "object": kind, "created": created, **members})

    def charge(self, amount: int, currency: str = "eur", **members: Any) -> Row:
        """A captured charge."""
        ordinary = {"amount_captured": amount, "amount_refunded": 0, "captured": True, "status": "succeeded"}
        return self._add("charges", "charge", {"amount": amount, "currency": currency, **ordinary, **members})

    def customer(self) -> str:
        """A customer's id."""
        return self._add("customers", "customer", {})["id"]

    def price(self, unit: str | None = "1000", interval: str = "month", count: int = 1, **members: Any) -> str:
        """A licensed price per unit, by its id."""
        ordinary: Row = {
            "billing_scheme": "tiered" if "tiers" in members else "per_unit",
            "currency": "eur",
            "currency_options": {},
            "product": "prod_1",
            "recurring": {
                "interval": interval,
                "interval_count": count,
                "usage_type": members.pop("usage", "licensed"),
            },
            "tiers": [],
            "tiers_mode": None,
            "transform_quantity": None,
            "unit_amount": int(unit) if unit and unit.isdigit() else None,
            "unit_amount_decimal": unit,
        }
        return self._add("prices", "price", {**ordinary, **members})["id"]

    def coupon(self, **members: Any) -> str:
        """A coupon that never ends, by its id."""
        ordinary: Row = {"percent_off": None, "amount_off": None, "currency": "eur", "duration": "forever"}
        unlimited: Row = {"applies_to": None, "currency_options": {}}
        return self._add("coupons", "coupon", {**ordinary, **unlimited, **members})["id"]

    def discount(self, end: int | None = None, **members: Any) -> Row:
        """The discount of a new coupon."""
        coupon = self.coupon(**members)
        source = {"type": "coupon", "coupon": coupon}
        return {"id": f"di_{coupon}", "object": "discount", "source": source, "start": 0, "end": end}

    def item(self, price: str | None = None, **members: Any) -> Row:
        """An item, not yet in a subscription; without a price it is 10.00 a month."""
        ordinary: Row = {"object": "subscription_item", "discounts": [], "is_legacy": False, "created": 0}
        return {**ordinary, "price": price or self.price(), **members}

    def subscription(self, *items: Row, **members: Any) -> Row:
        """An active subscription in euro."""
        ordinary: Row = {"currency": "eur", "customer": "cus_1", "discounts": [], "items": [], "pause_collection": None}
        row = self._add("subscriptions", "subscription", {"status": "active", **ordinary, **members})
        row["items"] = [
            {"id": f"si_{row['id']}_{number}", "subscription": row["id"], **item} for number, item in enumerate(items)
        ]
        return row
