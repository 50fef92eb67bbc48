"""Sessions of signed-in browsers: an opaque id in a cookie, of which only the hash is stored."""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from gridos.accounts.store import AccountStore, Session
from gridos.accounts.user import User
from gridos.errors import UnknownSession

LIFETIME = timedelta(days=30)  # since it was last seen
SEEN_EVERY = timedelta(hours=1)  # how exactly that is kept: a write an hour, not one per request
LONGEST_USER_AGENT = 200
MOST_SESSIONS = 100
"""Of one user. With the next one, the session that was not seen for the longest time ends."""


def fingerprint(text: str) -> bytes:
    """What is stored of a session's id or an invite's token. Both are 256 random bits: there is nothing to guess."""
    return sha256(text.encode(errors="surrogatepass")).digest()


class Sessions:
    """Opens, finds, lists and ends sessions."""

    def __init__(self, store: AccountStore, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock

    async def open(self, user: User, user_agent: str) -> str:
        """Begin a session; the id goes into the browser's cookie and nowhere else."""
        session = secrets.token_urlsafe(32)
        shown = "".join(filter(str.isprintable, user_agent))[:LONGEST_USER_AGENT]
        await self._store.open_session(fingerprint(session), user.id, shown, now=self._clock())
        return session

    async def find_user(self, session: str) -> User | None:
        """Whose session this is; None when it was ended, has expired, or its user is disabled."""
        return await self._store.find_session_user(fingerprint(session), now=self._clock())

    async def list(self, user: User, current: str | None) -> Sequence[Session]:
        """The user's sessions, the last seen first; `current` is the one that asks."""
        key = fingerprint(current) if current else None
        return await self._store.list_sessions(user.id, key, now=self._clock())

    async def end(self, session: str) -> None:
        """Sign out. Ending a session twice is fine."""
        await self._store.end_session(fingerprint(session))

    async def end_by_id(self, user: User, session_id: UUID) -> None:
        """End one of the user's own sessions, or raise UnknownSession."""
        if not await self._store.end_session_by_id(user.id, session_id):
            raise UnknownSession
