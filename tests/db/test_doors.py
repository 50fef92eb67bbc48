"""The two doors: who one is inside, that nobody is anything outside, and what a failure leaves behind."""

import asyncio
import os
import random
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from gridos.db import Connection, Doors, EmbeddedServer, make_logins, migrate
from gridos.errors import StorageUnavailable
from tests.conftest import Database
from tests.db.round_trips import counted

SEALED = b"GV\x01\x01" + bytes(60)


async def new_user(doors: Doors, email: str = "") -> UUID:
    """Somebody with an account."""
    user = uuid4()
    async with doors.as_service(why="test") as door:
        await door.execute(
            "insert into public.users (id, email) values (%s, %s)", (user, email or f"{user}@example.com")
        )
    return user


async def who_am_i(door: Connection) -> tuple[object, ...] | None:
    """The role and the user of a connection."""
    return await (await door.execute("select current_user::text, auth.uid()")).fetchone()


async def do(opened: AbstractAsyncContextManager[Connection], *statements: str) -> None:
    """Run statements inside one door."""
    async with opened as door:
        for statement in statements:
            await door.execute(statement.encode())


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A directory whose path is short enough for a socket."""
    directory = Path(tempfile.mkdtemp(prefix="gridos-tests-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


async def test_inside(doors: Doors) -> None:
    """Inside a door one is that user, or the service, and nobody else."""
    user = uuid4()
    async with doors.as_user(user) as door:
        assert await who_am_i(door) == ("authenticated", user)
    async with doors.as_service(why="test") as door:
        assert await who_am_i(door) == ("service_role", None)


async def test_users_see_themselves(doors: Doors) -> None:
    """Users see their own row of users, and of it only id and address."""
    ada = await new_user(doors, "ada@example.com")
    await new_user(doors, "ben@example.com")
    async with doors.as_user(ada) as door:
        assert await (await door.execute("select id, email from public.users")).fetchall() == [(ada, "ada@example.com")]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with doors.as_user(ada) as door:
            await door.execute("select password_hash from public.users")


async def test_all_or_nothing(doors: Doors) -> None:
    """An error that leaves a door takes everything back that was written inside."""

    async def write_and_fail() -> None:
        async with doors.as_service(why="test") as door:
            await door.execute("insert into public.users (email) values ('ada@example.com')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    async with doors.as_service(why="test") as door:
        assert await (await door.execute("select from public.users")).fetchall() == []


async def test_swallowed_failure(doors: Doors) -> None:
    """A door in which a statement failed is never left as if all were well."""

    async def swallow() -> None:
        async with doors.as_service(why="test") as door:
            with pytest.raises(psycopg.errors.UndefinedTable):
                await door.execute("select from public.no_such_table")

    with pytest.raises(RuntimeError, match="nothing is written"):
        await swallow()


async def test_forgotten_door(doors: Doors, database: Database) -> None:
    """A statement outside a door finds every table closed, on a left door's connection and on a fresh one."""
    async with doors.as_user(uuid4()) as door:
        pass
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await door.execute("select from public.users")
    for login in (database.user, database.service):
        async with await psycopg.AsyncConnection.connect(login) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute("select from public.users")


@pytest.mark.parametrize("escape", ["set role service_role", "set role postgres", "reset role", "set role none"])
async def test_role_escape(doors: Doors, escape: str) -> None:
    """A user's door cannot become the service, and giving up its role gives up its rights."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await do(doors.as_user(uuid4()), escape, "select from public.user_data_keys")


async def test_service_is_no_user(doors: Doors) -> None:
    """The service's login cannot act as a user."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await do(doors.as_service(why="test"), "set role authenticated")


async def test_door_within_a_door(doors: Doors) -> None:
    """A door inside another's savepoint is a transaction of its own: its identity does not stay behind."""
    ada, ben = uuid4(), uuid4()
    async with doors.as_user(ada) as outer:
        async with outer.transaction(), doors.as_user(ben) as inner:
            assert await who_am_i(inner) == ("authenticated", ben)
        assert await who_am_i(outer) == ("authenticated", ada)


