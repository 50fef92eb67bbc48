"""Keys are exchanged while everybody works, and nobody notices."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest

from gridos.db import Doors
from gridos.db.plugin_secrets import PostgresSecretStore
from gridos.db.secret_activity import PostgresActivity
from gridos.errors import SecretUnreadable, VaultLocked
from gridos.fetching import Fetcher
from gridos.formulas import Call
from gridos.plugin_secrets import DataKeyReplaced, Finding, KeyRing, Renewal, SecretStore, Vault, ring_from_text
from gridos.plugin_secrets.opening import SealedConnections
from gridos.plugin_secrets.sealing import sealed_with
from gridos.plugins import Manifest, Plugins
from gridos.secret import Secret
from tests.conftest import Database
from tests.plugin_secrets.conftest import PLUGINS, SHOPIFY, STRIPE, new_ring, secrets

EVALUATIONS = 2_000
USERS = 50
TELLING = """
def register(kernel):
    @kernel.formula("TELLS")
    async def tells(number):
        return f"{number} {kernel.get_secret('stripe', 'API_KEY')[:4]}"
"""


async def opened(connections: SealedConnections, owner: UUID, plugin: str) -> dict[str, str]:
    """A connection's values in the clear."""
    [ref] = (await connections.current_connections(owner, [plugin])).values()
    return {key: secret.reveal() for key, secret in (await connections.open_connection(ref)).secrets.items()}


async def version(connections: SealedConnections, owner: UUID, plugin: str) -> int:
    """A connection's version."""
    return (await connections.current_connections(owner, [plugin]))[plugin].version


@pytest.fixture
async def crowd(database: Database) -> AsyncIterator[Doors]:
    """Doors in front of which a crowd may wait for its turn."""
    doors = Doors(database.user, database.service, patience=60)
    await doors.open()
    yield doors
    await doors.close()


async def add_users(doors: Doors) -> list[UUID]:
    """Many users."""
    users = [uuid4() for _ in range(USERS)]
    async with doors.as_service(why="a test needs users") as door:
        for user in users:
            await door.execute("insert into public.users (id, email) values (%s, %s)", (user, f"{user}@example.com"))
    return users


@pytest.mark.parametrize("what", ["root key", "data keys", "both"])
async def test_no_evaluation_fails_while_keys_are_rotated(
    crowd: Doors, what: Literal["root key", "data keys", "both"], tmp_path: Path
) -> None:
    """Of 2,000 evaluations at once none fails or shows anything else; then only new keys are left, and the way back."""
    store, users = PostgresSecretStore(crowd), await add_users(crowd)
    old, line = new_ring()
    both, lines = new_ring(line)
    for user in users:
        for key in (f"before {user}", str(user)):
            await Vault(store, old).put(user, STRIPE, secrets(API_KEY=key))
    connections, vault = SealedConnections(store, both, PLUGINS), Vault(store, both)
    versions = [await version(connections, user, "stripe") for user in users]

    evaluating = asyncio.gather(evaluate(connections, users, tmp_path), open_all(connections, users))
    if what != "data keys":
        assert (await vault.rotate()).rewrapped == USERS
    if what != "root key":
        assert await vault.renew_data_keys() == Renewal(USERS, 2 * USERS)
    assert await evaluating == [EVALUATIONS, EVALUATIONS]
    assert [await version(connections, user, "stripe") for user in users] == versions

    await vault.rotate()
    new = ring_from_text(Secret(lines.split()[0]))
    status = await Vault(store, new).status()
    assert (status.locked, sum(status.data_keys.values())) == (False, USERS)
    connections = SealedConnections(store, new, PLUGINS)
    assert await open_all(connections, users) == EVALUATIONS
    assert (await Vault(store, old).status()).locked
    for user in users:
        await Vault(store, new).roll_back(user, "stripe")
        assert await opened(connections, user, "stripe") == {"API_KEY": f"before {user}"}


