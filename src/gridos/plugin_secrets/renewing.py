"""Gives every user a new data key and seals their values with it, while others read and write."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from gridos.errors import SecretUnreadable
from gridos.plugin_secrets.key_ring import KeyRing, WrappedKey
from gridos.plugin_secrets.sealing import DataKey
from gridos.plugin_secrets.storage import PlacedSecret, Resealed, SecretStore


@dataclass(frozen=True, slots=True)
class Renewal:
    """
    How many users have a new data key, and how many values are sealed with it.

    `unreadable` counts what was damaged and left as it is: values, and data keys whose user keeps them.
    """

    users: int = 0
    values: int = 0
    unreadable: int = 0

    def __add__(self, other: "Renewal") -> "Renewal":
        return Renewal(self.users + other.users, self.values + other.values, self.unreadable + other.unreadable)


async def renew_data_keys(store: SecretStore, ring: KeyRing) -> Renewal:
    """
    Renew every user's data key. It can be broken off and begun again at any time.

    A value is always sealed with a data key that is there: the new one is put into use first, then the values follow
    one connection at a time, with those that can be put back. Old ones are dropped when nothing names them any more.
    """
    done = Renewal()
    for old in await store.find_active_data_keys():
        done += await _renew(store, ring, old)
    await store.drop_retired_data_keys()
    return done


async def _renew(store: SecretStore, ring: KeyRing, old: WrappedKey) -> Renewal:
    fresh = ring.make_data_key(old.owner)
    try:
        ring.unwrap(old)  # what cannot be opened may be mended from a backup, and is not to be retired
    except SecretUnreadable:
        return Renewal(unreadable=1)
    if not await store.replace_data_key(old, fresh):
        return Renewal()  # somebody else renews it
    return await _reseal(store, ring, old.owner, ring.unwrap(fresh))


async def _reseal(store: SecretStore, ring: KeyRing, owner: UUID, fresh: DataKey) -> Renewal:
    values = unreadable = 0
    for plugin, placed in groupby(await store.find_all(owner), key=lambda secret: secret.plugin):
        changes, damaged = _sealed_again(ring, list(placed), fresh)
        values += await store.reseal(owner, plugin, changes)
        unreadable += damaged
    return Renewal(1, values, unreadable)


def _sealed_again(ring: KeyRing, placed: Sequence[PlacedSecret], fresh: DataKey) -> tuple[list[Resealed], int]:
    changes: list[Resealed] = []
    for plugin, secret in placed:
        if secret.data_key is None:
            continue
        try:
            value = ring.unwrap(secret.data_key).open(plugin, secret.key, secret.sealed)
        except SecretUnreadable:
            continue
        changes.append(Resealed(secret.key, secret.sealed, fresh.seal(plugin, secret.key, value)))
    return changes, len(placed) - len(changes)