async def test_interleaved_doors(database: Database) -> None:
    """2,000 interleaved doors that fail, are cancelled and meddle with settings never see another's identity."""
    doors = Doors(database.user, database.service, size=6)
    await doors.open()
    chance = random.Random(7)
    users = [uuid4() for _ in range(20)]
    turns = asyncio.Semaphore(24)
    fates = [*["well"] * 8, "raises", "raises", "breaks", "breaks", "cancelled", "meddles", "meddles", "savepoint"]
    seen: list[str] = []

    async def enter(user: UUID, fate: str) -> None:
        async with turns, doors.as_user(user) as door:
            assert await who_am_i(door) == ("authenticated", user)
            seen.append(fate)
            if fate == "raises":
                raise ZeroDivisionError
            if fate == "breaks":
                await door.execute("select 1 / 0")
            if fate == "cancelled":
                own_task = asyncio.current_task()
                assert own_task is not None
                own_task.cancel()
                await door.execute("select pg_sleep(10)")
            if fate == "meddles":
                await door.execute("set role authenticated")
                await door.execute("select set_config('request.jwt.claims', %s, false)", ('{"sub": "meddled"}',))
            if fate == "savepoint":
                async with door.transaction():
                    await door.execute("select set_config('work_mem', '1MB', true)")
            assert fate == "meddles" or await who_am_i(door) == ("authenticated", user)

    plan = [(chance.choice(users), chance.choice(fates)) for _ in range(2000)]
    ends = await asyncio.gather(*(enter(*step) for step in plan), return_exceptions=True)
    expected = {
        "raises": ZeroDivisionError,
        "breaks": psycopg.errors.DivisionByZero,
        "cancelled": asyncio.CancelledError,
    }
    assert [type(end) for end in ends] == [expected.get(fate, type(None)) for _, fate in plan]
    assert len(seen) == 2000
    await doors.close()


@pytest.mark.parametrize("door", ["user", "service"])
async def test_three_round_trips(database: Database, postgres: EmbeddedServer, short_dir: Path, door: str) -> None:
    """A door with one statement costs three round trips, giving the connection back included."""
    address = {"host": str(short_dir), "dbname": database.name}
    doors = Doors(make_conninfo(user="gridos_user", **address), make_conninfo(user="gridos_service", **address))
    async with counted(postgres.run_dir, short_dir) as trips:
        await doors.open()
        before = trips.count
        async with doors.as_user(uuid4()) if door == "user" else doors.as_service(why="test") as connection:
            await connection.execute("select email from public.users where id = %s", (uuid4(),))
        assert trips.count - before == 3
        await doors.close()


@pytest.mark.parametrize("door", ["user", "service"])
async def test_one_round_trip(database: Database, postgres: EmbeddedServer, short_dir: Path, door: str) -> None:
    """A single fetched statement enters, runs and leaves in one round trip."""
    address = {"host": str(short_dir), "dbname": database.name}
    doors = Doors(make_conninfo(user="gridos_user", **address), make_conninfo(user="gridos_service", **address))
    async with counted(postgres.run_dir, short_dir) as trips:
        await doors.open()
        before = trips.count
        opened = doors.as_user(uuid4()) if door == "user" else doors.as_service(why="test")
        assert await opened.fetch("select %s::int where %s = any(%s)", (7, "a", ["a", "b"])) == [(7,)]
        assert trips.count - before == 1
        await doors.close()


