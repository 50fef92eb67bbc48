"""What PostgreSQL holds of a secret, what it refuses, and what becomes of rows that somebody tampered with."""

import asyncio
import base64
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import AsyncCursor

from gridos.db import Doors, EmbeddedServer
from gridos.db.plugin_secrets import PostgresSecretStore
from gridos.errors import NothingToRestore, SecretUnreadable, StorageUnavailable
from gridos.plugin_secrets import Finding, KeyRing, SecretStore, Vault
from gridos.plugin_secrets.opening import SealedConnections
from gridos.plugins import ConnectionRef
from tests.conftest import Database
from tests.plugin_secrets.conftest import PLUGINS, SHOPIFY, STRIPE, AddUser, secrets

CANARY = "shpat_canary_0123456789abcdef"

Admin = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def store(doors: Doors) -> SecretStore:
    """PostgreSQL only."""
    return PostgresSecretStore(doors)


@pytest.fixture
def admin(database: Database) -> Iterator[Admin]:
    """Somebody who can write every row: an attacker with the database, or a dump."""
    with psycopg.connect(database.migrator, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def stored(vault: Vault, owner: UUID) -> UUID:
    """Ada has stored everything."""
    await vault.put(owner, SHOPIFY, secrets(STORE_DOMAIN="a.myshopify.com", ADMIN_TOKEN=CANARY, CLIENT_ID="c"))
    await vault.put(owner, STRIPE, secrets(API_KEY="sk_test_of_ada"))
    return owner


@pytest.fixture
async def replaced(vault: Vault, stored: UUID) -> UUID:
    """Ada has replaced everything since, by what has not worked yet."""
    await vault.put(stored, SHOPIFY, secrets(STORE_DOMAIN="b.myshopify.com", ADMIN_TOKEN="new", CLIENT_ID="new"))
    await vault.put(stored, STRIPE, secrets(API_KEY="sk_test_new"))
    return stored


async def open_now(connections: SealedConnections, owner: UUID, plugin: str = "shopify") -> dict[str, str]:
    """Every value of a connection."""
    opened = await connections.open_connection(ConnectionRef(owner, plugin, uuid4(), 0))
    return {key: secret.reveal() for key, secret in opened.secrets.items()}


RAW = CANARY.encode()
TRACES = [RAW, RAW[::-1], RAW.hex().encode(), *(base64.b64encode(b"x" * pad + RAW)[4:-4] for pad in range(3))]


async def test_no_row_holds_a_value(replaced: UUID, admin: Admin) -> None:
    """No table holds a stored or a replaced value, as it is, in hex, in base64, or reversed."""
    assert replaced
    assert admin.execute("select count(*) from public.user_plugin_secrets_previous").fetchone() == (4,)
    tables = admin.execute(
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname not in ('pg_catalog', 'information_schema')"
    ).fetchall()
    rows = [row for (table,) in tables for row in admin.execute(f"select * from {table}".encode())]
    everything = b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
    assert b"ADMIN_TOKEN" in everything
    assert [trace for trace in TRACES if trace in everything] == []


@pytest.fixture
def statement_log(admin: Admin, database: Database) -> Iterator[None]:
    """The server writes every statement with its parameters into its log."""
    admin.execute("alter system set log_statement = 'all'")
    admin.execute("select pg_reload_conf()")
    deadline = time.monotonic() + 10
    while not _is_logging(database):
        assert time.monotonic() < deadline
    yield
    admin.execute("alter system reset log_statement")
    admin.execute("select pg_reload_conf()")


def _is_logging(database: Database) -> bool:
    with psycopg.connect(database.migrator) as connection:
        return connection.execute("show log_statement").fetchone() == ("all",)


@pytest.mark.usefixtures("statement_log")
async def test_no_file_holds_a_value(
    postgres: EmbeddedServer, database: Database, admin: Admin, ring: KeyRing, owner: UUID
) -> None:
    """Neither a table's file, nor the write-ahead log, nor a log of every statement ever sees a value."""
    doors = Doors(database.user, database.service)
    await doors.open()
    vault = Vault(PostgresSecretStore(doors), ring)
    for _ in range(2):
        await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN=CANARY))
    assert await open_now(SealedConnections(PostgresSecretStore(doors), ring, PLUGINS), owner) == {
        "ADMIN_TOKEN": CANARY
    }
    await doors.close()
    admin.execute("checkpoint")
    files = _files_of(postgres)
    assert any(b"insert into public.user_plugin_secrets" in content for content in files)
    assert [trace for trace in TRACES for content in files if trace in content] == []


