"""What this room keeps, as a protocol that the database implements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from gridos.accounts.tokens import Subject
from gridos.accounts.user import User


@dataclass(frozen=True, slots=True)
class Account:
    """A user with what only this room and the operator see. No `password_hash`: signs in by bearer tokens alone."""

    user: User
    created_at: datetime
    is_disabled: bool
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser, as its owner sees it in a list. `id` ends it and opens nothing."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    user_agent: str
    is_current: bool


class AccountStore(Protocol):
    """
    Users and sessions. Each method is one transaction.

    A `key` is the SHA-256 of a session's id or of an invite's token: the texts themselves are never stored.
    """

    async def find_account(self, who: UUID | Subject) -> Account | None:
        """The account of this id, or of this subject of another issuer, in one statement."""
        ...

    async def find_account_by_email(self, email: str) -> Account | None:
        """The account with this address, in whatever case it is written."""
        ...

    async def list_accounts(self) -> Sequence[Account]:
        """Every account, the oldest first."""
        ...

    async def create(self, user: User, password_hash: str | None, *, invite: bytes | None = None) -> None:
        """
        Create an account, and with an invite's key turn that one invite into a collaboration.

        Raises AddressTaken, or UnknownInvite unless the invite is for this very address.
        """
        ...

    async def admit(self, who: UUID | Subject, email: str, *, is_proven: bool) -> User:
        """
        Create the account of a bearer token's subject, or find the one another request made a moment ago.

        A proven address also turns every invite for it into a collaboration. Raises AddressTaken when another account
        holds the address: accounts are never linked by e-mail.
        """
        ...

    async def put_password(self, user_id: UUID, password_hash: str, *, keep: bytes | None) -> None:
        """Replace a password and end the user's sessions except the one of the key `keep`."""
        ...

    async def renew_password_hash(self, user_id: UUID, outdated: str, renewed: str) -> None:
        """Replace the hash of an unchanged password; nothing happens if the password was changed meanwhile."""
        ...

    async def disable(self, user_id: UUID) -> None:
        """Keep somebody out from now on, and end their sessions."""
        ...

    async def open_session(self, key: bytes, user_id: UUID, user_agent: str, *, now: datetime) -> None:
        """Begin a session; this user's expired ones end, and those beyond MOST_SESSIONS, the last seen stay."""
        ...

    async def find_session_user(self, key: bytes, *, now: datetime) -> User | None:
        """Whose session this is, in one statement; None when it has expired or its user is disabled."""
        ...

    async def list_sessions(self, user_id: UUID, current: bytes | None, *, now: datetime) -> Sequence[Session]:
        """A user's sessions, the last seen first."""
        ...

    async def end_session(self, key: bytes) -> None:
        """End a session, if there is one."""
        ...

    async def end_session_by_id(self, user_id: UUID, session_id: UUID) -> bool:
        """End one of this user's own sessions; False when there is none of that id."""
        ...