async def open_all(connections: SealedConnections, users: list[UUID]) -> int:
    """Open each user's connection many times at once, and count the right values."""
    many = users * (EVALUATIONS // USERS)
    values = await asyncio.gather(*(opened(connections, user, "stripe") for user in many))
    return sum(value == {"API_KEY": str(user)} for user, value in zip(many, values, strict=True))


async def evaluate(connections: SealedConnections, users: list[UUID], folder: Path) -> int:
    """Make as many different calls at once, and count the right answers."""
    (folder / "stripe").mkdir()
    (folder / "stripe/plugin.py").write_text(TELLING)
    (folder / "stripe/manifest.json").write_text('{"secrets": [{"key": "API_KEY"}]}')
    fetcher = Fetcher(Plugins.load([folder], lambda _: False), connections.open_connection, saas=True)
    refs = [(await connections.current_connections(user, ["stripe"]))["stripe"] for user in users]
    calls = [(ref, number) for number in range(EVALUATIONS // USERS) for ref in refs]
    answers = await asyncio.gather(*(fetcher.ask(ref, Call("TELLS", f"[{number}]")) for ref, number in calls))
    await fetcher.aclose()
    return sum(a.value == f"{number} {str(ref.owner)[:4]}" for (ref, number), a in zip(calls, answers, strict=True))


async def test_values_follow_their_users_new_data_key(
    store: SecretStore, vault: Vault, connections: SealedConnections, owner: UUID, other: UUID
) -> None:
    """Every value of every user is sealed with a new key of that user, dates and versions stay, old keys are gone."""
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN="a.myshopify.com", ADMIN_TOKEN="t"))
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    await vault.put(other, STRIPE, secrets(API_KEY="k"))
    before = {user: await sealed_values(store, user) for user in (owner, other)}
    connections_before = await store.get_connections(owner, ["shopify", "stripe"])
    assert await vault.renew_data_keys() == Renewal(users=2, values=4)
    after = {user: await sealed_values(store, user) for user in (owner, other)}
    for user in (owner, other):
        assert after[user].keys() == before[user].keys()
        assert not {key for key, _ in after[user].values()} & {key for key, _ in before[user].values()}
        assert [at for _, at in after[user].values()] == [at for _, at in before[user].values()]
    assert await store.get_connections(owner, ["shopify", "stripe"]) == connections_before
    assert sum((await store.count_data_keys()).values()) == 2
    assert await opened(connections, owner, "shopify") == {"STORE_DOMAIN": "a.myshopify.com", "ADMIN_TOKEN": "t"}
    assert await opened(connections, other, "stripe") == {"API_KEY": "k"}


async def sealed_values(store: SecretStore, owner: UUID) -> dict[tuple[str, str], tuple[UUID, datetime]]:
    """Which data key seals each value in use, and since when it is set."""
    return {
        (plugin, secret.key): (sealed_with(secret.sealed), secret.updated_at)
        for plugin, keys in (await store.get_all_set_keys(owner)).items()
        if (connection := await store.find_connection(owner, plugin, keys))
        for secret in connection.secrets
    }


async def test_a_value_that_cannot_be_opened_is_left(
    store: SecretStore, ring: KeyRing, vault: Vault, connections: SealedConnections, owner: UUID
) -> None:
    """It is counted and keeps its data key, the others are sealed again, and no list breaks."""
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN="a.myshopify.com", ADMIN_TOKEN="t"))
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    data_key = await store.find_data_key(owner)
    assert data_key
    damaged = ring.unwrap(data_key).seal("shopify", "CLIENT_ID", *secrets(x="t").values())
    await store.write(owner, "shopify", {"ADMIN_TOKEN": damaged}, ())
    assert await vault.renew_data_keys() == Renewal(users=1, values=3, unreadable=1)
    assert (await sealed_values(store, owner))["shopify", "ADMIN_TOKEN"][0] == data_key.id
    assert await vault.get_set_keys(owner, SHOPIFY) == ["STORE_DOMAIN", "ADMIN_TOKEN"]
    assert await opened(connections, owner, "stripe") == {"API_KEY": "k"}
    with pytest.raises(SecretUnreadable):
        await opened(connections, owner, "shopify")
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="new"))
    await works(store, owner, "shopify")
    assert await vault.renew_data_keys() == Renewal(users=1, values=3)
    assert sum((await store.count_data_keys()).values()) == 1


