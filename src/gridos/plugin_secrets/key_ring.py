"""
The root keys, which wrap every user's data key and never touch a value.

They come from outside the database and are not in its backups: whoever holds a dump holds nothing.
"""

import hmac
import os
import struct
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE
from tempfile import NamedTemporaryFile
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridos.errors import SecretUnreadable, VaultLocked
from gridos.plugin_secrets.sealing import AES_256_GCM, FORMAT, NONCE_BYTES, DataKey, bind
from gridos.secret import Secret

KEY_BYTES = 32
FEWEST_DISTINCT_BYTES = 8  # 32 random bytes have fewer once in 10^40 times; a placeholder has one or two
OPEN_TO_OTHERS = 0o077

_HEAD = struct.Struct(">2sBB8s12s")


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A user's data key as it is stored: wrapped by the root key with that id, and bound to its user."""

    id: UUID
    owner: UUID
    root_key_id: bytes
    wrapped: bytes


class KeyRing:
    """
    The root keys of this server: the first wraps, all unwrap. A ring may be empty, and `why_empty` then says why.

    The keys' bytes live inside ciphers only, so a ring cannot be printed, copied or pickled.
    """

    __slots__ = ("_ciphers", "envelope_keys", "primary", "why_empty")

    def __init__(self, roots: Sequence[bytes], why_empty: str = "") -> None:
        self._ciphers = {_root_key_id(root): AESGCM(root) for root in roots}
        self.envelope_keys = tuple(X25519PrivateKey.from_private_bytes(_envelope_key(root)) for root in roots)
        self.primary = next(iter(self._ciphers), None)
        self.why_empty = why_empty

    def __contains__(self, root_key_id: bytes) -> bool:
        return root_key_id in self._ciphers

    def make_data_key(self, owner: UUID) -> WrappedKey:
        """Make a user's data key, wrapped by the primary root key."""
        return self._wrap(uuid4(), owner, os.urandom(KEY_BYTES))

    def unwrap(self, stored: WrappedKey) -> DataKey:
        """Open a stored data key; VaultLocked without its root key, SecretUnreadable when it was changed or moved."""
        return DataKey(stored.id, stored.owner, AESGCM(self._unwrap(stored)))

    def rewrap(self, stored: WrappedKey) -> WrappedKey:
        """Wrap the same data key by the primary root key. No value needs to be sealed again."""
        return self._wrap(stored.id, stored.owner, self._unwrap(stored))

    def _wrap(self, key_id: UUID, owner: UUID, data_key: bytes) -> WrappedKey:
        if self.primary is None:
            raise VaultLocked
        nonce = os.urandom(NONCE_BYTES)
        head = _HEAD.pack(b"GK", FORMAT, AES_256_GCM, self.primary, nonce)
        wrapped = head + self._ciphers[self.primary].encrypt(nonce, data_key, _place(head, owner, key_id))
        return WrappedKey(key_id, owner, self.primary, wrapped)

    def _unwrap(self, stored: WrappedKey) -> bytes:
        if stored.root_key_id not in self:
            raise VaultLocked
        head, ciphertext = stored.wrapped[: _HEAD.size], stored.wrapped[_HEAD.size :]
        nonce = head[-NONCE_BYTES:]
        if head != _HEAD.pack(b"GK", FORMAT, AES_256_GCM, stored.root_key_id, nonce):
            raise SecretUnreadable
        try:
            return self._ciphers[stored.root_key_id].decrypt(nonce, ciphertext, _place(head, stored.owner, stored.id))
        except InvalidTag:
            raise SecretUnreadable from None


def ring_from_text(text: Secret) -> KeyRing:
    """Read one key a line, the primary first; VaultLocked says what is wrong, without a piece of the text."""
    lines = text.reveal().split()
    if not lines:
        raise VaultLocked("The root key is empty. `gridos vault new-key` prints one.")
    return KeyRing([_root_key(line) for line in lines])


def read_ring_file(path: Path) -> KeyRing:
    """Read a ring from a file that only its owner may open; VaultLocked says why it cannot be used."""
    try:
        with path.open("rb") as file:
            mode = S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & OPEN_TO_OTHERS:
                raise VaultLocked(f"The root key file {path} is open to others (mode {mode:o}): run `chmod 600` on it.")
            text = file.read().decode("ascii")
    except OSError as error:
        raise VaultLocked(f"The root key file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise VaultLocked(f"The root key file {path} holds no root key.") from None
    return ring_from_text(Secret(text))


def make_ring_file(path: Path) -> KeyRing:
    """
    Make a ring of one new key where there is none yet, and read it. For a single user and the demo only.

    The file appears complete or not at all and an existing one is never replaced, however many servers start at once.
    """
    if not path.exists():
        try:
            _write_new_ring(path)
        except OSError as error:
            raise VaultLocked(f"The root key file {path} cannot be written: {error.strerror}.") from None
    return read_ring_file(path)


def new_key_line() -> str:
    """A new root key, as one line of a ring's text."""
    return urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def _write_new_ring(path: Path) -> None:
    with NamedTemporaryFile(dir=path.parent) as fresh:  # mode 0600 from the start
        fresh.write(f"{new_key_line()}\n".encode())
        fresh.flush()
        os.fsync(fresh.fileno())
        with suppress(FileExistsError):  # another server made it first
            path.hardlink_to(fresh.name)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # a key lost in a power cut would leave rows that nobody can open
    finally:
        os.close(directory)


def _root_key(line: str) -> bytes:
    try:
        root = b64decode(line, altchars=b"-_", validate=True)
    except ValueError:
        root = b""
    if len(root) != KEY_BYTES:
        raise VaultLocked("A line of the root key is not 32 bytes in base64. `gridos vault new-key` prints one.")
    if len(set(root)) < FEWEST_DISTINCT_BYTES:
        raise VaultLocked("The root key is a placeholder. `gridos vault new-key` prints a real one.")
    return root


def _root_key_id(root: bytes) -> bytes:
    return hmac.digest(root, b"gridos-kek-id-v1", "sha256")[:8]


def _envelope_key(root: bytes) -> bytes:
    return hmac.digest(root, b"gridos-envelope-key-v1", "sha256")


def _place(head: bytes, owner: UUID, key_id: UUID) -> bytes:
    return bind(b"gridos/dek/v1", head, owner.bytes, key_id.bytes)
