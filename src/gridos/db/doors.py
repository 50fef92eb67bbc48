"""
The only two ways to a row: as a user, or as the service.

A door is one transaction on a connection of its own, under a role that row-level security binds. Entering and leaving
are one message each, so a door with one statement costs three round trips, or a single one with `fetch`. Between doors
a connection is nobody: a statement outside finds every table closed.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from types import TracebackType
from typing import Any, LiteralString, TypeAlias, TypeVar
from uuid import UUID

import psycopg
from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from gridos.errors import StorageUnavailable

Connection: TypeAlias = AsyncConnection[tuple[Any, ...]]
_Pool: TypeAlias = AsyncConnectionPool[Connection]
_Parameters: TypeAlias = Sequence[object] | Mapping[str, object]
T = TypeVar("T")

# Older versions of Supabase's auth.uid() read only the single claim.
# Each of these travels as one message, in PostgreSQL's simple protocol: a round trip, and no more work than one
# statement. That protocol knows no parameters, so psycopg quotes the claims.
_BECOME = (
    "begin; select set_config('role', %s, true), set_config('request.jwt.claims', %s, true),"
    " set_config('request.jwt.claim.sub', %s, true)"
)
# For what may be lost when the database crashes: nobody waits for its disk.
_BECOME_QUICKLY = _BECOME + ", set_config('synchronous_commit', 'off', true)"
_BECOME_NOBODY = "reset all; set role anon"  # RESET ALL does not undo SET ROLE
_LACKS_A_ROLE = (
    "A database login lacks a role: the user door's must be a member of anon and authenticated,"
    " the service door's of anon and service_role."
)


class Doors:
    """
    Two small pools, one for each door's login.

    What leaves a door as an error has lost its words, because PostgreSQL prints rows into them; its class and the
    violated constraint's name stay. A database that is gone is `StorageUnavailable`.
    """

    def __init__(self, user_url: str, service_url: str, *, size: int = 8, patience: float = 5) -> None:
        """`size` bounds each pool; `patience` is how many seconds a door waits for a free or new connection."""
        self._user = _pool(user_url, "user", size, patience)
        self._service = _pool(service_url, "service", size, patience)
        self._patience = patience

    async def open(self) -> None:
        """Connect and try both doors; `StorageUnavailable` says whether it is the database or a login's rights."""
        try:
            for pool in (self._user, self._service):
                await pool.open(wait=True, timeout=self._patience)
            await self._try()
        except psycopg.errors.InsufficientPrivilege:
            await self.close()
            raise StorageUnavailable(_LACKS_A_ROLE) from None
        except (psycopg.Error, StorageUnavailable):
            await self.close()
            raise StorageUnavailable from None

    async def close(self) -> None:
        """Close both pools. Doors that are still open keep their connection until they are left."""
        await self._user.close()
        await self._service.close()

    def as_user(self, user_id: UUID) -> "Door":
        """Act as one user, who sees and changes what the policies give them."""
        return Door(self._user, "authenticated", {"sub": str(user_id), "role": "authenticated"})

    def as_service(self, *, why: str, is_lasting: bool = True) -> "Door":
        """
        Act for GridOS itself: log, audit, sessions, opening secrets. `why` stands in the claims.

        What is not `is_lasting` is written sooner, and may be lost if the database crashes right afterwards.
        """
        return Door(self._service, "service_role", {"why": why}, _BECOME if is_lasting else _BECOME_QUICKLY)

    async def is_ready(self) -> bool:
        """Whether both doors open within a second."""
        trial = asyncio.create_task(self._is_open())
        done, _ = await asyncio.wait({trial}, timeout=1)
        trial.cancel()  # not waited for: calling a statement off takes ten seconds where the database hangs
        return bool(done) and trial.result()

    async def _is_open(self) -> bool:
        try:
            await self._try()
        except (psycopg.Error, StorageUnavailable):
            return False
        return True

    async def _try(self) -> None:
        async with self.as_user(UUID(int=0)), self.as_service(why="is the database there?"):
            pass


def _pool(url: str, name: str, size: int, patience: float) -> _Pool:
    return AsyncConnectionPool(
        url,
        name=name,
        # Without prepared statements a connection means the same on either side of a session pooler.
        kwargs={"autocommit": True, "prepare_threshold": None, "connect_timeout": 5, "client_encoding": "utf8"},
        min_size=1,
        max_size=size,
        timeout=patience,
        # The pause between attempts doubles. Giving up early, the next door starts afresh instead.
        reconnect_timeout=patience,
        configure=become_nobody,
        open=False,
    )


