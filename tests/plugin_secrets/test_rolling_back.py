"""The way back to the values before they were replaced, in a dictionary and in PostgreSQL alike."""

from uuid import UUID

import pytest

from gridos.errors import NothingToRestore, VaultLocked
from gridos.plugin_secrets import Finding, SecretStore, Vault
from gridos.plugin_secrets.opening import SealedConnections
from tests.plugin_secrets.conftest import SHOPIFY, STRIPE, new_ring, secrets
from tests.plugin_secrets.test_vault import opened, version

WORKS, REFUSED = Finding("connected", "Connected."), Finding("needs_attention", "Refused.")


async def find(store: SecretStore, owner: UUID, finding: Finding, *, older: int = 0) -> None:
    """It is found out how the connection to Stripe stands, or how an earlier version of it stood."""
    stored = (await store.get_connections(owner, ["stripe"]))["stripe"]
    await store.put_finding(stored.id, stored.version - older, finding)


async def put(vault: Vault, owner: UUID, *keys: str) -> None:
    """Store one Stripe key after the other."""
    for key in keys:
        await vault.put(owner, STRIPE, secrets(API_KEY=key))


async def test_back_to_the_key_before(
    vault: Vault, store: SecretStore, connections: SealedConnections, owner: UUID
) -> None:
    """The replaced value is there again, under a new version, and there is no second way back."""
    await put(vault, owner, "first", "second")
    assert await store.can_restore(owner, "stripe")
    before = await version(connections, owner, STRIPE)
    await vault.roll_back(owner, "stripe")
    assert await opened(connections, owner, STRIPE) == {"API_KEY": "first"}
    assert await version(connections, owner, STRIPE) > before
    assert not await store.can_restore(owner, "stripe")
    with pytest.raises(NothingToRestore):
        await vault.roll_back(owner, "stripe")


async def test_keys_that_never_worked_are_passed_over(
    vault: Vault, store: SecretStore, connections: SealedConnections, owner: UUID
) -> None:
    """Whoever mistypes twice still gets back to the key that worked."""
    await put(vault, owner, "worked", "mistyped")
    await find(store, owner, REFUSED)
    await put(vault, owner, "mistyped again")
    await vault.roll_back(owner, "stripe")
    assert await opened(connections, owner, STRIPE) == {"API_KEY": "worked"}


async def test_a_new_key_that_worked_ends_it(vault: Vault, store: SecretStore, owner: UUID) -> None:
    """A test or a call that succeeds with the new values ends the keeping of the old; a refusal does not."""
    await put(vault, owner, "first", "second")
    await find(store, owner, REFUSED)
    await find(store, owner, Finding(None, "Could not tell."))
    assert await store.can_restore(owner, "stripe")
    await find(store, owner, WORKS)
    assert not await store.can_restore(owner, "stripe")


async def test_a_success_of_the_old_key_ends_nothing(vault: Vault, store: SecretStore, owner: UUID) -> None:
    """A call with the old values that ends after they were replaced says nothing about the new ones."""
    await put(vault, owner, "first", "second")
    await find(store, owner, WORKS, older=1)
    assert await store.can_restore(owner, "stripe")


async def test_a_connection_goes_back_as_a_whole(vault: Vault, connections: SealedConnections, owner: UUID) -> None:
    """Keys replaced one by one go back together, one that had no value loses it, one left alone stays."""
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN="a.myshopify.com", ADMIN_TOKEN="old"))
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="new", CLIENT_ID="added"))
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN="b.myshopify.com", CLIENT_ID="changed"))
    await vault.put(owner, STRIPE, secrets(API_KEY="another plugin's"))
    await vault.roll_back(owner, "shopify")
    assert await opened(connections, owner, SHOPIFY) == {"STORE_DOMAIN": "a.myshopify.com", "ADMIN_TOKEN": "old"}
    assert await opened(connections, owner, STRIPE) == {"API_KEY": "another plugin's"}


async def test_what_replaces_nothing_leaves_no_way_back(vault: Vault, store: SecretStore, owner: UUID) -> None:
    """First values, and further ones beside them, have nothing before them."""
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="t"))
    await vault.put(owner, SHOPIFY, secrets(CLIENT_ID="c"))
    assert not await store.can_restore(owner, "shopify")
    with pytest.raises(NothingToRestore):
        await vault.roll_back(owner, "shopify")


async def test_what_is_erased_does_not_come_back(vault: Vault, connections: SealedConnections, owner: UUID) -> None:
    """Clearing a key erases its earlier value too; disconnecting erases all of them."""
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="old", CLIENT_ID="old"))
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="new", CLIENT_ID="new"))
    await vault.put(owner, SHOPIFY, secrets(CLIENT_ID=""))
    await vault.roll_back(owner, "shopify")
    assert await opened(connections, owner, SHOPIFY) == {"ADMIN_TOKEN": "old"}
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="new"))
    await vault.wipe(owner, "shopify")
    with pytest.raises(NothingToRestore):
        await vault.roll_back(owner, "shopify")
    assert await opened(connections, owner, SHOPIFY) == {}


async def test_nobody_goes_back_for_another(
    vault: Vault, connections: SealedConnections, owner: UUID, other: UUID
) -> None:
    """Ben has no way back by Ada's, and Ada's connection stays as it is."""
    await put(vault, owner, "first", "second")
    await put(vault, other, "ben's")
    with pytest.raises(NothingToRestore):
        await vault.roll_back(other, "stripe")
    assert await opened(connections, owner, STRIPE) == {"API_KEY": "second"}


async def test_a_locked_vault_changes_nothing(
    vault: Vault, store: SecretStore, connections: SealedConnections, owner: UUID
) -> None:
    """With the wrong root key nothing goes back, and with the right one it still can."""
    await put(vault, owner, "first", "second")
    with pytest.raises(VaultLocked):
        await Vault(store, new_ring()[0]).roll_back(owner, "stripe")
    assert await opened(connections, owner, STRIPE) == {"API_KEY": "second"}
    await vault.roll_back(owner, "stripe")
    assert await opened(connections, owner, STRIPE) == {"API_KEY": "first"}
