"""Install switches: each test on a dictionary, and again on PostgreSQL."""

import asyncio
from collections.abc import Set as AbstractSet
from uuid import UUID, uuid4

import psycopg
import pytest

from gridos.db import Doors
from gridos.db.marketplace import PostgresMarketplace
from gridos.errors import StorageUnavailable, UnknownPlugin
from gridos.marketplace import Marketplace, MarketplaceStore
from gridos.plugins import Manifest, Plugin, Plugins


def plugin(slug: str, error: str | None = None) -> Plugin:
    """A plugin without functions."""
    return Plugin(Manifest.model_validate({"slug": slug}), error=error)


PLUGINS = Plugins([plugin("alpha"), plugin("beta"), plugin("gamma"), plugin("torn", "plugin.py raised.")])
ALL = {"alpha", "beta", "gamma"}


class DictionaryStore:
    """Switches in memory. With `is_down` it does not answer."""

    def __init__(self) -> None:
        self.switches: dict[UUID, dict[str, bool]] = {}
        self.is_down = False

    async def find_installed(self, user: UUID) -> frozenset[str] | None:
        if self.is_down:
            raise StorageUnavailable
        mine = self.switches.get(user)
        return None if mine is None else frozenset(slug for slug, is_on in mine.items() if is_on)

    async def toggle(self, user: UUID, slug: str, default: AbstractSet[str], *, installed: bool) -> None:
        if self.is_down:
            raise StorageUnavailable
        self.switches.setdefault(user, dict.fromkeys(default, True))[slug] = installed


@pytest.fixture(params=["dictionary", "postgres"])
def store(request: pytest.FixtureRequest) -> MarketplaceStore:
    """An empty store."""
    return DictionaryStore() if request.param == "dictionary" else PostgresMarketplace(request.getfixturevalue("doors"))


@pytest.fixture
async def users(store: MarketplaceStore, request: pytest.FixtureRequest) -> list[UUID]:
    """Two people."""
    people = [uuid4(), uuid4()]
    if isinstance(store, PostgresMarketplace):
        doors: Doors = request.getfixturevalue("doors")
        async with doors.as_service(why="a test needs users") as door:
            for one in people:
                await door.execute("insert into public.users (id, email) values (%s, %s)", (one, f"{one}@example.com"))
    return people


async def test_whoever_never_chose_has_every_loaded_plugin(store: MarketplaceStore, users: list[UUID]) -> None:
    """A plugin that failed to load is installed for nobody."""
    assert await Marketplace(store, PLUGINS).installed(users[0]) == ALL


async def test_the_first_toggle_writes_the_whole_set(store: MarketplaceStore, users: list[UUID]) -> None:
    """One switch moves, the others stay, and other people have what they had."""
    market = Marketplace(store, PLUGINS)
    await market.toggle(users[0], "beta", installed=False)
    assert await market.installed(users[0]) == {"alpha", "gamma"}
    assert await market.installed(users[1]) == ALL
    await market.toggle(users[0], "beta", installed=True)
    assert await market.installed(users[0]) == ALL


async def test_a_plugin_that_arrives_later_waits_to_be_installed(store: MarketplaceStore, users: list[UUID]) -> None:
    """Somebody who has chosen gets nothing new without choosing; somebody who never did gets it."""
    await Marketplace(store, PLUGINS).toggle(users[0], "beta", installed=True)
    later = Marketplace(store, Plugins([*PLUGINS, plugin("delta")]))
    assert await later.installed(users[0]) == ALL
    assert await later.installed(users[1]) == ALL | {"delta"}
    await later.toggle(users[0], "delta", installed=True)
    assert await later.installed(users[0]) == ALL | {"delta"}


async def test_a_plugin_that_is_gone_is_not_installed(store: MarketplaceStore, users: list[UUID]) -> None:
    """Its switch is kept for its return."""
    market = Marketplace(store, PLUGINS)
    await market.toggle(users[0], "beta", installed=True)
    smaller = Marketplace(store, Plugins([plugin("alpha")]))
    assert await smaller.installed(users[0]) == {"alpha"}
    assert await market.installed(users[0]) == ALL


async def test_everything_can_be_switched_off(store: MarketplaceStore, users: list[UUID]) -> None:
    """Nothing installed is a choice, not the state of never having chosen."""
    market = Marketplace(store, PLUGINS)
    for slug in sorted(ALL):
        await market.toggle(users[0], slug, installed=False)
    assert await market.installed(users[0]) == frozenset()


async def test_first_toggles_that_race_all_count(store: MarketplaceStore, users: list[UUID]) -> None:
    """Whichever comes first writes the set; none undoes another."""
    market = Marketplace(store, PLUGINS)
    for user in users:
        await asyncio.gather(*(market.toggle(user, slug, installed=False) for slug in ("alpha", "beta", "gamma") * 3))
        assert await market.installed(user) == frozenset()


async def test_an_unknown_plugin_has_no_switch(store: MarketplaceStore, users: list[UUID]) -> None:
    """Nothing is written down."""
    market = Marketplace(store, PLUGINS)
    with pytest.raises(UnknownPlugin):
        await market.toggle(users[0], "unknown", installed=True)
    assert await store.find_installed(users[0]) is None


async def test_a_failing_database_neither_opens_nor_closes_the_gate() -> None:
    """It is an error, in both directions."""
    store = DictionaryStore()
    store.is_down = True
    market = Marketplace(store, PLUGINS)
    with pytest.raises(StorageUnavailable):
        await market.installed(uuid4())
    with pytest.raises(StorageUnavailable):
        await market.toggle(uuid4(), "alpha", installed=True)


async def test_nobody_turns_another_ones_switch(doors: Doors) -> None:
    """Row-level security refuses a row for somebody else and shows none."""
    ada, ben = uuid4(), uuid4()
    async with doors.as_service(why="a test needs users") as door:
        for one in (ada, ben):
            await door.execute("insert into public.users (id, email) values (%s, %s)", (one, f"{one}@example.com"))
    await PostgresMarketplace(doors).toggle(ada, "alpha", ALL, installed=False)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with doors.as_user(ben) as door:
            await door.execute("insert into public.user_plugins values (%s, 'alpha', true)", (ada,))
    async with doors.as_user(ben) as door:
        assert (await (await door.execute("select count(*) from public.user_plugins")).fetchone()) == (0,)
        done = await door.execute("update public.user_plugins set installed = true")
        assert done.rowcount == 0