def _files_of(postgres: EmbeddedServer) -> list[bytes]:
    """Everything in the data directory, and the log beside it."""
    files: list[bytes] = []
    for path in Path(f"/proc/{postgres.pid}/cwd").resolve().parent.rglob("*"):
        with suppress(FileNotFoundError):  # a temporary one
            files += [path.read_bytes()] if path.is_file() else []
    return files


@pytest.mark.parametrize("value", [CANARY.encode(), b"", b"GV\x01", b"GV\x01" + b"\0" * 45, b"GV\x02" + b"\0" * 60])
def test_the_column_refuses_plaintext(stored: UUID, admin: Admin, value: bytes) -> None:
    """The column takes nothing that is not a sealed value, whoever writes it."""
    with pytest.raises(psycopg.errors.CheckViolation):
        admin.execute("update public.user_plugin_secrets set secret_value = %s where user_id = %s", (value, stored))


def flip(table: str, column: str, bit: int) -> str:
    """The statement that flips one bit of every row."""
    return f"update public.{table} set {column} = set_bit({column}, {bit}, 1 - get_bit({column}, {bit}))"


def move(taken: str) -> str:
    """The statement that puts one stored value in the place of all others."""
    return (
        "update public.user_plugin_secrets set secret_value ="
        f" (select secret_value from public.user_plugin_secrets where secret_key = '{taken}')"
    )


TAMPERING = {
    "another plugin's value": move("API_KEY"),
    "another key's value": move("CLIENT_ID"),
    "the data key's id": flip("user_plugin_secrets", "secret_value", 100),
    "the nonce": flip("user_plugin_secrets", "secret_value", 250),
    "the ciphertext": flip("user_plugin_secrets", "secret_value", 300),
    "the tag": flip("user_plugin_secrets", "secret_value", 388),
    "a cut": "update public.user_plugin_secrets set secret_value = substr(secret_value, 1, 49)",
    "a tail": "update public.user_plugin_secrets set secret_value = secret_value || '\\x00'",
    "the wrapped key": flip("user_data_keys", "wrapped", 300),
    "a cut key": "update public.user_data_keys set wrapped = substr(wrapped, 1, 40)",
    "a renamed key": "update public.user_data_keys set key_id = gen_random_uuid()",
    "a lost key": "delete from public.user_data_keys",
}


@pytest.mark.parametrize("what", TAMPERING)
async def test_tampered_rows_are_unreadable(
    stored: UUID, vault: Vault, connections: SealedConnections, admin: Admin, what: str
) -> None:
    """A row that was flipped, cut, lengthened or moved never opens, and never breaks the list of set keys."""
    admin.execute(TAMPERING[what].encode())
    with pytest.raises(SecretUnreadable) as caught:
        await open_now(connections, stored)
    assert CANARY not in str(caught.value)
    assert await vault.get_set_keys(stored, SHOPIFY) == ["STORE_DOMAIN", "ADMIN_TOKEN", "CLIENT_ID"]


@pytest.mark.parametrize("what", TAMPERING)
async def test_tampered_values_that_are_put_back_are_unreadable(
    replaced: UUID, vault: Vault, connections: SealedConnections, admin: Admin, what: str
) -> None:
    """A replaced value opens only at its own place, so what was flipped, cut or moved while it was kept never opens."""
    admin.execute(TAMPERING[what].replace("user_plugin_secrets", "user_plugin_secrets_previous").encode())
    await vault.roll_back(replaced, "shopify")
    with pytest.raises(SecretUnreadable) as caught:
        await open_now(connections, replaced)
    assert CANARY not in str(caught.value)


async def test_a_replaced_value_of_another_user_does_not_open(
    replaced: UUID, other: UUID, vault: Vault, connections: SealedConnections, admin: Admin
) -> None:
    """Ben cannot put Ada's earlier key back as his own, not even by owning its row."""
    await vault.put(other, SHOPIFY, secrets(ADMIN_TOKEN="of ben"))
    admin.execute(
        "update public.user_plugin_secrets_previous set user_id = %s where user_id = %s and plugin_slug = 'shopify'",
        (other, replaced),
    )
    await vault.roll_back(other, "shopify")
    with pytest.raises(SecretUnreadable):
        await open_now(connections, other)


