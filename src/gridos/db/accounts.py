"""Users and sessions in PostgreSQL, all through the service door: nobody has signed in yet when they are asked for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, TypeAlias
from uuid import UUID, uuid4

from gridos.accounts import LIFETIME, MOST_SESSIONS, SEEN_EVERY, Account, Session, Subject, User
from gridos.db.doors import Connection, Doors
from gridos.errors import AddressTaken, UnknownInvite

_Row: TypeAlias = tuple[Any, ...]

_ACCOUNT = "select u.id, u.email, u.created_at, u.disabled_at is not null, u.password_hash from public.users u"
_IDENTITY = "join public.user_identities i on i.user_id = u.id where i.issuer = %s and i.subject = %s"

# Reading and, once in a while, noting that it was read: one statement.
_SESSION_USER = """
with seen as (
  update public.auth_session set last_seen_at = %(now)s, expires_at = %(now)s + %(lifetime)s
  where id_hash = %(key)s and expires_at > %(now)s and last_seen_at <= %(now)s - %(often)s)
select u.id, u.email from public.auth_session s join public.users u on u.id = s.user_id
where s.id_hash = %(key)s and s.expires_at > %(now)s and u.disabled_at is null
"""


class PostgresAccounts:
    """`accounts.AccountStore`."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def find_account(self, who: UUID | Subject) -> Account | None:
        """By id, or by another issuer's name for them."""
        async with self._doors.as_service(why="who asks") as connection:
            return await _find_account(connection, who)

    async def find_account_by_email(self, email: str) -> Account | None:
        """By address, in whatever case."""
        async with self._doors.as_service(why="sign in") as connection:
            return await _find(connection, "where lower(u.email) = lower(%s)", (email,))

    async def list_accounts(self) -> Sequence[Account]:
        """The oldest first."""
        async with self._doors.as_service(why="list accounts") as connection:
            accounts = await connection.execute(f"{_ACCOUNT} order by u.created_at, u.id")
            return [_account(row) async for row in accounts]

    async def create(self, user: User, password_hash: str | None, *, invite: bytes | None = None) -> None:
        """The invite is looked at first: without one, nobody learns which addresses are taken."""
        async with self._doors.as_service(why="sign up") as connection:
            invites = await _take_invites(connection, user.email, invite) if invite else ()
            if invite and not invites:
                raise UnknownInvite("There is no such invite for this e-mail address.")
            if not await _insert_user(connection, user, password_hash):
                raise AddressTaken
            await _join_workbooks(connection, user, invites)

    async def admit(self, who: UUID | Subject, email: str, *, is_proven: bool) -> User:
        """Two first requests at the same moment create one user: the second waits for the first, then finds it."""
        user = User(who if isinstance(who, UUID) else uuid4(), email)
        async with self._doors.as_service(why="first sight") as connection:
            await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (repr(who),))
            if found := await _find_account(connection, who):
                return found.user
            if not await _insert_user(connection, user, None):
                raise AddressTaken
            if isinstance(who, Subject):
                await connection.execute(
                    "insert into public.user_identities (issuer, subject, user_id) values (%s, %s, %s)", (*who, user.id)
                )
            if is_proven:
                await _join_workbooks(connection, user, await _take_invites(connection, email))
        return user

    async def put_password(self, user_id: UUID, password_hash: str, *, keep: bytes | None) -> None:
        """The new hash and the end of the sessions are one transaction."""
        async with self._doors.as_service(why="new password") as connection:
            await connection.execute(
                "update public.users set password_hash = %s where id = %s", (password_hash, user_id)
            )
            await connection.execute(
                "delete from public.auth_session where user_id = %s and id_hash is distinct from %s", (user_id, keep)
            )

    async def renew_password_hash(self, user_id: UUID, outdated: str, renewed: str) -> None:
        """The comparison loses against a new password, never the other way round."""
        async with self._doors.as_service(why="rehash a password") as connection:
            await connection.execute(
                "update public.users set password_hash = %s where id = %s and password_hash = %s",
                (renewed, user_id, outdated),
            )

    async def disable(self, user_id: UUID) -> None:
        """Sessions are deleted, and none that begins at this moment is found."""
        async with self._doors.as_service(why="disable an account") as connection:
            await connection.execute(
                "update public.users set disabled_at = coalesce(disabled_at, now()) where id = %s", (user_id,)
            )
            await connection.execute("delete from public.auth_session where user_id = %s", (user_id,))

    async def open_session(self, key: bytes, user_id: UUID, user_agent: str, *, now: datetime) -> None:
        """Sessions that have expired, or are too many, go at this occasion."""
        async with self._doors.as_service(why="sign in") as connection:
            await connection.execute(
                "delete from public.auth_session where user_id = %s and (expires_at <= %s or id_hash in"
                " (select id_hash from public.auth_session where user_id = %s order by last_seen_at desc offset %s))",
                (user_id, now, user_id, MOST_SESSIONS - 1),
            )
            await connection.execute(
                "insert into public.auth_session (id_hash, user_id, created_at, last_seen_at, expires_at, user_agent)"
                " values (%s, %s, %s, %s, %s, %s)",
                (key, user_id, now, now, now + LIFETIME, user_agent),
            )

    async def find_session_user(self, key: bytes, *, now: datetime) -> User | None:
        """One statement, and no write but once an hour."""
        values = {"key": key, "now": now, "lifetime": LIFETIME, "often": SEEN_EVERY}
        rows = await self._doors.as_service(why="who asks").fetch(_SESSION_USER, values)
        return User(*rows[0]) if rows else None

    async def list_sessions(self, user_id: UUID, current: bytes | None, *, now: datetime) -> Sequence[Session]:
        """The last seen first."""
        async with self._doors.as_service(why="list sessions") as connection:
            rows = await connection.execute(
                "select id, created_at, last_seen_at, user_agent, id_hash is not distinct from %s"
                " from public.auth_session where user_id = %s and expires_at > %s order by last_seen_at desc, id",
                (current, user_id, now),
            )
            return [Session(*row) for row in await rows.fetchall()]

    async def end_session(self, key: bytes) -> None:
        """Sign out."""
        async with self._doors.as_service(why="sign out") as connection:
            await connection.execute("delete from public.auth_session where id_hash = %s", (key,))

    async def end_session_by_id(self, user_id: UUID, session_id: UUID) -> bool:
        """The user's own sessions only."""
        async with self._doors.as_service(why="end a session") as connection:
            ended = await connection.execute(
                "delete from public.auth_session where user_id = %s and id = %s", (user_id, session_id)
            )
            return ended.rowcount == 1


