"""Trying a connection with other values, and keeping what was found out, in a dictionary and in PostgreSQL alike."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gridos.plugin_secrets import Finding, KeyRing, SecretStore, Vault
from gridos.plugin_secrets.opening import SealedConnections, Trial
from tests.plugin_secrets.conftest import PLUGINS, SHOPIFY, STRIPE, new_ring, secrets

SHOP = {"STORE_DOMAIN": "a.myshopify.com", "ADMIN_TOKEN": "old"}
CONNECTED = Finding("connected", "Connected to Stripe.")
REJECTED = Finding("needs_attention", "Stripe did not accept the secret.")
FORBIDDEN = Finding("needs_attention", "Stripe does not permit this.")
UNTOLD = Finding(None, "Stripe cannot be reached.")


@pytest.fixture
async def shop(vault: Vault, owner: UUID) -> None:
    """Ada has connected her shop."""
    await vault.put(owner, SHOPIFY, secrets(**SHOP))


def values(trial: Trial) -> dict[str, str]:
    """The values a trial would use, in the clear."""
    return {key: secret.reveal() for key, secret in trial.connection.secrets.items()}


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("instead", "merged"),
    [
        ({"ADMIN_TOKEN": "new"}, SHOP | {"ADMIN_TOKEN": "new"}),
        ({"CLIENT_ID": "c"}, SHOP | {"CLIENT_ID": "c"}),
        ({"ADMIN_TOKEN": ""}, {"STORE_DOMAIN": "a.myshopify.com"}),
        ({"ADMIN_TOKEN": "new", "STORE_DOMAIN": ""}, {"ADMIN_TOKEN": "new"}),
    ],
)
async def test_other_values(
    connections: SealedConnections, owner: UUID, instead: dict[str, str], merged: dict[str, str]
) -> None:
    """A value stands for the stored one, an empty one for none, and the trial's id meets no stored connection."""
    trial = await connections.try_connection(owner, SHOPIFY, secrets(**instead))
    assert values(trial) == merged
    assert trial.stored
    assert (trial.is_stored, trial.unreadable) == (False, [])
    assert trial.connection.ref.id != trial.stored.id


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("instead", [{}, SHOP, {"ADMIN_TOKEN": "old"}, {"CLIENT_ID": ""}])
async def test_the_stored_values(connections: SealedConnections, owner: UUID, instead: dict[str, str]) -> None:
    """No values, or equal ones, try the stored connection itself."""
    trial = await connections.try_connection(owner, SHOPIFY, secrets(**instead))
    assert values(trial) == SHOP
    assert trial.is_stored
    assert trial.connection.ref == (await connections.current_connections(owner, ["shopify"]))["shopify"]


async def test_nothing_stored(connections: SealedConnections, owner: UUID) -> None:
    """Values can be tried before anything was ever stored."""
    trial = await connections.try_connection(owner, STRIPE, secrets(API_KEY="k"))
    assert (trial.stored, values(trial), trial.is_stored) == (None, {"API_KEY": "k"}, False)
    assert (await connections.try_connection(owner, STRIPE, {})).is_stored


@pytest.mark.usefixtures("shop")
async def test_a_trial_stores_nothing(
    vault: Vault, connections: SealedConnections, owner: UUID, other: UUID, store: SecretStore
) -> None:
    """Neither values nor versions move, and another user's trial sees nothing of them."""
    before = await store.find_connection(owner, "shopify", SHOPIFY.keys)
    await connections.try_connection(owner, SHOPIFY, secrets(ADMIN_TOKEN="new", CLIENT_ID="c"))
    assert await store.find_connection(owner, "shopify", SHOPIFY.keys) == before
    assert await vault.get_set_keys(owner, SHOPIFY) == ["STORE_DOMAIN", "ADMIN_TOKEN"]
    assert values(await connections.try_connection(other, SHOPIFY, {})) == {}


