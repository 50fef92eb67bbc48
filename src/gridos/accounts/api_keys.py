"""API keys: how a program acts for a user. Shown once, kept as a hash, and good for what their scopes say."""

import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from gridos.accounts.sessions import fingerprint
from gridos.accounts.tries import Bucket, neighbourhood
from gridos.accounts.user import Caller, Scope, User
from gridos.errors import BadApiKey, SignInRequired, TooManyTries, UnknownApiKey

PREFIX: Final = "gridos_live_sk_"
KeyScope: TypeAlias = Literal["read", "write", "secrets"]
"""What a key may be made for. Nobody hands out `account`."""

DEFAULT_SCOPES: Final[tuple[KeyScope, ...]] = ("read", "write")
LONGEST_NAME: Final = 100
MOST_KEYS: Final = 50
"""Per user. More are forgotten keys rather than used ones."""

_SHAPE = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
# Whoever may write would otherwise have to guess what it writes to.
_INCLUDED: Mapping[KeyScope, frozenset[Scope]] = {
    "read": frozenset({"read"}),
    "write": frozenset({"read", "write"}),
    "secrets": frozenset({"secrets"}),
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, as its owner sees it in a list. `id` revokes it and opens nothing."""

    id: UUID
    name: str
    scopes: tuple[KeyScope, ...]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


class FoundKey(NamedTuple):
    """A stored key with its user, who is not disabled."""

    id: UUID
    user: User
    scopes: tuple[KeyScope, ...]
    expires_at: datetime | None


class ApiKeyStore(Protocol):
    """API keys. Each method is one transaction, and a `key` is the SHA-256 of one: no text is ever stored."""

    async def add(self, user_id: UUID, key: bytes, added: ApiKey, *, at_most: int) -> bool:
        """Store a new key; False, and nothing stored, when the user has `at_most` already."""
        ...

    async def list(self, user_id: UUID) -> Sequence[ApiKey]:
        """A user's keys, the newest first."""
        ...

    async def revoke(self, user_id: UUID, key_id: UUID) -> bool:
        """Delete one of this user's own keys; False when there is none of that id."""
        ...

    async def find(self, key: bytes) -> FoundKey | None:
        """The key of this hash, expired or not, in one statement; None when its user is disabled."""
        ...

    async def note_uses(self, uses: Mapping[UUID, datetime]) -> None:
        """Write down when keys were last used."""
        ...


class ApiKeys:
    """Makes, lists, revokes and recognises API keys."""

    def __init__(
        self,
        store: ApiKeyStore,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._uses: dict[UUID, datetime] = {}
        self._wrong = Bucket(20, 6, seconds)  # per client, as wrong passwords are

    async def add(
        self, user: User, name: str, scopes: Collection[KeyScope] = DEFAULT_SCOPES, expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """
        Make a key; its text is given this once.

        Raises BadApiKey for a name or an expiry that makes no sense, and when there are too many.
        """
        now = self._clock()
        if not scopes:
            raise BadApiKey("Choose at least one scope.")
        if expires_at is not None and expires_at <= now:
            raise BadApiKey("The expiry lies in the past.")
        text = PREFIX + secrets.token_urlsafe(32)
        ordered: tuple[KeyScope, ...] = tuple(scope for scope in _INCLUDED if scope in scopes)
        added = ApiKey(_new_id(), _accept_name(name), ordered, now, None, expires_at)
        if not await self._store.add(user.id, fingerprint(text), added, at_most=MOST_KEYS):
            raise BadApiKey(f"You have {MOST_KEYS} API keys already. Revoke one that you no longer use.")
        return added, text

    async def list(self, user: User) -> Sequence[ApiKey]:
        """A user's keys, expired ones too, the newest first."""
        return await self._store.list(user.id)

    async def revoke(self, user: User, key_id: UUID) -> None:
        """End one of the user's own keys, or raise UnknownApiKey."""
        if not await self._store.revoke(user.id, key_id):
            raise UnknownApiKey

    async def identify(self, text: str, client: str) -> Caller:
        """Whom this key speaks for, or SignInRequired; TooManyTries after many wrong ones from one IP address."""
        found = await self._store.find(fingerprint(text)) if _SHAPE.fullmatch(text) else None
        if found is None:
            self._count_wrong(neighbourhood(client))
            raise SignInRequired("This API key is not known here. It may have been revoked.")
        now = self._clock()
        if found.expires_at is not None and found.expires_at <= now:
            raise SignInRequired("This API key has expired. Make a new one.")
        self._uses[found.id] = now
        return Caller(found.user, frozenset[Scope]().union(*(_INCLUDED[scope] for scope in found.scopes)))

    def _count_wrong(self, place: str) -> None:
        """Nobody guesses 256 bits, so a right key is never held up by the wrong ones of others at its address."""
        if self._wrong.is_full(place):
            raise TooManyTries("Too many requests with a wrong API key. Wait a minute and try again.")
        self._wrong.add(place, 1)

    async def note_uses(self) -> None:
        """Write down when keys were last used: now and then, so that no request waits for it."""
        uses, self._uses = self._uses, {}
        if uses:
            await self._store.note_uses(uses)


def _new_id() -> UUID:
    return UUID(bytes=secrets.token_bytes(16), version=4)


def _accept_name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadApiKey(f"Give the key a name of at most {LONGEST_NAME} characters, such as the program that uses it.")
    return name