async def _find_account(connection: Connection, who: UUID | Subject) -> Account | None:
    match who:
        case UUID():
            return await _find(connection, "where u.id = %s", (who,))
        case Subject():
            return await _find(connection, _IDENTITY, who)


async def _find(connection: Connection, where: LiteralString, values: Sequence[object]) -> Account | None:
    row = await (await connection.execute(f"{_ACCOUNT} {where}", values)).fetchone()
    return _account(row) if row else None


def _account(row: _Row) -> Account:
    user_id, email, created_at, is_disabled, password_hash = row
    return Account(User(user_id, email), created_at, is_disabled, password_hash)


async def _insert_user(connection: Connection, user: User, password_hash: str | None) -> bool:
    """False when the id or the address is taken; somebody else's open transaction is waited for."""
    inserted = await connection.execute(
        "insert into public.users (id, email, password_hash) values (%s, %s, %s) on conflict do nothing",
        (user.id, user.email, password_hash),
    )
    return inserted.rowcount == 1


async def _take_invites(connection: Connection, email: str, invite: bytes | None = None) -> Sequence[_Row]:
    """Remove this invite for the address, or all of them, and give their workbooks and roles."""
    taken = await connection.execute(
        "delete from public.pending_invites where email = lower(%s) and token_hash = coalesce(%s, token_hash)"
        " returning workbook_id, role",
        (email, invite),
    )
    return await taken.fetchall()


async def _join_workbooks(connection: Connection, user: User, invites: Sequence[_Row]) -> None:
    """The user is new, so they own none of these and collaborate on none yet."""
    await connection.cursor().executemany(
        "insert into public.workbook_collaborators (workbook_id, user_id, role) values (%s, %s, %s)",
        [(workbook_id, user.id, role) for workbook_id, role in invites],
    )
