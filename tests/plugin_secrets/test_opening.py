"""Opening a connection for a running call, in a dictionary and in PostgreSQL alike."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from gridos.errors import SecretUnreadable, UnknownPlugin, VaultLocked
from gridos.plugin_secrets import KeyRing, SecretStore, Vault
from gridos.plugin_secrets.opening import Connections, SealedConnections
from gridos.plugins import ConnectionRef, Plugin, Plugins
from tests.plugin_secrets.conftest import PLUGINS, SHOPIFY, STRIPE, new_ring, secrets


async def ref_of(connections: Connections, owner: UUID, plugin: str) -> ConnectionRef:
    """One connection as it is now."""
    return (await connections.current_connections(owner, [plugin]))[plugin]


async def test_an_unset_connection_has_a_name_of_its_own(
    connections: SealedConnections, owner: UUID, other: UUID
) -> None:
    """A connection that never held a value is at version 0, always under the same id, which nobody shares."""
    plugins = ["shopify", "stripe"]
    refs = [*(await connections.current_connections(owner, plugins)).values()]
    refs += (await connections.current_connections(other, plugins)).values()
    assert len({ref.id for ref in refs}) == 4
    assert {ref.version for ref in refs} == {0}
    assert await ref_of(connections, owner, "stripe") == refs[1]
    assert (await connections.open_connection(refs[1])).secrets == {}


async def test_a_first_value_makes_another_connection(
    vault: Vault, connections: SealedConnections, owner: UUID
) -> None:
    """What was asked without a value is not mistaken for an answer with one, nor again after wiping."""
    unset = await ref_of(connections, owner, "stripe")
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    connected = await ref_of(connections, owner, "stripe")
    await vault.wipe(owner, "stripe")
    wiped = await ref_of(connections, owner, "stripe")
    assert len({(ref.id, ref.version) for ref in (unset, connected, wiped)}) == 3
    assert wiped.id == connected.id


async def test_opens_the_connection_as_it_is_now(vault: Vault, connections: SealedConnections, owner: UUID) -> None:
    """An outdated reference gives today's values and says which version they are."""
    await vault.put(owner, STRIPE, secrets(API_KEY="old"))
    outdated = await ref_of(connections, owner, "stripe")
    await vault.put(owner, STRIPE, secrets(API_KEY="new"))
    opened = await connections.open_connection(outdated)
    assert opened.ref == await ref_of(connections, owner, "stripe")
    assert opened.ref.version > outdated.version
    assert opened.secrets["API_KEY"].reveal() == "new"
    assert opened.environment == {}


async def test_opens_for_the_named_owner_only(
    vault: Vault, connections: SealedConnections, owner: UUID, other: UUID
) -> None:
    """Another user's connection id in a reference opens nothing of that user."""
    await vault.put(other, STRIPE, secrets(API_KEY="bens"))
    bens = await ref_of(connections, other, "stripe")
    opened = await connections.open_connection(replace(bens, owner=owner))
    assert opened.secrets == {}
    assert opened.ref.id != bens.id


async def test_opens_declared_keys_only(store: SecretStore, ring: KeyRing, vault: Vault, owner: UUID) -> None:
    """A value whose key the manifest no longer declares stays sealed."""
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="t", CLIENT_ID="c"))
    newer = SHOPIFY.model_copy(update={"secrets": SHOPIFY.secrets[:2]})
    connections = SealedConnections(store, ring, Plugins([Plugin(newer)]))
    opened = await connections.open_connection(await ref_of(connections, owner, "shopify"))
    assert list(opened.secrets) == ["ADMIN_TOKEN"]


@pytest.mark.parametrize("ring_now", [KeyRing([]), new_ring()[0]], ids=["missing", "wrong"])
async def test_a_locked_vault_opens_nothing(
    store: SecretStore, vault: Vault, owner: UUID, other: UUID, ring_now: KeyRing
) -> None:
    """Without its root key a stored connection is locked, never taken for an unset one; an unset one stays unset."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    connections = SealedConnections(store, ring_now, PLUGINS)
    with pytest.raises(VaultLocked):
        await connections.open_connection(await ref_of(connections, owner, "stripe"))
    assert (await connections.open_connection(await ref_of(connections, other, "stripe"))).secrets == {}


async def test_half_a_connection_is_never_opened(
    store: SecretStore, ring: KeyRing, vault: Vault, connections: SealedConnections, owner: UUID
) -> None:
    """One unreadable value makes its whole connection unreadable, breaks no list, and can be replaced."""
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN="a.myshopify.com", ADMIN_TOKEN="t"))
    data_key = await store.find_data_key(owner)
    assert data_key
    for_another_slot = ring.unwrap(data_key).seal("shopify", "CLIENT_ID", *secrets(x="t").values())
    await store.write(owner, "shopify", {"ADMIN_TOKEN": for_another_slot}, ())
    with pytest.raises(SecretUnreadable):
        await connections.open_connection(await ref_of(connections, owner, "shopify"))
    assert await vault.get_set_keys(owner, SHOPIFY) == ["STORE_DOMAIN", "ADMIN_TOKEN"]
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="new"))
    opened = await connections.open_connection(await ref_of(connections, owner, "shopify"))
    assert opened.secrets["ADMIN_TOKEN"].reveal() == "new"


async def test_an_unknown_plugin_has_no_connection(connections: SealedConnections, owner: UUID) -> None:
    """A plugin this server does not have opens nothing."""
    with pytest.raises(UnknownPlugin):
        await connections.open_connection(ConnectionRef(owner, "notion", uuid4(), 0))


async def test_the_operators_environment_is_never_asked(
    vault: Vault, connections: SealedConnections, owner: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where users store their own secrets, a missing one stays missing whatever the server's environment holds."""
    monkeypatch.setenv("SHOPIFY_ADMIN_TOKEN", "the operator's")
    monkeypatch.setenv("ADMIN_TOKEN", "the operator's")
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN="a.myshopify.com"))
    opened = await connections.open_connection(await ref_of(connections, owner, "shopify"))
    assert list(opened.secrets) == ["STORE_DOMAIN"]
    assert opened.environment == {}
