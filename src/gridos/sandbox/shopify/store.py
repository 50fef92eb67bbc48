"""One invented Shopify store: its orders whole, before anybody asks for a part, and how Shopify treats its app."""

import time
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

HORIZON = 60 * 86_400
"""Seconds that an app without `read_all_orders` looks back."""


@dataclass(slots=True)
class Order:
    """
    An order; moments are Unix seconds. `shown` is what the customer saw and paid, in a currency of their own.

    `total` is as it stands now, before returns; `original` as it was placed. `closed` means archived.
    """

    number: int
    created: int
    total: Decimal
    currency: str
    shown: tuple[Decimal, str]
    original: Decimal
    updated: int
    cancelled: int | None = None
    test: bool = False
    edited: bool = False
    closed: bool = False

    @property
    def age(self) -> tuple[int, int]:
        """What orders are listed by, oldest first."""
        return self.created, self.number


@dataclass(slots=True)
class Export:
    """A bulk operation: its query, the orders it found, and when it ends and how."""

    id: str
    query: str
    orders: Sequence[Order]
    ready: float
    failure: str | None = None

    @property
    def status(self) -> str:
        """One of Shopify's words."""
        if time.monotonic() < self.ready:
            return "RUNNING"
        return "FAILED" if self.failure else "COMPLETED"


@dataclass(slots=True, eq=False)
class ShopifyStore:
    """
    A store and the app that is connected to it.

    `orders` is the raw truth, oldest first: a test may compute from it what a connector should say. Change it by
    `add`, `change` and `remove` only. `invent` makes them when they are first looked at. `products` counts them by
    status.

    The members after `restore_rate` are for tests that want Shopify to be in a mood: `before_page` is called before
    each page of orders is made, an export takes `export_seconds`, ends with the error `export_failure`, and its file
    stops after `export_cut` lines; every count is `count_cap` at most; every page lacks its first `left_out` orders;
    `horizon` is how many seconds an app without `read_all_orders` looks back.
    """

    name: str
    zone: str = "UTC"
    currency: str = "USD"
    title: str = ""
    scopes: frozenset[str] = frozenset({"read_orders", "read_all_orders", "read_products"})
    products: dict[str, int] = field(default_factory=dict[str, int])
    capacity: float = 2_000
    restore_rate: float = 100
    before_page: Callable[[], object] = lambda: None
    exports_at_once: int = 5
    export_seconds: float = 0
    export_failure: str | None = None
    export_cut: int | None = None
    count_cap: int | None = None
    left_out: int = 0
    horizon: float = HORIZON
    invent: Callable[[], object] | None = None
    rows: list[Order] = field(default_factory=list[Order])
    exports: dict[str, Export] = field(default_factory=dict[str, Export])
    available: float = 0
    filled_at: float = 0
    minted: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.available, self.filled_at = self.capacity, time.monotonic()

    @property
    def orders(self) -> list[Order]:
        """Every order, oldest first."""
        if invent := self.invent:
            self.invent = None
            invent()
        return self.rows

    @property
    def domain(self) -> str:
        """Where its admin is, in the world of the sandbox."""
        return shopify_domain(self.name)

    def add(self, order: Order) -> Order:
        """Place an order."""
        insort(self.orders, order, key=_age)
        return order

    def fill(self, orders: Iterable[Order]) -> None:
        """Place many orders."""
        self.orders.extend(orders)
        self.orders.sort(key=_age)

    def change(self, order: Order, **members: Any) -> None:
        """Change an order, now unless `updated` says when."""
        for name, value in {"updated": int(time.time()), **members}.items():
            setattr(order, name, value)

    def remove(self, order: Order) -> None:
        """Delete an order, as Shopify allows for cancelled and archived ones."""
        self.orders.remove(order)

    def next_number(self) -> int:
        """A number no order has."""
        return max((order.number for order in self.orders), default=1000) + 1

    def visible(self, low: float, high: float) -> Sequence[Order]:
        """The orders placed in [low, high) that the app may see; older ones are left out without a word."""
        if "read_all_orders" not in self.scopes:
            low = max(low, time.time() - self.horizon)
        return self.orders[self._position(low) : self._position(high)]

    def spend(self, requested: float) -> bool:
        """Whether the budget holds so much. It is taken by `charge`, which knows what the answer really cost."""
        now = time.monotonic()
        self.available = min(self.capacity, self.available + (now - self.filled_at) * self.restore_rate)
        self.filled_at = now
        return requested <= self.available

    def charge(self, actual: float) -> None:
        """Take what an answer cost."""
        self.available -= actual

    def _position(self, moment: float) -> int:
        return bisect_left(self.orders, (moment, 0), key=_age)


def shopify_domain(name: str) -> str:
    """The domain of the store of that name."""
    return f"{name}-sandbox.myshopify.com"


def _age(order: Order) -> tuple[int, int]:
    return order.age
