"""A pen to write orders into a store."""

import time
from decimal import Decimal
from typing import Any

from gridos.sandbox import Order, ShopifyStore

DAY = 86_400


def place(store: ShopifyStore, total: str = "10.00", *, age: float = 60, **members: Any) -> Order:
    """An order of so many seconds ago; every other member can be given."""
    created = members.pop("created", int(time.time() - age))
    plain: dict[str, Any] = {
        "number": store.next_number(),
        "created": created,
        "total": Decimal(total),
        "currency": store.currency,
        "shown": (Decimal(total), store.currency),
        "original": Decimal(total),
        "updated": created,
    }
    return store.add(Order(**(plain | members)))


def fill(store: ShopifyStore, count: int, *, age: float = 60, every: float = 1, total: str = "10.00") -> None:
    """Many orders, one each `every` seconds back from `age` seconds ago."""
    first, now, amount = store.next_number(), time.time(), Decimal(total)
    store.fill(
        Order(
            number=first + number,
            created=int(now - age - number * every),
            total=amount,
            currency=store.currency,
            shown=(amount, store.currency),
            original=amount,
            updated=int(now - age - number * every),
        )
        for number in range(count)
    )
