"""How Stripe shows a row: members that must be asked for are left out, others are ids until they are expanded."""

from collections.abc import Mapping
from typing import Any

from gridos.sandbox.stripe.account import Json, Shower, StripeAccount

MOST_EMBEDDED_ITEMS = 10
"""Stripe shows this many items inside a subscription; the others have to be listed."""

_COUPON = ("applies_to", "currency_options")
_DISCOUNT = ("source", "source.coupon", *(f"source.coupon.{name}" for name in _COUPON))
_PRICE = ("tiers", "currency_options")
_ITEM = ("discounts", *(f"discounts.{path}" for path in _DISCOUNT), *(f"price.{path}" for path in _PRICE))

EXPANDABLE: Mapping[str, frozenset[str]] = {
    "charges": frozenset({"customer"}),
    "coupons": frozenset(_COUPON),
    "customers": frozenset(),
    "prices": frozenset(_PRICE),
    "refunds": frozenset({"charge"}),
    "subscription_items": frozenset(_ITEM),
    "subscriptions": frozenset(
        {"customer", "items", "discounts", *(f"discounts.{path}" for path in _DISCOUNT)}
        | {f"items.data.{path}" for path in _ITEM}
    ),
}
"""What may be expanded in a row of each collection. `currency_options.CODE.tiers` of prices comes on top."""


def can_expand(collection: str, path: str) -> bool:
    """Whether Stripe knows this path in a row of the collection."""
    parts = path.split(".")
    is_option = len(parts) >= 3 and parts[-3] == "currency_options" and parts[-1] == "tiers"  # noqa: PLR2004 -- as named
    return (".".join(parts[:-2]) if is_option else path) in EXPANDABLE[collection]


def shower(collection: str, account: StripeAccount) -> Shower:
    """The function that shows rows of a collection, given the paths to expand."""

    def charge(row: Json, expand: frozenset[str]) -> Json:
        return _referring(row, expand, "customer", account.rows["customers"])

    def customer(row: Json, _: frozenset[str]) -> Json:
        return row

    def refund(row: Json, expand: frozenset[str]) -> Json:
        return _referring(row, expand, "charge", account.rows["charges"])

    def item(row: Json, expand: frozenset[str]) -> Json:
        return _item(row, expand, account)

    def subscription(row: Json, expand: frozenset[str]) -> Json:
        return _subscription(row, expand, account)

    return {
        "charges": charge,
        "coupons": _coupon,
        "customers": customer,
        "prices": _price,
        "refunds": refund,
        "subscription_items": item,
        "subscriptions": subscription,
    }[collection]


def _below(expand: frozenset[str], name: str) -> frozenset[str]:
    """The paths that continue inside `name`."""
    return frozenset(path.removeprefix(f"{name}.") for path in expand if path.startswith(f"{name}."))


def _is_asked(expand: frozenset[str], name: str) -> bool:
    return any(path == name or path.startswith(f"{name}.") for path in expand)


def _without(row: Json, expand: frozenset[str], *names: str) -> Json:
    """The row without the members of these names that were not asked for."""
    return {name: value for name, value in row.items() if name not in names or _is_asked(expand, name)}


def _referring(row: Json, expand: frozenset[str], name: str, others: Mapping[str, Json]) -> Json:
    return {**row, name: others[row[name]]} if name in expand and row[name] else row


def _coupon(row: Json, expand: frozenset[str]) -> Json:
    return _without(row, expand, "applies_to", "currency_options")


def _price(row: Json, expand: frozenset[str]) -> Json:
    shown = _without(row, expand, "tiers", "currency_options")
    if "currency_options" in shown:
        shown["currency_options"] = {
            code: _without(option, _below(expand, f"currency_options.{code}"), "tiers")
            for code, option in shown["currency_options"].items()
        }
    return shown


def _plan(price: Json) -> Json:
    """A price in the shape that subscriptions of before 2020 have."""
    return {
        "id": price["id"],
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        **{name: price[name] for name in ("billing_scheme", "created", "currency", "product", "tiers_mode")},
        **price["recurring"],
        "transform_usage": price["transform_quantity"],
    }


def _discounts(rows: list[Json], expand: frozenset[str], account: StripeAccount) -> list[Any]:
    if not _is_asked(expand, "discounts"):
        return [row["id"] for row in rows]
    wanted = _below(expand, "discounts")
    if not _is_asked(wanted, "source.coupon"):
        return rows
    coupons, inner = account.rows["coupons"], _below(wanted, "source.coupon")
    return [
        {**row, "source": {**row["source"], "coupon": _coupon(coupons[row["source"]["coupon"]], inner)}} for row in rows
    ]


def _item(row: Json, expand: frozenset[str], account: StripeAccount) -> Json:
    price = account.rows["prices"][row["price"]]
    shown = {**row, "discounts": _discounts(row["discounts"], expand, account), "plan": _plan(price)}
    shown["price"] = None if shown.pop("is_legacy") else _price(price, _below(expand, "price"))
    return shown


def _subscription(row: Json, expand: frozenset[str], account: StripeAccount) -> Json:
    inner = _below(expand, "items.data")
    items = [_item(item, inner, account) for item in row["items"][:MOST_EMBEDDED_ITEMS]]
    shown = _referring(row, expand, "customer", account.rows["customers"])
    return {
        **shown,
        "discounts": _discounts(row["discounts"], expand, account),
        "items": {
            "object": "list",
            "data": items,
            "has_more": len(row["items"]) > len(items),
            "url": f"/v1/subscription_items?subscription={row['id']}",
        },
    }
