"""Where the keys that verify bearer tokens come from: a shared secret, or what an issuer publishes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from gridos.errors import Unavailable

REFETCH = 60.0  # seconds between two fetches, however many tokens name an unknown key
RETRY = 5.0  # after a failed one
OLD = 3_600.0  # then a key the issuer has withdrawn is noticed
SMALLEST_RSA = 2_048  # bits, RFC 7518, 3.3


class SharedSecret:
    """One secret known to us and to the issuer (HS256)."""

    algorithms = ("HS256",)
    only_uuids = True

    def __init__(self, secret: str) -> None:
        """Raise ValueError for a secret that is empty or is a public key."""
        self._key = OctKey.import_key(secret.encode())

    async def find(self, kid: str | None) -> Key | None:
        """The secret, whatever id a token gives it."""
        del kid
        return self._key


class PublishedKeys:
    """
    An issuer's JSON Web Key Set (RS256, ES256).

    `fetch` gives the decoded document and raises Unavailable when the issuer does not answer.
    Known keys go on working meanwhile.
    """

    algorithms = ("RS256", "ES256")
    only_uuids = False

    def __init__(self, fetch: Callable[[], Awaitable[Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: list[Key] = []
        self._fetched_at = self._next_at = -OLD
        self._turn = asyncio.Lock()

    async def find(self, kid: str | None) -> Key | None:
        """The key of this id, after asking the issuer again if it is new to us; at most once a minute."""
        if self._is_missing(kid):
            async with self._turn:
                if self._is_missing(kid) and self._clock() >= self._next_at:
                    await self._refetch()
        if not self._keys:
            raise Unavailable("The sign-in service's keys cannot be read at the moment. Try again shortly.")
        return self._pick(kid)

    def _is_missing(self, kid: str | None) -> bool:
        return self._pick(kid) is None or self._clock() - self._fetched_at >= OLD

    def _pick(self, kid: str | None) -> Key | None:
        if kid is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.kid == kid), None)

    async def _refetch(self) -> None:
        try:
            keys = list(_usable(await self._fetch()))
        except Unavailable:
            keys = []
        if keys:
            self._keys, self._fetched_at = keys, self._clock()
        self._next_at = self._clock() + (REFETCH if keys else RETRY)


def _usable(document: Any) -> Iterator[Key]:
    """The signature keys of a set that we can use; RFC 7517, 5 asks to skip the others."""
    match document:
        case {"keys": [*members]}:
            yield from filter(None, map(_find_key, members))
        case _:
            return


def _find_key(member: Any) -> Key | None:
    try:
        match member:
            case {"use": str(use)} if use != "sig":
                return None
            case {"kty": "RSA", "n": str(modulus)} if len(modulus) * 6 >= SMALLEST_RSA:
                return RSAKey.import_key(member)
            case {"kty": "EC", "crv": "P-256"}:
                return ECKey.import_key(member)
            case _:
                return None
    except (JoseError, ValueError, TypeError):
        return None