async def test_a_damaged_data_key_is_not_retired(store: SecretStore, vault: Vault, owner: UUID, other: UUID) -> None:
    """Its user keeps it, since a backup of it could still open what it sealed; other users get new ones."""
    for user in (owner, other):
        await vault.put(user, STRIPE, secrets(API_KEY="k"))
    good = await store.find_data_key(owner)
    assert good
    damaged = replace(good, wrapped=good.wrapped[:-1] + bytes([good.wrapped[-1] ^ 1]))
    await store.rewrap([(good, damaged)])
    assert await vault.renew_data_keys() == Renewal(users=1, values=1, unreadable=1)
    assert await store.find_data_key(owner) == damaged


async def test_a_locked_vault_renews_nothing(store: SecretStore, vault: Vault, owner: UUID) -> None:
    """Without the right root key no data key is exchanged."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    before = await store.find_data_key(owner)
    with pytest.raises(VaultLocked):
        await Vault(store, new_ring()[0]).renew_data_keys()
    assert await store.find_data_key(owner) == before


async def test_a_renewal_that_was_broken_off_is_taken_up(
    store: SecretStore, ring: KeyRing, vault: Vault, connections: SealedConnections, owner: UUID
) -> None:
    """What still names an older data key opens meanwhile, and follows with the next renewal."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    first = await store.find_data_key(owner)
    assert first
    assert await store.replace_data_key(first, ring.make_data_key(owner))
    assert not await store.replace_data_key(first, ring.make_data_key(owner))
    assert await store.drop_retired_data_keys() == 0
    assert await opened(connections, owner, "stripe") == {"API_KEY": "k"}
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="t"))
    assert await vault.renew_data_keys() == Renewal(users=1, values=2)
    assert sum((await store.count_data_keys()).values()) == 1
    assert await opened(connections, owner, "stripe") == {"API_KEY": "k"}


async def test_a_retired_data_key_goes_with_the_last_value_it_sealed(
    store: SecretStore, ring: KeyRing, vault: Vault, owner: UUID
) -> None:
    """What a renewal had to leave is dropped as soon as nothing names it, when the old is looked at anyway."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    first = await store.find_data_key(owner)
    assert first
    await store.replace_data_key(first, ring.make_data_key(owner))
    await vault.forget_old()
    assert sum((await store.count_data_keys()).values()) == 2
    await vault.wipe(owner, "stripe")
    await vault.forget_old()
    assert sum((await store.count_data_keys()).values()) == 1


async def test_nothing_is_stored_under_a_retired_data_key(
    store: SecretStore, ring: KeyRing, vault: Vault, connections: SealedConnections, owner: UUID
) -> None:
    """A put whose data key was renewed between sealing and storing seals once more, so its value can be opened."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    old = await store.find_data_key(owner)
    assert old
    late = ring.unwrap(old).seal("stripe", "API_KEY", *secrets(x="late").values())
    await vault.renew_data_keys()
    with pytest.raises(DataKeyReplaced):
        await store.write(owner, "stripe", {"API_KEY": late}, ())
    assert await opened(connections, owner, "stripe") == {"API_KEY": "k"}


