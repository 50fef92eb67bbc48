"""What putting, listing and wiping secrets do, in a dictionary and in PostgreSQL alike."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest

from gridos.errors import BadSecret, SecretUnreadable, VaultLocked
from gridos.plugin_secrets import KeyRing, SecretStore, Vault, ring_from_text
from gridos.plugin_secrets.opening import SealedConnections
from gridos.plugins import Manifest
from gridos.secret import Secret
from tests.plugin_secrets.conftest import PLUGINS, SHOPIFY, STRIPE, AddUser, new_ring, secrets


async def opened(connections: SealedConnections, owner: UUID, manifest: Manifest) -> dict[str, str]:
    """Every value of a connection, as a running call would get it."""
    ref = (await connections.current_connections(owner, [manifest.slug]))[manifest.slug]
    return {key: secret.reveal() for key, secret in (await connections.open_connection(ref)).secrets.items()}


async def version(connections: SealedConnections, owner: UUID, manifest: Manifest) -> int:
    """A connection's version now."""
    return (await connections.current_connections(owner, [manifest.slug]))[manifest.slug].version


async def test_nothing_is_set_at_first(vault: Vault, owner: UUID) -> None:
    """A new user has set nothing."""
    assert await vault.get_set_keys(owner, SHOPIFY) == []


async def test_lists_in_declared_order(vault: Vault, owner: UUID) -> None:
    """Set keys come in the manifest's order, however they were stored."""
    await vault.put(owner, SHOPIFY, secrets(CLIENT_ID="c", ADMIN_TOKEN="t"))
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN="a.myshopify.com"))
    assert await vault.get_set_keys(owner, SHOPIFY) == ["STORE_DOMAIN", "ADMIN_TOKEN", "CLIENT_ID"]


async def test_lists_only_what_is_declared(vault: Vault, owner: UUID) -> None:
    """A value whose key a newer manifest no longer declares is not listed."""
    await vault.put(owner, SHOPIFY, secrets(CLIENT_ID="c", ADMIN_TOKEN="t"))
    newer = SHOPIFY.model_copy(update={"secrets": SHOPIFY.secrets[:2]})
    assert await vault.get_set_keys(owner, newer) == ["ADMIN_TOKEN"]


async def test_lists_every_plugin_at_once(vault: Vault, owner: UUID, other: UUID) -> None:
    """All set keys of one user come by plugin, without plugins that hold nothing and without other users' keys."""
    await vault.put(owner, SHOPIFY, secrets(CLIENT_ID="c", ADMIN_TOKEN="t"))
    await vault.put(other, STRIPE, secrets(API_KEY="k"))
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    await vault.wipe(owner, "stripe")
    found = await vault.get_all_set_keys(owner)
    assert {plugin: set(keys) for plugin, keys in found.items()} == {"shopify": {"CLIENT_ID", "ADMIN_TOKEN"}}


async def test_a_batch_replaces_deletes_and_leaves(vault: Vault, connections: SealedConnections, owner: UUID) -> None:
    """A value replaces, an empty one deletes, an absent key stays as it was."""
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN="a.myshopify.com", ADMIN_TOKEN="old", CLIENT_ID="c"))
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="new", CLIENT_ID=""))
    assert await opened(connections, owner, SHOPIFY) == {"STORE_DOMAIN": "a.myshopify.com", "ADMIN_TOKEN": "new"}


async def test_stores_what_the_slot_accepted(vault: Vault, connections: SealedConnections, owner: UUID) -> None:
    """Ends are trimmed and a pasted address becomes a host name before anything is sealed."""
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN=" https://Shop.myshopify.com/ ", ADMIN_TOKEN=" päss wörd\n"))
    assert await opened(connections, owner, SHOPIFY) == {
        "STORE_DOMAIN": "shop.myshopify.com",
        "ADMIN_TOKEN": "päss wörd",
    }


