"""
Brings a database up to this program's schema.

The files in `migrations/` run once each, in the order of their numbers, each in its own transaction. What ran is kept
with its SHA-256, so a file is never edited afterwards: a change is a new file. Processes that start together wait for
each other on an advisory lock.
"""

from hashlib import sha256
from importlib.resources import files
from typing import Any

import psycopg

from gridos.errors import MigrationRefused, StorageUnavailable

_LOCK = 0x67726964  # "grid": ours alone among advisory locks
_RECORD = b"""
create schema if not exists gridos;
create table if not exists gridos.migrations (
  name text primary key,
  sha256 text not null,
  applied_at timestamptz not null default now()
);
"""
# Each door's login may become nobody (anon) or its own role, and never the other door's.
_LOGINS = b"""
do $$
declare
  login text[];
begin
  foreach login slice 1 in array '{{gridos_user,authenticated},{gridos_service,service_role}}'::text[] loop
    if to_regrole(login[1]) is null then
      begin
        execute format('create role %I login noinherit', login[1]);
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    execute format('grant anon, %I to %I', login[2], login[1]);
  end loop;
end $$;
"""


def migrate(url: str) -> list[str]:
    """
    Run what has not run yet and return its names.

    Refuses, changing nothing more, when a file was edited after it ran or when a newer GridOS migrated the database.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            connection.execute("select pg_advisory_lock(%s)", (_LOCK,))  # released with the connection
            connection.execute(_RECORD)
            return _apply(connection, _migrations())
    except psycopg.OperationalError:
        raise StorageUnavailable from None


def _migrations() -> dict[str, bytes]:
    found = [entry for entry in files("gridos.db").joinpath("migrations").iterdir() if entry.name.endswith(".sql")]
    return {entry.name: entry.read_bytes() for entry in sorted(found, key=lambda entry: entry.name)}


def _apply(connection: psycopg.Connection[Any], migrations: dict[str, bytes]) -> list[str]:
    ran: dict[str, str] = dict(connection.execute("select name, sha256 from gridos.migrations").fetchall())
    for name, digest in ran.items():
        if name not in migrations:
            raise MigrationRefused(f"A newer GridOS made this database: {name} is not known here. Update the program.")
        if sha256(migrations[name]).hexdigest() != digest:
            raise MigrationRefused(f"{name} was edited after it ran. Restore it and put the change into a new file.")
    pending = [name for name in migrations if name not in ran]
    for name in pending:
        _run(connection, name, migrations[name])
    return pending


def _run(connection: psycopg.Connection[Any], name: str, migration: bytes) -> None:
    try:
        with connection.transaction():
            connection.execute(migration)
            digest = sha256(migration).hexdigest()
            connection.execute("insert into gridos.migrations (name, sha256) values (%s, %s)", (name, digest))
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        raise MigrationRefused(f"{name} cannot run on this database: {error.diag.message_primary}.") from None


def make_logins(url: str) -> None:
    """
    Make the two doors' logins, `gridos_user` and `gridos_service`, without passwords.

    For the embedded server, whose socket only we can reach. An operator who names the doors' addresses makes their
    logins too.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_LOGINS)