async def test_replaced_values_are_forgotten_after_a_week(
    replaced: UUID, vault: Vault, store: SecretStore, admin: Admin
) -> None:
    """From then on there is no way back, also before they are deleted; younger ones stay."""
    age = "update public.user_plugin_secrets_previous set kept_at = now() - interval '7 days' where plugin_slug = %s"
    admin.execute(age, ("shopify",))
    assert not await store.can_restore(replaced, "shopify")
    with pytest.raises(NothingToRestore):
        await vault.roll_back(replaced, "shopify")
    await vault.forget_old()
    left = admin.execute("select distinct plugin_slug from public.user_plugin_secrets_previous").fetchall()
    assert left == [("stripe",)]
    admin.execute(age, ("stripe",))
    await vault.put(replaced, STRIPE, secrets(API_KEY="newer"))
    assert await store.can_restore(replaced, "stripe")


async def test_all_that_is_kept_ends_at_one_time(replaced: UUID, vault: Vault, admin: Admin) -> None:
    """A key that is replaced later ends with those before it: half a connection is never put back."""
    admin.execute("update public.user_plugin_secrets_previous set kept_at = now() - interval '6 days'")
    admin.execute("delete from public.user_plugin_secrets_previous where secret_key = 'CLIENT_ID'")
    await vault.put(replaced, SHOPIFY, secrets(CLIENT_ID="newer"))
    times = admin.execute(
        "select count(*), count(distinct kept_at) from public.user_plugin_secrets_previous"
        " where plugin_slug = 'shopify'"
    )
    assert times.fetchone() == (3, 1)


async def test_a_success_that_is_told_during_a_replacement_ends_no_way_back(
    replaced: UUID, vault: Vault, store: SecretStore, connections: SealedConnections, admin: Admin
) -> None:
    """It comes before the replacement or after it, never between its two steps."""
    stored = (await store.get_connections(replaced, ["stripe"]))["stripe"]
    with admin.transaction():
        admin.execute("select from public.user_plugin_secrets where plugin_slug = 'stripe' for update")
        putting = asyncio.create_task(vault.put(replaced, STRIPE, secrets(API_KEY="sk_test_newer")))
        await until(lambda: waiting_for_locks(admin) == 1)
        telling = asyncio.create_task(store.put_finding(stored.id, stored.version, Finding("connected", "It works.")))
        await until(lambda: telling.done() or waiting_for_locks(admin) == 2)
    await asyncio.gather(putting, telling)
    await vault.roll_back(replaced, "stripe")
    assert await open_now(connections, replaced, "stripe") == {"API_KEY": "sk_test_of_ada"}


def waiting_for_locks(admin: Admin) -> int:
    """How many statements wait for another's lock."""
    return admin.execute("select from pg_locks where not granted").rowcount


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what happens in PostgreSQL."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 -- the database does not tell
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("with_data_key", [False, True])
async def test_a_row_moved_to_another_user_is_unreadable(
    stored: UUID, other: UUID, vault: Vault, connections: SealedConnections, admin: Admin, *, with_data_key: bool
) -> None:
    """Ben cannot read Ada's value by owning its row, not even with her data key moved to him as well."""
    await vault.put(other, STRIPE, secrets(API_KEY="sk_test_of_ben"))
    if with_data_key:
        admin.execute("delete from public.user_data_keys where user_id = %s", (other,))
        admin.execute("update public.user_data_keys set user_id = %s", (other,))
    admin.execute("update public.user_plugin_secrets set user_id = %s where plugin_slug = 'shopify'", (other,))
    with pytest.raises(SecretUnreadable):
        await open_now(connections, other)


async def test_rows_of_a_deleted_account_stay_unreadable(
    stored: UUID, connections: SealedConnections, admin: Admin
) -> None:
    """Whoever puts a deleted account and its rows back finds them unreadable: their data key is gone."""
    rows = admin.execute("select * from public.user_plugin_secrets").fetchall()
    admin.execute("delete from public.users where id = %s", (stored,))
    for table in ("user_plugin_secrets", "user_data_keys", "plugin_connections"):
        assert admin.execute(f"select from public.{table}".encode()).fetchall() == []
    admin.execute("insert into public.users (id, email) values (%s, 'ada@example.com')", (stored,))
    for row in rows:
        admin.execute("insert into public.user_plugin_secrets values (%s, %s, %s, %s, %s)", row)
    with pytest.raises(SecretUnreadable):
        await open_now(connections, stored)