async def test_puts_and_renewals_at_once(
    store: SecretStore, vault: Vault, connections: SealedConnections, owner: UUID
) -> None:
    """However they cross, every put is stored, and what is stored opens."""

    async def put_many(manifest: Manifest, key: str) -> None:
        for number in range(20):
            await vault.put(owner, manifest, secrets(**{key: f"value {number}"}))

    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    renewals = [vault.renew_data_keys() for _ in range(10)]
    await asyncio.gather(put_many(STRIPE, "API_KEY"), *renewals, put_many(SHOPIFY, "ADMIN_TOKEN"))
    assert await opened(connections, owner, "stripe") == {"API_KEY": "value 19"}
    assert await opened(connections, owner, "shopify") == {"ADMIN_TOKEN": "value 19"}
    await works(store, owner, "stripe", "shopify")
    await vault.renew_data_keys()
    assert sum((await store.count_data_keys()).values()) == 1


async def works(store: SecretStore, owner: UUID, *plugins: str) -> None:
    """The new values have worked, so the ones before are not kept any more."""
    for plugin in plugins:
        connection = await store.find_connection(owner, plugin, ())
        assert connection
        await store.put_finding(connection.id, connection.version, Finding("connected", "It works."))


async def test_what_can_be_put_back_follows_as_well(
    store: SecretStore, vault: Vault, connections: SealedConnections, owner: UUID
) -> None:
    """The key before is sealed again too, so the old data key goes at once and the way back stays open."""
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="first"))
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="second", CLIENT_ID="added"))
    assert await vault.renew_data_keys() == Renewal(users=1, values=3)
    assert sum((await store.count_data_keys()).values()) == 1
    await vault.roll_back(owner, "shopify")
    assert await opened(connections, owner, "shopify") == {"ADMIN_TOKEN": "first"}


@pytest.mark.parametrize("what", ["put back", "replaced"])
async def test_what_moves_during_a_renewal_is_sealed_again_where_it_is_now(
    store: SecretStore,
    vault: Vault,
    connections: SealedConnections,
    owner: UUID,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    """A value that goes back, or is replaced, between reading and sealing it again leaves no old data key behind."""
    await vault.put(owner, STRIPE, secrets(API_KEY="first"))
    if what == "put back":
        await vault.put(owner, STRIPE, secrets(API_KEY="second"))
    reseal = store.reseal

    async def move_first(*arguments: Any) -> int:
        if what == "put back":
            await vault.roll_back(owner, "stripe")
        else:
            await vault.put(owner, STRIPE, secrets(API_KEY="third"))
        return await reseal(*arguments)

    monkeypatch.setattr(store, "reseal", move_first)
    await vault.renew_data_keys()
    assert sum((await store.count_data_keys()).values()) == 1
    if what == "replaced":
        await vault.roll_back(owner, "stripe")
    assert await opened(connections, owner, "stripe") == {"API_KEY": "first"}


async def test_a_renewal_is_written_down_as_what_it_is(doors: Doors, ring: KeyRing) -> None:
    """An owner hears of a rotation, never that a value was replaced."""
    store = PostgresSecretStore(doors)
    vault, owner = Vault(store, ring), uuid4()
    async with doors.as_service(why="a test needs a user") as door:
        await door.execute("insert into public.users (id, email) values (%s, 'ada@example.com')", (owner,))
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    await vault.renew_data_keys()
    entries = await PostgresActivity(doors).read(owner, most=10)
    assert [(entry.action, entry.plugin) for entry in entries] == [("rotate", None), ("set", "stripe")]


async def test_a_user_cannot_pass_a_change_off_as_a_renewal(doors: Doors, ring: KeyRing) -> None:
    """Whatever a user's own session says, an update of a value moves the connection and is written down."""
    store = PostgresSecretStore(doors)
    vault, owner = Vault(store, ring), uuid4()
    async with doors.as_service(why="a test needs a user") as door:
        await door.execute("insert into public.users (id, email) values (%s, 'ada@example.com')", (owner,))
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    async with doors.as_user(owner) as door:
        await door.execute("select set_config('gridos.resealing', 'on', true)")
        await door.execute("update public.user_plugin_secrets set updated_at = now()")
    assert (await store.get_connections(owner, ["stripe"]))["stripe"].version == 2
    entries = await PostgresActivity(doors).read(owner, most=10)
    assert [entry.action for entry in entries] == ["replace", "set"]
