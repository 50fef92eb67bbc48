"""
Opens values that a browser sealed for this server, so that nothing between the two can read them.

HPKE (RFC 9180) in base mode, with X25519, HKDF-SHA256 and AES-256-GCM. Each envelope is bound to a user, a plugin, a
key and one invitation, which is good for one batch and a few minutes: sent again, it is refused.
"""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from gridos.errors import BadSecret, EnvelopeRefused, VaultLocked
from gridos.plugin_secrets.key_ring import KeyRing
from gridos.plugin_secrets.sealing import bind
from gridos.secret import Secret

GOOD_FOR: Final = 600
"""Seconds."""
LARGEST: Final = 16 * 1024

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a browser needs to seal one batch: a name for it, and the public key, 32 bytes."""

    id: UUID
    public_key: bytes


class InvitationStore(Protocol):
    """Keeps which invitations are open. StorageUnavailable when the database does not answer."""

    async def open(self, owner: UUID, seconds: int) -> UUID:
        """A new invitation of this user's."""
        ...

    async def spend(self, owner: UUID, invitation: UUID) -> bool:
        """Whether it was open; now it is not any more."""
        ...


class Envelopes:
    """Invites to seal, and opens what was sealed. Private keys come from root keys, so every process has them."""

    def __init__(self, ring: KeyRing, store: InvitationStore) -> None:
        self._ring = ring
        self._store = store

    async def invite(self, owner: UUID) -> Invitation:
        """Begin a batch; VaultLocked without a root key."""
        if not self._ring.envelope_keys:
            raise VaultLocked
        public_key = self._ring.envelope_keys[0].public_key().public_bytes_raw()
        return Invitation(await self._store.open(owner, GOOD_FOR), public_key)

    async def open(self, owner: UUID, plugin: str, invitation: UUID, sealed: Mapping[str, str]) -> Mapping[str, Secret]:
        """
        The values of a batch, by key; base64url without padding in, secrets out.

        EnvelopeRefused when the invitation is unknown, spent or too old, or another user's; BadSecret when an envelope
        was not sealed for exactly this place.
        """
        if not await self._store.spend(owner, invitation):
            raise EnvelopeRefused
        return {key: self._open(_place(invitation, owner, plugin, key), text) for key, text in sealed.items()}

    def _open(self, place: bytes, text: str) -> Secret:
        envelope = _decoded(text)
        for private_key in self._ring.envelope_keys:
            with suppress(InvalidTag, ValueError):
                return Secret(_SUITE.decrypt(envelope, private_key, info=place).decode())
        raise BadSecret("A sealed value cannot be opened: it was not sealed for this place. Nothing was stored.")


def _decoded(text: str) -> bytes:
    if len(text) > LARGEST:
        return b""
    with suppress(ValueError):
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return b""


def _place(invitation: UUID, owner: UUID, plugin: str, key: str) -> bytes:
    return bind(b"gridos/envelope/v1", invitation.bytes, owner.bytes, plugin.encode(), key.encode())
