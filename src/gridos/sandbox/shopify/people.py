"""The invented people whose Shopify stores the sandbox serves, and their tokens."""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random

from gridos.sandbox.shopify.inventing import invent_orders
from gridos.sandbox.shopify.store import ShopifyStore

SHOPIFY_TOKENS: Mapping[str, str] = {
    name: f"shpat_sandbox_{name}_invented_token" for name in ("ada", "ben", "max", "new", "sixty", "weak")
}
"""
One token for each store, whose domain is `NAME-sandbox.myshopify.com`.

`ada` sells in euro, in Berlin's time zone; `ben` in dollars, in New York's; `max` has as many orders as asked for, in
yen and Tokyo's; `new` has no order yet; `sixty` lacks `read_all_orders`; `weak` may read products only.
"""

_WITHIN_SIXTY = frozenset({"read_orders", "read_products"})


def shopify_stores(seed: int = 0, *, orders: int = 12_345) -> dict[str, ShopifyStore]:
    """The stores by token. The same seed and moment give the same orders, which are invented when first looked at."""
    stores = [
        _store("ada", seed, 600, "Europe/Berlin", "EUR", title="Ada's Teapots"),
        _store("ben", seed, 230, "America/New_York", "USD", title="Ben's Bicycles"),
        _store("max", seed, orders, "Asia/Tokyo", "JPY", title="Max Trading"),
        _store("new", seed, 0, "Europe/Lisbon", "EUR", title="New and Empty"),
        _store("sixty", seed, 300, "Europe/London", "GBP", title="Sixty Days", scopes=_WITHIN_SIXTY),
        _store("weak", seed, 40, "UTC", "CHF", title="Weak Key", scopes=frozenset({"read_products"})),
    ]
    return {SHOPIFY_TOKENS[store.name]: store for store in stores}


def _store(
    name: str, seed: int, orders: int, zone: str, currency: str, *, title: str, scopes: frozenset[str] | None = None
) -> ShopifyStore:
    store = ShopifyStore(name, zone, currency, title)
    now = datetime.now(UTC)
    store.scopes = scopes or store.scopes
    random = Random(f"{seed} {name} shopify")  # noqa: S311 -- invented data, not a secret
    store.products = {"active": orders // 20 + 3 * bool(orders), "draft": 4, "archived": 2}
    store.invent = lambda: invent_orders(store, random, orders=orders, now=now)
    return store