async def test_a_fetch_is_a_door(doors: Doors) -> None:
    """Fetching one is that user and nobody else, what was said is quoted, and a failure leaves nothing behind."""
    ada, ben = await new_user(doors), await new_user(doors)
    for user in (ada, ben):
        assert await doors.as_user(user).fetch("select current_user::text, auth.uid()") == [("authenticated", user)]
    said = "'; reset role; select '%s\\"
    assert await doors.as_user(ada).fetch("select %(said)s", {"said": said}) == [(said,)]
    with pytest.raises(psycopg.errors.DivisionByZero):
        await doors.as_service(why="test").fetch("update public.users set email = 'x' where 1 / %s = 1", (0,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await doors.as_user(ada).fetch("insert into public.user_data_keys (user_id) values (%s)", (ada,))
    async with doors.as_user(ben) as door:
        assert await who_am_i(door) == ("authenticated", ben)


async def test_a_fetch_is_in_unicode(database: Database) -> None:
    """What an address says of the client's encoding changes no character: statements are always sent in UTF-8."""
    doors = Doors(*(make_conninfo(url, client_encoding="latin1") for url in (database.user, database.service)))
    await doors.open()
    assert await doors.as_user(uuid4()).fetch("select %s", ("é'\\Ω",)) == [("é'\\Ω",)]
    await doors.close()


async def test_errors_lose_their_words(doors: Doors) -> None:
    """A refused row is not printed in the error that leaves the door: only its class and the constraint's name are."""
    user = await new_user(doors)
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        async with doors.as_service(why="test") as door:
            await door.execute(
                "insert into public.user_plugin_secrets values (%s, 'stripe', 'SECRET_KEY', %s)", (user, b"canary" * 20)
            )
    assert str(refused.value) == "user_plugin_secrets_secret_value_check"
    assert refused.value.__suppress_context__


async def test_one_shared_login(doors: Doors, database: Database) -> None:
    """With one address for both doors, even a superuser's, row-level security holds."""
    ada, ben = await new_user(doors), await new_user(doors)
    shared = Doors(database.migrator, database.migrator)
    await shared.open()
    async with shared.as_user(ada) as door:
        await door.execute(
            "insert into public.user_plugin_secrets values (%s, 'stripe', 'SECRET_KEY', %s)", (ada, SEALED)
        )
    async with shared.as_user(ben) as door:
        assert await (await door.execute("select from public.user_plugin_secrets")).fetchall() == []
    async with shared.as_service(why="test") as door:
        assert len(await (await door.execute("select from public.user_plugin_secrets")).fetchall()) == 1
    await shared.close()


async def test_login_without_its_role(database: Database) -> None:
    """Doors whose logins were swapped say what the logins lack."""
    doors = Doors(database.service, database.user)
    with pytest.raises(StorageUnavailable, match="lacks a role"):
        await doors.open()


async def test_no_database() -> None:
    """Doors without a database do not open, and say so in a sentence."""
    doors = Doors("host=/nonexistent dbname=gridos", "host=/nonexistent dbname=gridos", patience=0.2)
    with pytest.raises(StorageUnavailable, match="The database does not answer"):
        await doors.open()


async def test_all_connections_busy(database: Database) -> None:
    """Whoever waits in vain for a free connection is told so, and nobody else suffers."""
    doors = Doors(database.user, database.service, size=1, patience=0.5)
    await doors.open()
    async with doors.as_user(uuid4()) as door:
        with pytest.raises(StorageUnavailable):
            await do(doors.as_user(uuid4()))
        assert await door.execute("select")
    async with doors.as_user(uuid4()) as door:
        assert await door.execute("select")
    await doors.close()


async def test_killed_connection(doors: Doors, database: Database) -> None:
    """A door whose connection is killed inside fails; one whose pooled connection died meanwhile opens all the same."""
    kill = "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'gridos%'"
    with psycopg.connect(database.migrator, autocommit=True) as admin:

        async def killed_inside() -> None:
            async with doors.as_user(uuid4()) as door:
                admin.execute(kill)
                await door.execute("select")

        with pytest.raises(StorageUnavailable):
            await killed_inside()
        admin.execute(kill)
        async with doors.as_user(uuid4()) as door:
            assert await door.execute("select")


async def test_a_hanging_database_is_not_ready(doors: Doors, database: Database, postgres: EmbeddedServer) -> None:
    """Whoever asks whether the database is ready is told no while it hangs, and yes when it goes on."""
    assert await doors.is_ready()
    with psycopg.connect(database.migrator) as admin:
        pids = [pid for (pid,) in admin.execute("select pid from pg_stat_activity where usename like 'gridos%'")]
    hanging = [postgres.pid, *pids]
    try:
        for pid in hanging:
            os.kill(pid, signal.SIGSTOP)
        async with asyncio.timeout(5):
            assert not await doors.is_ready()
    finally:
        for pid in hanging:
            os.kill(pid, signal.SIGCONT)
    async with asyncio.timeout(20):
        while not await doors.is_ready():
            pass


async def test_database_goes_and_comes_back(short_dir: Path) -> None:
    """While the database is gone every door says so; when it is back the same doors open again, nothing lost."""
    server = EmbeddedServer(short_dir / "data", settings={"fsync": "off"})
    address = short_dir / "here"

    def start() -> None:
        server.start()
        address.unlink(missing_ok=True)
        address.symlink_to(server.run_dir)

    start()
    migrate(server.url())
    make_logins(server.url())
    doors = Doors(
        *(f"host={address} user={user} dbname=gridos" for user in ("gridos_user", "gridos_service")), patience=1
    )
    await doors.open()
    ada = await new_user(doors)
    assert await doors.is_ready()

    os.kill(server.pid, signal.SIGKILL)
    async with asyncio.timeout(20):
        while await doors.is_ready():
            pass  # a killed server's backends serve until they notice
    with pytest.raises(StorageUnavailable):
        await do(doors.as_user(ada))

    server.stop()
    start()
    async with asyncio.timeout(20):
        while not await doors.is_ready():
            pass  # it waits by itself, up to a second
    async with doors.as_user(ada) as door:
        assert await (await door.execute("select id from public.users")).fetchall() == [(ada,)]
    await doors.close()
    server.stop()
