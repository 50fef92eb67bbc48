"""What the catalog grants, and what one user can do to another's rows, in every table."""

from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from gridos.db import Doors, EmbeddedServer
from tests.conftest import Database
from tests.db.lint import LINT, TABLES

SEALED = b"GV\x01\x01" + bytes(60)
ADA, BEN, CLEO = uuid4(), uuid4(), uuid4()  # Ada owns everything, Cleo edits Ada's workbook, Ben is a stranger
WORKBOOK, CONNECTION = uuid4(), uuid4()

# One row of Ada's in every table. A new table without one fails.
ROWS = {
    "users": ("id, email, password_hash", (ADA, "ada@example.com", "hash")),
    "user_identities": ("issuer, subject, user_id", ("https://issuer.example", "1", ADA)),
    "auth_session": ("id_hash, user_id, expires_at", (bytes(32), ADA, "infinity")),
    "api_keys": ("user_id, name, key_hash", (ADA, "script", bytes(32))),
    "user_data_keys": ("key_id, user_id, root_key_id, wrapped", (uuid4(), ADA, bytes(8), b"GK" + bytes(60))),
    "user_plugin_secrets": ("user_id, plugin_slug, secret_key, secret_value", (ADA, "stripe", "SECRET_KEY", SEALED)),
    "user_plugin_secrets_previous": (
        "user_id, plugin_slug, secret_key, secret_value",
        (ADA, "stripe", "SECRET_KEY", SEALED),
    ),
    "plugin_connections": ("connection_id, user_id, plugin_slug", (CONNECTION, ADA, "shopify")),
    "connector_answers": (
        "connection_id, connection_version, call_key, call, expires_at",
        (CONNECTION, 1, bytes(32), "[]", "infinity"),
    ),
    "connector_days": (
        "connection_id, connection_version, series, zone, day, currency, amount_minor, items, as_of",
        (CONNECTION, 1, "orders", "UTC", "2026-01-01", "EUR", 100, 1, "now"),
    ),
    "connector_limits": ("connection_id, name, told, until", (CONNECTION, "pause", "[]", "infinity")),
    "connector_askers": ("process, connection_id", (uuid4(), CONNECTION)),
    "server_processes": ("process, alive_until", (uuid4(), "infinity")),
    "user_plugins": ("user_id, plugin_slug, installed", (ADA, "stripe", True)),
    "workbooks": ("id, owner_id, title", (WORKBOOK, ADA, "Sales")),
    "workbook_collaborators": ("workbook_id, user_id, role", (WORKBOOK, CLEO, "editor")),
    "pending_invites": (
        "workbook_id, email, role, token_hash, invited_by",
        (WORKBOOK, "dan@example.com", "viewer", bytes(32), ADA),
    ),
    "workbook_plugins": ("workbook_id, plugin_slug, cells", (WORKBOOK, "stripe", 3)),
    "sealing_invitations": ("user_id, expires_at", (ADA, "infinity")),
    "secret_activity": ("user_id, action", (ADA, "use")),
    "workbook_head": ("", ()),  # made with the workbook
    "workbook_op": ("workbook_id, seq, op_id, actor_id, op", (WORKBOOK, 1, uuid4(), ADA, "{}")),
    "workbook_snapshot": ("workbook_id, seq, state", (WORKBOOK, 1, b"state")),
}
SEEN_BY_CLEO = {"users": 1, "workbooks": 1, "workbook_collaborators": 1, "workbook_head": 1}


@pytest.fixture
async def filled(doors: Doors, database: Database) -> Doors:
    """Doors into a database in which Ada has a row in every table."""
    with psycopg.connect(database.migrator) as connection:
        for user in (BEN, CLEO):
            connection.execute("insert into public.users (id, email) values (%s, %s)", (user, f"{user}@example.com"))
        for table, (columns, values) in ROWS.items():
            if columns:
                marks = ", ".join(["%s"] * len(values))
                connection.execute(f"insert into public.{table} ({columns}) values ({marks})".encode(), values)
    return doors