@pytest.mark.parametrize(
    "bad",
    [
        secrets(ADMIN_TOKEN="new", CANARY="x"),
        secrets(ADMIN_TOKEN="new", admin_token="x"),
        secrets(ADMIN_TOKEN="", STORE_DOMAIN="canary.example.com"),
        secrets(CLIENT_ID="c", ADMIN_TOKEN="   "),
        secrets(CLIENT_ID="c", ADMIN_TOKEN="•••"),
        secrets(CLIENT_ID="c", ADMIN_TOKEN="can\nary"),
        secrets(CLIENT_ID="c", ADMIN_TOKEN="can\0ary"),
        secrets(CLIENT_ID="c", ADMIN_TOKEN="canary\ud800"),
        secrets(CLIENT_ID="c", ADMIN_TOKEN="é" * 4097),
        secrets(CANARY=""),
    ],
)
async def test_one_bad_entry_spoils_the_batch(
    vault: Vault, connections: SealedConnections, owner: UUID, bad: Mapping[str, Secret]
) -> None:
    """A batch with one bad value or key stores and deletes nothing, moves nothing, and repeats nothing."""
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN="a.myshopify.com", ADMIN_TOKEN="old"))
    before = await version(connections, owner, SHOPIFY)
    with pytest.raises(BadSecret) as caught:
        await vault.put(owner, SHOPIFY, bad)
    assert "canary" not in str(caught.value).lower()
    assert await opened(connections, owner, SHOPIFY) == {"STORE_DOMAIN": "a.myshopify.com", "ADMIN_TOKEN": "old"}
    assert await version(connections, owner, SHOPIFY) == before


async def test_the_version_moves_with_every_change(vault: Vault, connections: SealedConnections, owner: UUID) -> None:
    """Storing, replacing (even by the same value), deleting and wiping each raise the version."""
    seen = [await version(connections, owner, SHOPIFY)]
    for batch in (
        secrets(ADMIN_TOKEN="t"),
        secrets(ADMIN_TOKEN="t"),
        secrets(CLIENT_ID="c"),
        secrets(CLIENT_ID=""),
        secrets(CLIENT_ID="", STORE_DOMAIN="a.myshopify.com"),
    ):
        await vault.put(owner, SHOPIFY, batch)
        seen.append(await version(connections, owner, SHOPIFY))
    await vault.wipe(owner, "shopify")
    seen.append(await version(connections, owner, SHOPIFY))
    assert seen == sorted(set(seen))


async def test_the_version_rests_without_a_change(vault: Vault, connections: SealedConnections, owner: UUID) -> None:
    """An empty batch, deleting what is not set, wiping twice and another plugin's change leave a version alone."""
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="t"))
    await vault.wipe(owner, "shopify")
    before = await connections.current_connections(owner, ["shopify"])
    await vault.put(owner, SHOPIFY, {})
    await vault.put(owner, SHOPIFY, secrets(CLIENT_ID="", ADMIN_TOKEN=""))
    await vault.wipe(owner, "shopify")
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    await vault.wipe(owner, "never_heard_of")
    assert await connections.current_connections(owner, ["shopify"]) == before


async def test_wiping_ends_one_connection_only(
    vault: Vault, connections: SealedConnections, owner: UUID, other: UUID
) -> None:
    """Wiping deletes every value of that user's connection and leaves other plugins and other users alone."""
    for user in (owner, other):
        await vault.put(user, SHOPIFY, secrets(ADMIN_TOKEN=f"t{user}", CLIENT_ID="c"))
        await vault.put(user, STRIPE, secrets(API_KEY="k"))
    for _ in range(2):
        await vault.wipe(owner, "shopify")
    assert await opened(connections, owner, SHOPIFY) == {}
    assert await opened(connections, owner, STRIPE) == {"API_KEY": "k"}
    assert await opened(connections, other, SHOPIFY) == {"ADMIN_TOKEN": f"t{other}", "CLIENT_ID": "c"}


async def test_users_do_not_see_each_other(
    vault: Vault, connections: SealedConnections, owner: UUID, other: UUID
) -> None:
    """One user's values are neither listed nor opened for another."""
    await vault.put(owner, STRIPE, secrets(API_KEY="adas"))
    assert await vault.get_set_keys(other, STRIPE) == []
    assert await opened(connections, other, STRIPE) == {}


