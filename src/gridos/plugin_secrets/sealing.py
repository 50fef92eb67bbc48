"""
Seals one value so that it opens only at its own place: this owner, this plugin, this key.

A sealed value is a head (magic, format version, algorithm, data key id, nonce) and AES-256-GCM's ciphertext. The head
and the place are authenticated with it, so a row that was moved, cut or mixed from two others does not open.
"""

import hmac
import os
import struct
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridos.errors import SecretUnreadable
from gridos.secret import Secret

FORMAT, AES_256_GCM = 1, 1
NONCE_BYTES = 12
TAG_BYTES = 16

_HEAD = struct.Struct(">2sBB16s12s")


@dataclass(frozen=True, slots=True)
class DataKey:
    """
    The one key all of a user's values are sealed with.

    Its bytes live inside the cipher only, which cannot be printed, copied or pickled; so neither can this.
    """

    id: UUID
    owner: UUID
    _cipher: AESGCM = field(repr=False)

    def seal(self, plugin: str, key: str, value: Secret) -> bytes:
        """Seal a value for its place, under a fresh nonce: the same value never looks the same twice."""
        nonce = os.urandom(NONCE_BYTES)
        head = _HEAD.pack(b"GV", FORMAT, AES_256_GCM, self.id.bytes, nonce)
        return head + self._cipher.encrypt(nonce, value.reveal().encode(), self._place(head, plugin, key))

    def open(self, plugin: str, key: str, sealed: bytes) -> Secret:
        """Open what was sealed for exactly this place; SecretUnreadable for everything else."""
        if sealed_with(sealed) != self.id:
            raise SecretUnreadable
        head, ciphertext = sealed[: _HEAD.size], sealed[_HEAD.size :]
        try:
            value = self._cipher.decrypt(head[-NONCE_BYTES:], ciphertext, self._place(head, plugin, key))
        except InvalidTag:
            raise SecretUnreadable from None
        return Secret(value.decode())

    def _place(self, head: bytes, plugin: str, key: str) -> bytes:
        return bind(b"gridos/secret/v1", head, self.owner.bytes, plugin.encode(), key.encode())


def is_same(one: Secret, other: Secret) -> bool:
    """Whether two secrets are equal, in a time that does not tell how much of them is."""
    return hmac.compare_digest(one.reveal().encode(), other.reveal().encode())


def sealed_with(sealed: bytes) -> UUID:
    """The id of the data key a value was sealed with; SecretUnreadable when this is no sealed value of ours."""
    if len(sealed) <= _HEAD.size + TAG_BYTES:
        raise SecretUnreadable
    magic, version, algorithm, key_id, _ = _HEAD.unpack_from(sealed)
    if (magic, version, algorithm) != (b"GV", FORMAT, AES_256_GCM):
        raise SecretUnreadable
    return UUID(bytes=key_id)


def bind(*parts: bytes) -> bytes:
    """Join parts, each behind its length, so that ("ab", "c") and ("a", "bc") differ."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)