async def refusal(doors: Doors, user: UUID, statement: sql.Composed) -> type[psycopg.Error] | None:
    """Why a user's statement is refused."""
    try:
        async with doors.as_user(user) as door:
            await door.execute(statement)
    except psycopg.Error as error:
        return type(error)
    return None


async def count(doors: Doors, user: UUID, statement: sql.Composed | bytes) -> int:
    """How many rows a user's statement reaches; a refusal reaches none."""
    try:
        async with doors.as_user(user) as door:
            return (await door.execute(statement)).rowcount
    except psycopg.errors.InsufficientPrivilege:
        return 0


@pytest.mark.parametrize("fault", LINT)
def test_catalog(fault: str, postgres: EmbeddedServer) -> None:
    """No table without row-level security, no grant too many, no policy or function that could be turned around."""
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute(LINT[fault].encode()).fetchall() == []


def test_every_table_is_tried(postgres: EmbeddedServer) -> None:
    """The tests below know every table."""
    with psycopg.connect(postgres.url()) as connection:
        assert {name for (name,) in connection.execute(TABLES.encode())} == set(ROWS)


@pytest.mark.parametrize("table", ["user_plugin_secrets", "user_plugin_secrets_previous"])
def test_four_policies(postgres: EmbeddedServer, table: str) -> None:
    """Stored secrets have exactly the contract's four policies, for the row's own user, forced on the table's owner."""
    with psycopg.connect(postgres.url()) as connection:
        policies = connection.execute(
            """
            select cmd, roles::text[], coalesce(qual, with_check) from pg_policies
             where tablename = %s""",
            (table,),
        ).fetchall()
        assert {command for command, _, _ in policies} == {"SELECT", "INSERT", "UPDATE", "DELETE"}
        assert len(policies) == 4
        assert all(roles == ["authenticated"] and "user_id" in condition for _, roles, condition in policies)
        forced = connection.execute("select relforcerowsecurity from pg_class where relname = %s", (table,))
        assert forced.fetchone() == (True,)


def select(table: str) -> sql.Composed:
    """Rows a user may see something of."""
    return sql.SQL("select {} from {}").format(
        sql.SQL("id" if table == "users" else ""), sql.Identifier("public", table)
    )


async def test_stranger_reads(filled: Doors) -> None:
    """A stranger sees nothing of Ada's in any table: only that he is there himself."""
    assert {table: await count(filled, BEN, select(table)) for table in ROWS} == {t: int(t == "users") for t in ROWS}


async def test_collaborator_reads(filled: Doors) -> None:
    """An editor sees the shared workbook, how far it is and her own place in it."""
    assert {table: await count(filled, CLEO, select(table)) for table in ROWS} == {
        t: SEEN_BY_CLEO.get(t, 0) for t in ROWS
    }


@pytest.mark.parametrize("user", [BEN, CLEO], ids=["stranger", "collaborator"])
async def test_others_change_and_delete(filled: Doors, database: Database, user: UUID) -> None:
    """Nobody but Ada changes any column or deletes a row, in any table."""
    with psycopg.connect(database.migrator) as connection:
        columns = connection.execute(
            "select relname, attname from pg_attribute join pg_class on pg_class.oid = attrelid"
            " where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0"
        ).fetchall()
    for table, column in columns:
        update = sql.SQL("update {} set {} = {}").format(*map(sql.Identifier, (table, column, column)))
        assert await count(filled, user, update) == 0
    for table in ROWS:
        assert await count(filled, user, sql.SQL("delete from {}").format(sql.Identifier(table))) == 0
        assert await count(filled, user, sql.SQL("truncate {} cascade").format(sql.Identifier(table))) == 0


async def test_stranger_writes_in_another_name(filled: Doors, database: Database) -> None:
    """A row like one of Ada's is refused from anybody else, in every table, before anything else is looked at."""
    for table in ROWS:
        name = sql.Identifier(table)
        with psycopg.connect(database.migrator) as connection:
            rows = connection.execute(sql.SQL("select to_jsonb(t) from {} t").format(name)).fetchall()
        row = next(row for (row,) in rows if table != "users" or row["id"] == str(ADA))
        copy = sql.SQL("insert into {} select * from jsonb_populate_record(null::{}, {})").format(
            name, name, Jsonb(row)
        )
        assert await refusal(filled, BEN, copy) is psycopg.errors.InsufficientPrivilege


