"""Two invented Shopify stores that hurry nobody, one with ten times the orders. `python -m bench.stores` runs them."""

import asyncio
import sys
from datetime import UTC, datetime
from random import Random

from gridos.sandbox import Sandbox, ShopifyStore, invent_orders

ORDERS = 100_000
LARGE, SMALL = "shpat_bench_large_invented_token", "shpat_bench_small_invented_token"
_AT_ONCE = 1e9  # points a second: what is counted here are requests


def domain(token: str) -> str:
    """Where the store of a token is."""
    return _store(token).domain


def _store(token: str) -> ShopifyStore:
    return ShopifyStore({LARGE: "large", SMALL: "small"}[token], "Europe/Berlin", "EUR", restore_rate=_AT_ONCE)


async def _run() -> None:
    now, stores = datetime.now(UTC), {token: _store(token) for token in (LARGE, SMALL)}
    for token, orders in ((LARGE, ORDERS), (SMALL, ORDERS // 10)):
        invent_orders(stores[token], Random(token), orders=orders, now=now)
    async with Sandbox(shopify=stores) as sandbox:
        print(f"answers at {sandbox.url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(_run())
    except KeyboardInterrupt:
        sys.exit(0)
