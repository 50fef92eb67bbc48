"""What other processes tell."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import psycopg
import pytest

from gridos.db import Doors, Listener
from gridos.errors import StorageUnavailable
from tests.conftest import Database

SEALED = b"GV\x01\x01" + bytes(60)


@pytest.fixture
async def heard(database: Database) -> AsyncIterator[asyncio.Queue[tuple[str, str]]]:
    """Everything a listener hears."""
    listener, queue = Listener(database.service), asyncio.Queue[tuple[str, str]]()
    listener.subscribe("wb", lambda text: queue.put_nowait(("wb", text)))
    listener.subscribe("connection", lambda text: queue.put_nowait(("connection", text)))
    listener.subscribe("plugins", lambda text: queue.put_nowait(("plugins", text)))
    listener.subscribe("access", lambda text: queue.put_nowait(("access", text)))
    listener.subscribe("sessions", lambda text: queue.put_nowait(("sessions", text)))
    listener.on_resync(lambda: queue.put_nowait(("resync", "")))
    await listener.open()
    yield queue
    await listener.close()


async def told(heard: asyncio.Queue[tuple[str, str]]) -> tuple[str, str]:
    """The next thing heard."""
    async with asyncio.timeout(20):
        return await heard.get()


@pytest.fixture
async def users(doors: Doors) -> tuple[UUID, UUID]:
    """Ada and Ben."""
    ada, ben = uuid4(), uuid4()
    async with doors.as_service(why="test") as door:
        await door.execute("insert into public.users (id, email) values (%s, 'ada@x'), (%s, 'ben@x')", (ada, ben))
    return ada, ben


async def test_notices(doors: Doors, heard: asyncio.Queue[tuple[str, str]], users: tuple[UUID, UUID]) -> None:
    """Secrets, installed plugins, ops, collaborators and deletions are told when they are committed, and only then."""
    (ada, ben), workbook = users, uuid4()
    assert await told(heard) == ("resync", "")
    async with doors.as_user(ada) as door:
        secret = "insert into public.user_plugin_secrets values (%s, 'stripe', 'SECRET_KEY', %s)"
        await door.execute(secret, (ada, SEALED))
        await door.execute("insert into public.user_plugins values (%s, 'stripe', true)", (ada,))
        assert heard.empty()
    assert [await told(heard), await told(heard)] == [("connection", f"{ada}:stripe"), ("plugins", str(ada))]
    async with doors.as_user(ada) as door:
        await door.execute("delete from public.user_plugin_secrets")
    assert await told(heard) == ("connection", f"{ada}:stripe")
    async with doors.as_user(ada) as door:
        await door.execute(
            "insert into public.workbooks (id, owner_id, title) values (%s, %s, 'Sales')", (workbook, ada)
        )
        await door.execute("insert into public.workbook_collaborators values (%s, %s, 'editor')", (workbook, ben))
    assert await told(heard) == ("access", str(workbook))
    async with doors.as_service(why="test") as door:
        await door.execute("select gridos.append_ops(%s, 0, %s, array['{}'::jsonb], %s)", (workbook, ada, [uuid4()]))
    assert await told(heard) == ("wb", f"{workbook}:1")
    async with doors.as_user(ada) as door:
        await door.execute("delete from public.workbooks")
    assert await told(heard) == ("access", str(workbook))


async def test_ends_and_names(doors: Doors, heard: asyncio.Queue[tuple[str, str]], users: tuple[UUID, UUID]) -> None:
    """An ended session or API key, a disabled account and another title are told; the same title again is not."""
    (ada, ben), workbook = users, uuid4()
    assert await told(heard) == ("resync", "")
    async with doors.as_service(why="test") as door:
        session = "insert into public.auth_session (id_hash, user_id, expires_at) values (%s, %s, now())"
        await door.execute(session, (bytes(32), ada))
        await door.execute("update public.auth_session set last_seen_at = now()")
    async with doors.as_service(why="test") as door:
        await door.execute("delete from public.auth_session")
    assert await told(heard) == ("sessions", str(ada))
    async with doors.as_service(why="test") as door:
        key = "insert into public.api_keys (user_id, name, key_hash) values (%s, 'script', %s)"
        await door.execute(key, (ada, bytes(32)))
        await door.execute("update public.api_keys set last_used_at = now()")
    async with doors.as_service(why="test") as door:
        await door.execute("delete from public.api_keys")
    assert await told(heard) == ("sessions", str(ada))
    async with doors.as_service(why="test") as door:
        await door.execute("update public.users set disabled_at = now() where id = %s", (ben,))
    assert await told(heard) == ("sessions", str(ben))
    async with doors.as_user(ada) as door:
        await door.execute("insert into public.workbooks (id, owner_id, title) values (%s, %s, 'A')", (workbook, ada))
    for title in ("A", "B"):
        async with doors.as_user(ada) as door:
            await door.execute("update public.workbooks set title = %s, updated_at = now()", (title,))
    async with doors.as_service(why="test") as door:
        await door.execute("notify wb, 'end'")
    assert [await told(heard), await told(heard)] == [("access", str(workbook)), ("wb", "end")]


async def test_check_is_not_told(doors: Doors, heard: asyncio.Queue[tuple[str, str]], users: tuple[UUID, UUID]) -> None:
    """A connection that was merely checked is the same connection: nobody is told."""
    ada, _ = users
    async with doors.as_service(why="test") as door:
        await door.execute("insert into public.plugin_connections (user_id, plugin_slug) values (%s, 'stripe')", (ada,))
        await door.execute("update public.plugin_connections set state = 'connected', checked_at = now()")
        await door.execute("notify wb, 'end'")
    texts = [await told(heard) for _ in range(3)]
    assert texts == [("resync", ""), ("connection", f"{ada}:stripe"), ("wb", "end")]


async def test_killed_listener(database: Database, heard: asyncio.Queue[tuple[str, str]]) -> None:
    """A killed listening connection is made anew, subscribers resynchronise, and later notices arrive."""
    assert await told(heard) == ("resync", "")
    with psycopg.connect(database.migrator, autocommit=True) as admin:
        for _ in range(2):
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%'")
            assert await told(heard) == ("resync", "")
            admin.execute("notify wb, 'again'")
            assert await told(heard) == ("wb", "again")


async def test_a_listener_that_is_turned_away_comes_back(
    database: Database, heard: asyncio.Queue[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a database in trouble answers to a new connection, the listener goes on trying."""
    assert await told(heard) == ("resync", "")
    caplog.set_level("DEBUG", "gridos.db.listening")
    with psycopg.connect(database.migrator, autocommit=True) as admin:
        admin.execute("revoke anon from gridos_service")
        try:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%'")
            async with asyncio.timeout(20):
                while "turned away" not in caplog.text:
                    await asyncio.to_thread(admin.execute, "select")
        finally:
            admin.execute("grant anon to gridos_service")
    assert await told(heard) == ("resync", "")


async def test_no_database() -> None:
    """A listener without a database does not open, and says so."""
    with pytest.raises(StorageUnavailable):
        await Listener("host=/nonexistent dbname=gridos").open()