async def become_nobody(connection: Connection) -> None:
    """Give up every right a connection's login has."""
    await connection.execute(_BECOME_NOBODY)


class Door(AbstractAsyncContextManager[Connection]):
    """One way in, for one transaction: `async with` it, or fetch a single statement's rows."""

    def __init__(
        self, pool: _Pool, role: LiteralString, claims: Mapping[str, str], become: LiteralString = _BECOME
    ) -> None:
        self._pool = pool
        self._become: LiteralString = become
        self._who = (role, json.dumps(claims), claims.get("sub", ""))
        self._stay = self._inside()

    async def __aenter__(self) -> Connection:
        """Enter."""
        return await self._stay.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> bool | None:
        """Leave, and commit unless something failed."""
        return await self._stay.__aexit__(kind, error, at)

    async def fetch(self, statement: LiteralString, parameters: _Parameters = ()) -> list[tuple[Any, ...]]:
        """
        Enter, run one statement and leave, all in a single round trip.

        For statements that may run twice: it is asked again when the database was restarted meanwhile.
        """
        with _plain_errors():
            return await self._once_more(lambda: self._try_to_fetch(statement, parameters))

    @asynccontextmanager
    async def _inside(self) -> AsyncGenerator[Connection]:
        with _plain_errors():
            connection = await self._once_more(self._try_to_enter)
            async with _rolled_back(self._pool, connection):
                yield connection
                _check_nothing_was_swallowed(connection)
            await _leave(self._pool, connection, "commit")

    async def _once_more(self, attempt: Callable[[], Awaitable[T]]) -> T:
        try:
            return await attempt()
        except PoolTimeout:
            raise
        except psycopg.OperationalError:
            await self._pool.check()  # the server was restarted, and this was one of its old connections
            return await attempt()

    async def _try_to_enter(self) -> Connection:
        connection = await self._take()
        try:
            await AsyncClientCursor(connection).execute(self._become, self._who)
        except BaseException:
            await _discard(self._pool, connection)
            raise
        return connection

    async def _try_to_fetch(self, statement: LiteralString, parameters: _Parameters) -> list[tuple[Any, ...]]:
        connection = await self._take()
        async with _rolled_back(self._pool, connection):
            cursor = AsyncClientCursor(connection)
            wanted = (
                cursor.mogrify(self._become, self._who),
                cursor.mogrify(statement, parameters),
                "commit",
                _BECOME_NOBODY,
            )
            await cursor.execute("; ".join(wanted).encode())
            cursor.nextset()  # past `begin`
            cursor.nextset()  # past `select set_config`
            rows = await cursor.fetchall()
        await self._pool.putconn(connection)
        return rows

    async def _take(self) -> Connection:
        connection = await self._pool.getconn()
        assert connection.info.transaction_status is TransactionStatus.IDLE, "a door is the outermost transaction"
        return connection


@asynccontextmanager
async def _rolled_back(pool: _Pool, connection: Connection) -> AsyncGenerator[None]:
    """If anything fails inside, nothing was written and the connection is given back."""
    try:
        yield
    except BaseException:
        with suppress(psycopg.Error):  # the first error tells more
            await _leave(pool, connection, "rollback")
        raise


@contextmanager
def _plain_errors() -> Generator[None]:
    try:
        yield
    except psycopg.OperationalError:
        raise StorageUnavailable from None
    except psycopg.Error as error:
        raise _without_words(error) from None


def _check_nothing_was_swallowed(connection: Connection) -> None:
    # PostgreSQL answers COMMIT after a failed statement with a silent ROLLBACK.
    if connection.info.transaction_status is TransactionStatus.INERROR:
        raise RuntimeError("a statement failed inside this door and its error was swallowed: nothing is written")


async def _leave(pool: _Pool, connection: Connection, how: LiteralString) -> None:
    try:
        await connection.execute(how + "; " + _BECOME_NOBODY)
    except BaseException:
        await _discard(pool, connection)
        raise
    await pool.putconn(connection)


async def _discard(pool: _Pool, connection: Connection) -> None:
    await connection.close()  # nobody knows what state it is in; the pool makes a new one
    await pool.putconn(connection)


def _without_words(error: psycopg.Error) -> psycopg.Error:
    return type(error)(error.diag.constraint_name or error.sqlstate or "")