@pytest.mark.parametrize("ring_now", [KeyRing([]), new_ring()[0]], ids=["missing", "wrong"])
async def test_a_locked_vault_takes_nothing_and_still_deletes(
    store: SecretStore, vault: Vault, connections: SealedConnections, owner: UUID, other: UUID, ring_now: KeyRing
) -> None:
    """
    Without the right root key every put is refused, for new users as well, while listing and wiping work.

    Afterwards the right key opens everything that was not wiped.
    """
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="t"))
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    locked = Vault(store, ring_now)
    for user in (owner, other):
        for batch in (secrets(ADMIN_TOKEN="x"), secrets(ADMIN_TOKEN=""), {}):
            with pytest.raises(VaultLocked):
                await locked.put(user, SHOPIFY, batch)
    assert await locked.get_set_keys(owner, SHOPIFY) == ["ADMIN_TOKEN"]
    assert await locked.get_set_keys(other, SHOPIFY) == []
    await locked.wipe(owner, "stripe")
    assert await opened(connections, owner, SHOPIFY) == {"ADMIN_TOKEN": "t"}
    assert await opened(connections, owner, STRIPE) == {}


async def test_one_missing_root_key_locks_the_vault_for_all(
    store: SecretStore, vault: Vault, owner: UUID, other: UUID
) -> None:
    """A ring that lacks only another user's root key seals nothing either, so that no second lineage begins."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    both, _ = new_ring()
    await store.add_data_key(both.make_data_key(other))
    with pytest.raises(VaultLocked):
        await vault.put(owner, STRIPE, secrets(API_KEY="k2"))


async def test_a_bad_value_is_named_before_the_lock(store: SecretStore, owner: UUID) -> None:
    """A locked vault still says first what is wrong with a batch."""
    with pytest.raises(BadSecret):
        await Vault(store, KeyRing([])).put(owner, STRIPE, secrets(API_KEY="***"))


async def test_a_lock_is_explained_to_the_operator(store: SecretStore, vault: Vault, owner: UUID) -> None:
    """The status names the missing root key's id, or why there is no ring; users hear of neither."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    status = await vault.status()
    assert (status.locked, status.missing, status.data_keys) == (False, (), {status.primary: 1})
    wrong = await Vault(store, new_ring()[0]).status()
    assert (wrong.locked, wrong.missing) == (True, (status.primary,))
    assert status.primary in wrong.reason
    none = await Vault(store, KeyRing([], "The file /x is open to others.")).status()
    assert (none.locked, none.reason, none.primary) == (True, "The file /x is open to others.", "")
    with pytest.raises(VaultLocked) as caught:
        await Vault(store, KeyRing([], "The file /x is open to others.")).put(owner, STRIPE, {})
    assert "/x" not in str(caught.value)


async def test_rotation_makes_the_old_root_key_removable(store: SecretStore, add_user: AddUser) -> None:
    """After a rotation every value opens with the new line alone, and rotating again finds nothing to do."""
    old, old_text = new_ring()
    users = [await add_user() for _ in range(3)]
    for user in users:
        await Vault(store, old).put(user, STRIPE, secrets(API_KEY=f"key of {user}"))
    both, text = new_ring(old_text)
    assert (await Vault(store, both).rotate()).rewrapped == 3
    assert (await Vault(store, both).rotate()).rewrapped == 0
    new = ring_from_text(Secret(text.split()[0]))
    assert not (await Vault(store, new).status()).locked
    for user in users:
        assert await opened(SealedConnections(store, new, PLUGINS), user, STRIPE) == {"API_KEY": f"key of {user}"}
    assert (await Vault(store, old).status()).locked