@pytest.mark.usefixtures("shop")
async def test_an_unreadable_value_can_be_exchanged(
    store: SecretStore, ring: KeyRing, connections: SealedConnections, owner: UUID
) -> None:
    """A damaged value is named, keeps nobody from the others, and does not stand in the way of its replacement."""
    data_key = await store.find_data_key(owner)
    assert data_key
    for_another_slot = ring.unwrap(data_key).seal("shopify", "CLIENT_ID", *secrets(x="t").values())
    await store.write(owner, "shopify", {"ADMIN_TOKEN": for_another_slot}, ())
    damaged = await connections.try_connection(owner, SHOPIFY, {})
    assert (damaged.unreadable, damaged.is_stored) == (["ADMIN_TOKEN"], True)
    assert values(damaged) == {"STORE_DOMAIN": "a.myshopify.com"}
    replaced = await connections.try_connection(owner, SHOPIFY, secrets(ADMIN_TOKEN="t"))
    assert (replaced.unreadable, replaced.is_stored) == ([], False)


@pytest.mark.usefixtures("shop")
async def test_without_the_root_key_all_is_unreadable(store: SecretStore, owner: UUID) -> None:
    """A wrong root key is no failure here, and never looks like nothing being set."""
    locked = SealedConnections(store, new_ring()[0], PLUGINS)
    assert sorted((await locked.try_connection(owner, SHOPIFY, {})).unreadable) == ["ADMIN_TOKEN", "STORE_DOMAIN"]


@pytest.mark.usefixtures("shop")
async def test_each_value_has_its_date(store: SecretStore, vault: Vault, owner: UUID) -> None:
    """Replacing one value moves its date and no other's."""
    before = await store.find_connection(owner, "shopify", SHOPIFY.keys)
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="new"))
    after = await store.find_connection(owner, "shopify", SHOPIFY.keys)
    assert before
    assert after
    first, second = ({one.key: one.updated_at for one in stored.secrets} for stored in (before, after))
    assert first["STORE_DOMAIN"] == second["STORE_DOMAIN"]
    assert first["ADMIN_TOKEN"] < second["ADMIN_TOKEN"]
    assert abs(datetime.now(UTC) - second["ADMIN_TOKEN"]) < timedelta(minutes=1)


async def findings(store: SecretStore, owner: UUID, *kept: tuple[Finding, str | None]) -> Finding | None:
    """What is known of Ada's Stripe connection after these findings."""
    for finding, over in kept:
        stored = await store.find_connection(owner, "stripe", ())
        assert stored
        await store.put_finding(stored.id, stored.version, finding, over)
    stored = await store.find_connection(owner, "stripe", ())
    assert stored
    assert (stored.checked_at is None) == (stored.finding is None)
    return stored.finding


@pytest.mark.parametrize(
    ("kept", "known"),
    [
        ([], None),
        ([(CONNECTED, None)], CONNECTED),
        ([(CONNECTED, None), (REJECTED, None)], REJECTED),
        ([(REJECTED, None), (CONNECTED, None)], CONNECTED),
        ([(UNTOLD, None)], UNTOLD),
        ([(UNTOLD, None), (REJECTED, None)], REJECTED),
        ([(REJECTED, None), (UNTOLD, None)], REJECTED),
        ([(CONNECTED, None), (UNTOLD, None)], CONNECTED),
        ([(CONNECTED, REJECTED.message)], CONNECTED),
        ([(UNTOLD, None), (CONNECTED, REJECTED.message)], CONNECTED),
        ([(REJECTED, None), (CONNECTED, REJECTED.message)], CONNECTED),
        ([(FORBIDDEN, None), (CONNECTED, REJECTED.message)], FORBIDDEN),
    ],
)
async def test_what_is_known(
    store: SecretStore, vault: Vault, owner: UUID, kept: list[tuple[Finding, str | None]], known: Finding | None
) -> None:
    """The last finding is known, unless it could not tell, or was only to take back another message."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    assert await findings(store, owner, *kept) == known


async def test_a_change_forgets_what_was_found_out(store: SecretStore, vault: Vault, owner: UUID, other: UUID) -> None:
    """Storing and wiping forget the finding; one about earlier values, or another's connection, is not kept."""
    for user in (owner, other):
        await vault.put(user, STRIPE, secrets(API_KEY="k"))
    assert await findings(store, owner, (CONNECTED, None)) == CONNECTED
    assert await findings(store, other) is None
    old = await store.find_connection(owner, "stripe", ())
    assert old
    await vault.put(owner, STRIPE, secrets(API_KEY="new"))
    assert await findings(store, owner) is None
    await store.put_finding(old.id, old.version, CONNECTED)
    assert await findings(store, owner) is None
    assert await findings(store, owner, (CONNECTED, None)) == CONNECTED
    await vault.wipe(owner, "stripe")
    assert await findings(store, owner) is None
