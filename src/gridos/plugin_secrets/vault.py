"""Keeps each user's secrets sealed. A value goes in here and never comes out: `opening` is another module."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from gridos.errors import BadSecret, NothingToRestore, SecretUnreadable, VaultLocked
from gridos.plugin_secrets.key_ring import KeyRing, WrappedKey
from gridos.plugin_secrets.renewing import Renewal, renew_data_keys
from gridos.plugin_secrets.sealing import DataKey
from gridos.plugin_secrets.storage import DataKeyReplaced, SecretStore
from gridos.plugins import Manifest
from gridos.secret import Secret

REWRAPPED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """
    Whether the ring has every root key that is in use, and for the operator why not.

    `primary` is the id of the ring's first key, if any; `missing` are ids the ring lacks. `data_keys` counts, for each
    root key's id in use, the users' data keys it wraps.
    """

    locked: bool
    reason: str
    primary: str
    missing: tuple[str, ...]
    data_keys: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Rotation:
    """How many data keys the primary root key now wraps instead of another, and how many were found damaged."""

    rewrapped: int
    unreadable: int


class Vault:
    """
    Puts, lists and wipes secrets.

    It is locked while the ring lacks a root key that some user's data key needs: sealing then would begin a second
    lineage that the right key could not join. Every `put` looks again; listing and wiping need no key.
    """

    def __init__(self, store: SecretStore, ring: KeyRing) -> None:
        self._store = store
        self._ring = ring

    async def get_set_keys(self, owner: UUID, manifest: Manifest) -> list[str]:
        """The declared keys that hold a value, in declared order."""
        stored = await self._store.get_set_keys(owner, manifest.slug)
        return [slot.key for slot in manifest.secrets if slot.key in stored]

    async def get_all_set_keys(self, owner: UUID) -> Mapping[str, Collection[str]]:
        """Every key that holds a value, declared or not, by plugin."""
        return await self._store.get_all_set_keys(owner)

    async def put(self, owner: UUID, manifest: Manifest, batch: Mapping[str, Secret]) -> None:
        """
        Store a batch, all or nothing.

        An empty value deletes its key; a key left out stays as it was. BadSecret before anything is looked at when a
        key is not declared or a value not accepted, then VaultLocked. What is replaced is never opened.
        """
        values = await self.accept(manifest, batch)
        while values:
            try:
                await self._write(owner, manifest.slug, values)
            except DataKeyReplaced:
                continue  # by a rotation that came between sealing and storing
            break

    async def accept(self, manifest: Manifest, batch: Mapping[str, Secret]) -> Mapping[str, Secret]:
        """The batch as `put` would store it, empty values included. Refuses what `put` refuses; nothing is stored."""
        values = {key: _accepted(manifest, key, value) for key, value in batch.items()}
        await self._refuse_if_locked()
        return values

    async def wipe(self, owner: UUID, plugin: str) -> None:
        """End a connection: delete all of its values and what they replaced, also those of a plugin that is gone."""
        await self._store.wipe(owner, plugin)

    async def roll_back(self, owner: UUID, plugin: str) -> None:
        """
        Put back the values that were there before they were replaced, as they were sealed.

        NothingToRestore when none are kept: because none were replaced, or the new ones have worked, or for age.
        """
        await self._refuse_if_locked()
        if not await self._store.restore(owner, plugin):
            raise NothingToRestore

    async def forget_old(self) -> None:
        """Delete replaced values that were kept for long enough, and data keys that nothing needs any more."""
        await self._store.forget_old()
        await self._store.drop_retired_data_keys()

    async def status(self) -> VaultStatus:
        """Compare the ring with the root keys in use."""
        counts = await self._store.count_data_keys()
        missing = sorted(root_key_id.hex() for root_key_id in counts if root_key_id not in self._ring)
        if self._ring.primary is None:
            reason = self._ring.why_empty or "There is no root key."
        elif missing:
            reason = f"The root key is not the right one, or lacks a line: {', '.join(missing)}."
        else:
            reason = ""
        return VaultStatus(
            locked=bool(reason),
            reason=reason,
            primary=(self._ring.primary or b"").hex(),
            missing=tuple(missing),
            data_keys={root_key_id.hex(): count for root_key_id, count in counts.items()},
        )

    async def rotate(self) -> Rotation:
        """Let the primary root key wrap every data key, while reads and writes go on. No value is sealed again."""
        await self._refuse_if_locked()
        assert self._ring.primary
        changes: list[tuple[WrappedKey, WrappedKey]] = []
        unreadable = 0
        for stored in await self._store.find_data_keys_to_rewrap(self._ring.primary):
            try:
                changes.append((stored, self._ring.rewrap(stored)))
            except SecretUnreadable:
                unreadable += 1
        chunks = (changes[start : start + REWRAPPED_AT_ONCE] for start in range(0, len(changes), REWRAPPED_AT_ONCE))
        return Rotation(sum([await self._store.rewrap(chunk) for chunk in chunks]), unreadable)

    async def renew_data_keys(self) -> Renewal:
        """Seal every value again, with a new data key for each user, while reads and writes go on."""
        await self._refuse_if_locked()
        return await renew_data_keys(self._store, self._ring)

    async def _refuse_if_locked(self) -> None:
        if (await self.status()).locked:
            raise VaultLocked  # without the reason, which is the operator's

    async def _write(self, owner: UUID, plugin: str, values: Mapping[str, Secret]) -> None:
        gone = {key for key, value in values.items() if not value}
        sealed = await self._seal(owner, plugin, {key: values[key] for key in values if key not in gone})
        await self._store.write(owner, plugin, sealed, gone)

    async def _seal(self, owner: UUID, plugin: str, values: Mapping[str, Secret]) -> Mapping[str, bytes]:
        if not values:
            return {}
        data_key = await self._data_key(owner)
        return {key: data_key.seal(plugin, key, value) for key, value in values.items()}

    async def _data_key(self, owner: UUID) -> DataKey:
        stored = await self._store.find_data_key(owner)
        stored = stored or await self._store.add_data_key(self._ring.make_data_key(owner))
        try:
            return self._ring.unwrap(stored)
        except SecretUnreadable:
            raise SecretUnreadable("Your data key is damaged. Ask this server's operator for a backup of it.") from None


def _accepted(manifest: Manifest, key: str, value: Secret) -> Secret:
    slot = manifest.slot(key)
    if slot is None:
        raise BadSecret("One of these keys is not declared by this plugin. Nothing was stored.")
    return Secret(slot.accept(value.reveal())) if value else value