async def test_nobody_else_reaches_the_rows(replaced: UUID, other: UUID, doors: Doors) -> None:
    """Ben's SQL sees, changes and deletes nothing of Ada's, and cannot insert in her name."""
    async with doors.as_user(other) as connection:
        for statement in (
            "select * from public.user_plugin_secrets",
            "update public.user_plugin_secrets set updated_at = now() returning 1",
            "delete from public.user_plugin_secrets returning 1",
            "select * from public.user_plugin_secrets_previous",
            "update public.user_plugin_secrets_previous set kept_at = now() returning 1",
            "delete from public.user_plugin_secrets_previous returning 1",
        ):
            assert await (await connection.execute(statement.encode())).fetchall() == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with doors.as_user(other) as connection:
            await connection.execute(
                "insert into public.user_plugin_secrets values (%s, 'stripe', 'X', %s)",
                (replaced, b"GV\x01" + b"\0" * 60),
            )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with doors.as_user(other) as connection:
            await connection.execute(
                "insert into public.user_plugin_secrets_previous values (%s, 'stripe', 'X', %s)",
                (replaced, b"GV\x01" + b"\0" * 60),
            )
    for table in ("user_data_keys", "plugin_connections"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with doors.as_user(replaced) as connection:
                await connection.execute(f"select * from public.{table}".encode())


async def test_writing_in_another_name_is_refused(store: SecretStore, stored: UUID, other: UUID, ring: KeyRing) -> None:
    """A connection belongs to the user whose door wrote it: the other one's rows stay as they were."""
    data_key = ring.unwrap(await store.add_data_key(ring.make_data_key(other)))
    await store.write(other, "stripe", {"API_KEY": data_key.seal("stripe", "API_KEY", *secrets(x="k").values())}, ())
    await store.wipe(other, "shopify")
    assert await store.get_set_keys(stored, "shopify") == {"STORE_DOMAIN", "ADMIN_TOKEN", "CLIENT_ID"}


TABLES = ("user_plugin_secrets", "user_plugin_secrets_previous", "user_data_keys", "plugin_connections")


async def test_locked_rows_stay_as_they_are(
    store: SecretStore, replaced: UUID, admin: Admin, add_user: AddUser
) -> None:
    """A vault with the wrong root key changes not a byte of any row, whatever is asked of it."""

    def rows() -> list[tuple[Any, ...]]:
        return [
            row
            for table in TABLES
            for row in admin.execute(f"select * from public.{table} order by 1, 2, 3".encode()).fetchall()
        ]

    before = rows()
    wrong = Vault(store, KeyRing([bytes(range(32))]))
    for user in (replaced, await add_user()):
        for ask in (
            wrong.put(user, STRIPE, secrets(API_KEY="x")),
            wrong.roll_back(user, "stripe"),
            wrong.rotate(),
        ):
            with pytest.raises(Exception, match="locked"):
                await ask
    assert rows() == before


async def test_listing_and_opening_take_one_statement_each(
    stored: UUID, vault: Vault, connections: SealedConnections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of set keys, the names of connections and an opened connection cost one statement each."""
    seen: list[str] = []
    execute = AsyncCursor.execute

    async def watched(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
        seen.append(str(query))
        return await execute(self, query, *rest, **more)

    monkeypatch.setattr(AsyncCursor, "execute", watched)
    await vault.get_set_keys(stored, SHOPIFY)
    await connections.current_connections(stored, ["shopify", "stripe"])
    await open_now(connections, stored)
    assert len([query for query in seen if "public." in query]) == 3


async def test_a_database_that_is_gone_is_an_error(database: Database, ring: KeyRing) -> None:
    """A database that does not answer is never "nothing is set"."""
    doors = Doors(database.user, database.service, patience=0.2)
    await doors.open()
    store = PostgresSecretStore(doors)
    vault, connections = Vault(store, ring), SealedConnections(store, ring, PLUGINS)
    with psycopg.connect(database.migrator.replace(database.name, "postgres"), autocommit=True) as admin:
        admin.execute(f"alter database {database.name} allow_connections false".encode())
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (database.name,))
        owner = uuid4()
        for ask in (
            vault.get_set_keys(owner, STRIPE),
            vault.put(owner, STRIPE, secrets(API_KEY="k")),
            vault.wipe(owner, "stripe"),
            vault.status(),
            connections.current_connections(owner, ["stripe"]),
            connections.open_connection(ConnectionRef(owner, "stripe", uuid4(), 0)),
        ):
            with pytest.raises(StorageUnavailable):
                await ask
        admin.execute(f"alter database {database.name} allow_connections true".encode())
    assert await vault.get_set_keys(owner, STRIPE) == []
    await doors.close()
