"""Migrations on every PostgreSQL at hand, as every kind of owner, edited, overtaken and racing."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from gridos.db import Doors, EmbeddedServer, make_logins, migrate
from gridos.db.binaries import major_of
from gridos.errors import MigrationRefused, StorageUnavailable
from tests.conftest import FAST, Database
from tests.db.binaries import BINARIES
from tests.db.lint import LINT

SEALED = b"GV\x01\x01" + bytes(60)
ROLES = ("gridos_user", "gridos_service", "anon", "authenticated", "service_role", "owner", "auth_owner")

# What a plain host gives: a database, and an owner of it who may make roles.
HOSTED = "create role owner login createrole"
# What Supabase gives: its roles, an auth.uid() of somebody else's that reads the old claim, and generous defaults.
SUPABASE = """
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role owner login createrole;
create role auth_owner;
grant anon, authenticated, service_role to owner with admin option;
grant all on schema public to owner;
alter default privileges for role owner in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role owner in schema public
  grant all on functions to anon, authenticated, service_role;
alter default privileges for role owner in schema public
  grant all on sequences to anon, authenticated, service_role;
create schema auth authorization auth_owner;
create function auth.uid() returns uuid language sql stable as
  $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
alter function auth.uid() owner to auth_owner;
grant usage on schema auth to anon, authenticated, service_role, owner;
"""


@dataclass(frozen=True)
class Host:
    """A server without any of our roles, and a database on it."""

    server: EmbeddedServer
    database: str

    def url(self, user: str = "postgres") -> str:
        """An address of the database."""
        return self.server.url(user, self.database)


@pytest.fixture(scope="module", params=BINARIES, ids=lambda folder: f"{major_of(folder)}-{folder.parts[1]}")
def server(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """One server of each PostgreSQL at hand."""
    data_dir = Path(tempfile.mkdtemp(prefix="gridos-tests-", dir="/tmp"))
    try:
        with EmbeddedServer(data_dir, request.param, FAST) as server:
            yield server
    finally:
        shutil.rmtree(data_dir)


@pytest.fixture
def host(server: EmbeddedServer) -> Iterator[Host]:
    """An empty database, dropped with all roles afterwards."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server.url(database="postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
        yield Host(server, name)
        names = admin.execute("select datname from pg_database where datname like 'test%'").fetchall()
        for (database,) in names:
            admin.execute(f"drop database {database} with (force)".encode())
        for role in ROLES:
            admin.execute(f"drop role if exists {role}".encode())


def prepare(host: Host, statements: str) -> None:
    """What the host's operator does before GridOS comes, as a superuser."""
    with psycopg.connect(host.url(), autocommit=True) as admin:
        admin.execute(statements.encode())
        admin.execute(f"alter database {host.database} owner to owner".encode())


async def use(user_url: str, service_url: str) -> None:
    """Live a little: two users, a workbook, a secret, an op, and a deleted account."""
    doors = Doors(user_url, service_url)
    await doors.open()
    ada, ben, workbook = uuid4(), uuid4(), uuid4()
    async with doors.as_service(why="test") as door:
        await door.execute("insert into public.users (id, email) values (%s, %s), (%s, %s)", (ada, ada, ben, ben))
    async with doors.as_user(ada) as door:
        secret = "insert into public.user_plugin_secrets values (%s, 'stripe', 'SECRET_KEY', %s)"
        await door.execute(secret, (ada, SEALED))
        await door.execute(
            "insert into public.workbooks (id, owner_id, title) values (%s, %s, 'Sales')", (workbook, ada)
        )
        assert len(await (await door.execute("select * from public.user_plugin_secrets")).fetchall()) == 1
    async with doors.as_user(ben) as door:
        assert await (await door.execute("select from public.user_plugin_secrets")).fetchall() == []
        assert await (await door.execute("select from public.workbooks")).fetchall() == []
    async with doors.as_service(why="test") as door:
        append = "select gridos.append_ops(%s, 0, %s, array['{}'::jsonb], %s)"
        assert await (await door.execute(append, (workbook, ada, [uuid4()]))).fetchone() == (1,)
        assert await (await door.execute("select version from public.plugin_connections")).fetchall() == [(1,)]
        assert len(await (await door.execute("select from public.user_plugin_secrets")).fetchall()) == 1
        await door.execute("delete from public.users where id = %s", (ada,))
        assert await (await door.execute("select from public.user_plugin_secrets")).fetchall() == []
    await doors.close()