@pytest.mark.parametrize(
    "statement",
    [
        "update public.workbooks set title = 'mine'",
        "update public.workbooks set owner_id = auth.uid()",
        "update public.workbook_collaborators set role = 'editor'",
        "insert into public.workbook_collaborators select id, auth.uid(), 'editor' from public.workbooks",
        "insert into public.workbooks (owner_id, title) values (gen_random_uuid(), 'for somebody else')",
        "select gridos.append_ops(id, null, auth.uid(), '{}', '{}') from public.workbooks",
        "call gridos.open_to_service('public.users')",
        "update public.plugin_connections set version = 1",
    ],
)
async def test_collaborator_reaches_for_more(filled: Doors, statement: str) -> None:
    """An editor cannot rename, take over, invite, or write the log behind the server's back."""
    assert await count(filled, CLEO, statement.encode()) == 0


async def test_owner_moves_no_row_away(filled: Doors) -> None:
    """Users cannot give rows of their own to somebody else."""
    for statement in (
        "update public.user_plugin_secrets set user_id = gen_random_uuid()",
        "update public.user_plugin_secrets_previous set user_id = gen_random_uuid()",
        "update public.user_plugins set user_id = gen_random_uuid()",
        "update public.workbooks set owner_id = gen_random_uuid()",
    ):
        assert await count(filled, ADA, statement.encode()) == 0


@pytest.mark.parametrize("value", [b"sk_live_plaintext", b"sk_live_" + b"x" * 80, b"GV\x01" + bytes(45), b""])
async def test_plaintext_is_refused(filled: Doors, value: bytes) -> None:
    """The columns of secrets refuse whatever is not sealed, even from the service and from their owner."""
    with pytest.raises(psycopg.errors.CheckViolation):
        async with filled.as_service(why="test") as door:
            await door.execute("update public.user_plugin_secrets set secret_value = %s", (value,))
    with pytest.raises(psycopg.errors.CheckViolation):
        async with filled.as_user(ADA) as door:
            await door.execute("update public.user_plugin_secrets_previous set secret_value = %s", (value,))


async def test_deleted_account(filled: Doors) -> None:
    """Deleting an account deletes its keys with its rows, so that a secret put back later cannot be opened."""
    async with filled.as_service(why="test") as door:
        await door.execute("delete from public.users where id = %s", (ADA,))
        for table in ROWS.keys() - {"server_processes", "connector_askers"}:
            rows = await (
                await door.execute(sql.SQL("select from {}").format(sql.Identifier("public", table)))
            ).fetchall()
            assert len(rows) == (2 if table == "users" else 0)


async def test_connection_moves_with_its_secrets(filled: Doors) -> None:
    """Every change of a stored secret raises its connection's version in the same transaction, and only its own."""
    versions: list[int] = []

    async def read() -> None:
        async with filled.as_service(why="test") as door:
            found = await door.execute("select version from public.plugin_connections where plugin_slug = 'stripe'")
            versions.extend(version for (version,) in await found.fetchall())

    await read()
    for statement in (
        "update public.user_plugin_secrets set updated_at = now()",
        "delete from public.user_plugin_secrets",
    ):
        async with filled.as_user(ADA) as door:
            await door.execute(statement.encode())
        await read()
    async with filled.as_user(ADA) as door:
        await door.execute("delete from public.user_plugin_secrets")
    await read()
    assert versions == [1, 2, 3, 3]
    async with filled.as_service(why="test") as door:
        others = await door.execute("select version from public.plugin_connections where plugin_slug = 'shopify'")
        assert await others.fetchall() == [(1,)]


async def test_version_never_falls(filled: Doors) -> None:
    """A connection's version cannot come back, and its rows cannot be deleted while the user lives."""
    for statement in (
        "update public.plugin_connections set version = version - 1",
        "update public.plugin_connections set connection_id = gen_random_uuid()",
        "delete from public.plugin_connections",
    ):
        with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.InsufficientPrivilege)):
            async with filled.as_service(why="test") as door:
                await door.execute(statement.encode())
