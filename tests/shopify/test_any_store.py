"""Whatever a store holds, whenever it is asked, the connector says what its raw orders say."""

from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from gridos.sandbox import SHOPIFY_TOKENS, Sandbox, ShopifyStore, invent_orders, shopify_stores
from tests.shopify import oracle
from tests.shopify.orders import place
from tests.shopify.teller import TOKEN, Teller

STORES = 200
REFRESHED = 25

# Half hours and quarters, clocks that change at midnight, by half an hour, and south of the equator.
ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Tokyo",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "America/Havana",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Asia/Beirut",
)
CURRENCIES = ("EUR", "USD", "JPY", "KWD")


def _random_store(seed: int, random: Random, now: datetime) -> ShopifyStore:
    store = ShopifyStore(f"r{seed}", random.choice(ZONES), random.choice(CURRENCIES), capacity=1e9)
    return invent_orders(store, random, orders=random.randrange(140), days=random.choice((3, 40, 400)), now=now)


def _random_moment(random: Random) -> datetime:
    """Any second of two years: days on which clocks change are among those that windows cross."""
    return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(2 * 365 * 86_400))


async def test_numbers_of_many_random_stores_agree_with_an_independent_oracle() -> None:
    """No mix of zones, currencies, moments and orders makes the connector and the raw orders differ."""
    randoms = [Random(seed) for seed in range(STORES)]
    moments = [_random_moment(random) for random in randoms]
    stores = [_random_store(seed, random, moments[seed]) for seed, random in enumerate(randoms)]
    async with Sandbox(accounts={}, shopify={f"{TOKEN}_{seed}": store for seed, store in enumerate(stores)}) as sandbox:
        for seed, (store, random, now) in enumerate(zip(stores, randoms, moments, strict=True)):
            secrets = {"STORE_DOMAIN": store.domain, "ADMIN_TOKEN": f"{TOKEN}_{seed}"}
            async with aclosing(Teller(sandbox, store, secrets)) as teller:
                teller.at(now)
                for days in (random.choice((1, 7, 30, 90, 365)), random.randrange(1, 366)):
                    assert await teller.numbers(days) == oracle.numbers(store, days, now), (seed, days)


@pytest.mark.parametrize("seed", range(REFRESHED))
async def test_numbers_follow_whatever_happens_to_a_store(seed: int) -> None:
    """Orders that are placed, cancelled, edited, fulfilled and deleted between refreshes, for hours or weeks."""
    random = Random(f"refreshed {seed}")
    now = _random_moment(random)
    store = _random_store(seed, random, now)
    days = random.choice((7, 30, 90, 200))
    async with Sandbox(accounts={}, shopify={TOKEN: store}) as sandbox, aclosing(Teller(sandbox, store)) as teller:
        for _ in range(8):
            teller.at(now)
            assert await teller.numbers(days, fresh=True) == oracle.numbers(store, days, now)
            now += timedelta(seconds=random.choice((30, 3_600, 86_400, 10 * 86_400)))
            for _ in range(random.randrange(6)):
                _happen(store, random, int(now.timestamp()) - random.randrange(1, 30))


def _happen(store: ShopifyStore, random: Random, moment: int) -> None:
    """Something that can happen to a store at a moment."""
    what = random.choice(("place", "cancel", "edit", "fulfil", "delete"))
    if what == "place" or not store.orders:
        place(store, f"{random.randrange(1, 900)}.00", created=moment)
        return
    order = random.choice(store.orders)
    if what == "cancel":
        store.change(order, cancelled=order.cancelled or moment, updated=moment)
    elif what == "edit":
        store.change(order, total=order.total + random.randrange(1, 50), edited=True, updated=moment)
    elif what == "fulfil":
        store.change(order, closed=True, updated=moment)
    else:
        store.remove(order)


@pytest.mark.parametrize("name", ["ada", "ben", "new"])
async def test_numbers_of_the_people_agree_with_an_independent_oracle(name: str) -> None:
    """Each person of the sandbox sees their own numbers."""
    stores = shopify_stores()
    token = SHOPIFY_TOKENS[name]
    store = stores[token]
    now = datetime.now(UTC).replace(microsecond=0)
    secrets = {"STORE_DOMAIN": store.domain, "ADMIN_TOKEN": token}
    async with Sandbox(accounts={}, shopify=stores) as sandbox, aclosing(Teller(sandbox, store, secrets)) as teller:
        teller.at(now)
        for days in (1, 30, 90, 365):
            assert await teller.numbers(days) == oracle.numbers(store, days, now)
        assert await teller.ask("PRODUCT_COUNT") == store.products["active"]