def check_catalog(url: str) -> None:
    """Nothing is wrong with the catalog."""
    with psycopg.connect(url) as connection:
        faults = {fault: connection.execute(query.encode()).fetchall() for fault, query in LINT.items()}
    assert not any(faults.values()), faults


async def test_plain(host: Host) -> None:
    """A superuser migrates a plain PostgreSQL, once; both logins then work."""
    assert migrate(host.url())[0] == "0001_roles.sql"
    assert migrate(host.url()) == []
    make_logins(host.url())
    check_catalog(host.url())
    await use(host.url("gridos_user"), host.url("gridos_service"))


@pytest.mark.parametrize("prepared", [HOSTED, SUPABASE], ids=["hosted", "supabase"])
async def test_without_a_superuser(host: Host, prepared: str) -> None:
    """The owner of a hosted database or of a Supabase project migrates it and then serves both doors."""
    prepare(host, prepared)
    migrate(host.url("owner"))
    assert migrate(host.url("owner")) == []
    check_catalog(host.url())
    await use(host.url("owner"), host.url("owner"))
    make_logins(host.url("owner"))
    await use(host.url("gridos_user"), host.url("gridos_service"))


def test_supabase_keeps_its_own(host: Host) -> None:
    """An auth.uid() that is there already stays as it is."""
    prepare(host, SUPABASE)
    query = b"select proowner::regrole::text, prosrc from pg_proc where pronamespace = 'auth'::regnamespace"
    with psycopg.connect(host.url(), autocommit=True) as admin:
        before = admin.execute(query).fetchall()
        migrate(host.url("owner"))
        assert admin.execute(query).fetchall() == before


async def test_racing_migrators(host: Host) -> None:
    """Processes that start together, on one database and on another of the same server, all find it migrated."""
    other = f"{host.database}_other"
    with psycopg.connect(host.url(), autocommit=True) as admin:
        admin.execute(f"create database {other}".encode())
    script = "import sys; from gridos.db import *; print(len(migrate(sys.argv[1]))); make_logins(sys.argv[1])"
    urls = [host.url(), host.url(), host.server.url(database=other)]
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, url, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for url in urls
    ]
    ends = [await racer.communicate() for racer in racers]
    assert [error for _, error in ends] == [b"", b"", b""]
    one, two, alone = (int(out) for out, _ in ends)
    assert (one + two, one * two) == (alone, 0)
    check_catalog(host.url())
    check_catalog(host.server.url(database=other))


def test_edited_file(database: Database) -> None:
    """A file that was edited after it ran is refused by name."""
    with psycopg.connect(database.migrator) as admin:
        admin.execute("update gridos.migrations set sha256 = 'other' where name = '0002_accounts.sql'")
    with pytest.raises(MigrationRefused, match=r"^0002_accounts\.sql was edited after it ran"):
        migrate(database.migrator)


def test_newer_database(database: Database) -> None:
    """A database that a newer GridOS migrated is refused, and not touched."""
    with psycopg.connect(database.migrator) as admin:
        admin.execute("insert into gridos.migrations (name, sha256) values ('9999_future.sql', '')")
        admin.execute("delete from gridos.migrations where name = '0006_events.sql'")
    with pytest.raises(MigrationRefused, match=r"^A newer GridOS made this database: 9999_future\.sql"):
        migrate(database.migrator)


def test_failing_file(host: Host) -> None:
    """A file that fails leaves nothing of itself, and runs when its obstacle is gone."""
    with psycopg.connect(host.url(), autocommit=True) as admin:
        admin.execute("create table public.workbook_collaborators ()")
        with pytest.raises(MigrationRefused, match=r"^0005_workbooks\.sql cannot run on this database: relation"):
            migrate(host.url())
        assert admin.execute("select to_regclass('public.workbooks')").fetchone() == (None,)
        admin.execute("drop table public.workbook_collaborators")
    assert migrate(host.url())[0] == "0005_workbooks.sql"


def test_no_database() -> None:
    """Without a database there is a sentence."""
    with pytest.raises(StorageUnavailable):
        migrate("host=/nonexistent dbname=gridos")