async def test_rotation_needs_every_root_key(store: SecretStore, vault: Vault, owner: UUID) -> None:
    """A ring without the old key, or without any, rewraps nothing."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    before = await store.find_data_key(owner)
    for ring in (new_ring()[0], KeyRing([])):
        with pytest.raises(VaultLocked):
            await Vault(store, ring).rotate()
    assert await store.find_data_key(owner) == before


async def test_rotation_passes_over_a_damaged_data_key(store: SecretStore, owner: UUID, other: UUID) -> None:
    """One damaged data key is counted and the others are rewrapped."""
    old, old_text = new_ring()
    await store.add_data_key(old.make_data_key(owner))
    damaged = old.make_data_key(other)
    await store.add_data_key(replace(damaged, wrapped=damaged.wrapped[:-1] + bytes([damaged.wrapped[-1] ^ 1])))
    rotation = await Vault(store, new_ring(old_text)[0]).rotate()
    assert (rotation.rewrapped, rotation.unreadable) == (1, 1)


async def test_only_the_wrapping_that_was_read_is_replaced(store: SecretStore, owner: UUID) -> None:
    """A data key that was rewrapped meanwhile is left alone by a slower rotation."""
    old, old_text = new_ring()
    both, _ = new_ring(old_text)
    first = await store.add_data_key(old.make_data_key(owner))
    second = both.rewrap(first)
    assert await store.rewrap([(first, second)]) == 1
    assert await store.rewrap([(first, both.rewrap(first))]) == 0
    assert await store.find_data_key(owner) == second


async def test_no_evaluation_fails_during_a_rotation(store: SecretStore, add_user: AddUser) -> None:
    """Two hundred connections open while a rotation runs, and none of them fails."""
    old, old_text = new_ring()
    both, _ = new_ring(old_text)
    users = [await add_user() for _ in range(10)]
    for user in users:
        await Vault(store, old).put(user, STRIPE, secrets(API_KEY=str(user)))
    connections = SealedConnections(store, both, PLUGINS)
    rotation, values = await asyncio.gather(
        Vault(store, both).rotate(),
        asyncio.gather(*(opened(connections, user, STRIPE) for user in users * 20)),
    )
    assert rotation.rewrapped == 10
    assert values == [{"API_KEY": str(user)} for user in users * 20]


async def test_first_puts_at_once_share_one_data_key(
    store: SecretStore, vault: Vault, connections: SealedConnections, owner: UUID
) -> None:
    """However many first batches of a user arrive at the same moment, one data key seals them all."""
    await asyncio.gather(
        *(vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="t")) for _ in range(5)),
        *(vault.put(owner, STRIPE, secrets(API_KEY="k")) for _ in range(5)),
    )
    assert sum((await store.count_data_keys()).values()) == 1
    assert await opened(connections, owner, SHOPIFY) == {"ADMIN_TOKEN": "t"}
    assert await opened(connections, owner, STRIPE) == {"API_KEY": "k"}


async def test_crossed_batches_do_not_block_each_other(
    vault: Vault, connections: SealedConnections, owner: UUID
) -> None:
    """Batches that touch the same keys in opposite ways all succeed, and none is stored by halves."""
    one, two = secrets(ADMIN_TOKEN="t", CLIENT_ID=""), secrets(ADMIN_TOKEN="", CLIENT_ID="c")
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="t", CLIENT_ID="c"))
    await asyncio.gather(*(vault.put(owner, SHOPIFY, batch) for batch in [one, two] * 10), vault.wipe(owner, "x1"))
    assert await opened(connections, owner, SHOPIFY) in ({"ADMIN_TOKEN": "t"}, {"CLIENT_ID": "c"})


async def test_a_damaged_data_key_is_not_replaced(store: SecretStore, ring: KeyRing, owner: UUID) -> None:
    """A put under a damaged data key is refused: a backup of the key must still be able to open what it sealed."""
    fresh = ring.make_data_key(owner)
    await store.add_data_key(replace(fresh, wrapped=fresh.wrapped[:-1] + bytes([fresh.wrapped[-1] ^ 1])))
    with pytest.raises(SecretUnreadable, match="operator"):
        await Vault(store, ring).put(owner, STRIPE, secrets(API_KEY="k"))
    assert not await store.get_set_keys(owner, "stripe")
