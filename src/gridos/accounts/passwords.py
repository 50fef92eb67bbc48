"""Passwords: what is accepted, and how they are hashed."""

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gridos.errors import BadPassword

SHORTEST = 8  # characters, as NIST SP 800-63B
LONGEST = 1_024  # bytes, so that nobody makes us hash a book
AT_ONCE = 2  # hashes at the same time: each takes a core and `memory` KiB


class Passwords:
    """
    Hashes with argon2id, in threads, two at a time, so that a crowd signing in does not stop the server.

    The parameters are OWASP's (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. That is some 20 ms, where
    the library's own 64 MiB take half a second on a busy core. Raising them here rehashes each password when its owner
    next signs in.
    """

    def __init__(self, *, memory: int = 19_456, passes: int = 2) -> None:
        """`memory` is in KiB. Tests lower both."""
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=1)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """Hash a new password; BadPassword when it is too short or too long."""
        if len(password) < SHORTEST:
            raise BadPassword
        if len(_encoded(password)) > LONGEST:
            raise BadPassword("This password is too long. Use at most 1,024 bytes.")
        return await self._hash(_encoded(password))

    async def is_right(self, password: str, hashed: str | None) -> bool:
        """
        Whether this is the password that was hashed.

        `hashed` is None for an address nobody has: the same work is done, so that the time taken tells nothing.
        """
        encoded = _encoded(password)
        if len(encoded) > LONGEST:
            return False
        if hashed is None:
            await self._hash(encoded)
            return False
        async with self._turns:
            return await asyncio.to_thread(self._verify, hashed, encoded)

    def is_outdated(self, hashed: str) -> bool:
        """Whether this was hashed with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    async def _hash(self, encoded: bytes) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, encoded)

    def _verify(self, hashed: str, encoded: bytes) -> bool:
        try:
            return self._hasher.verify(hashed, encoded)
        except (VerificationError, InvalidHashError):
            return False


def _encoded(password: str) -> bytes:
    """
    One spelling for what keyboards compose differently (RFC 8265, 4.2: NFC).

    JSON can spell half a character, which UTF-8 cannot: in a password it is as good as any.
    """
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")
