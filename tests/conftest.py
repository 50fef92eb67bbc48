"""The one PostgreSQL of a test run, a database of its own for each test that asks, and the doors into it."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from gridos.db import Doors, EmbeddedServer, make_logins, migrate

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@dataclass(frozen=True)
class Database:
    """The three addresses of one migrated database."""

    name: str
    migrator: str
    user: str
    service: str


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedServer]:
    """One embedded server per test process, with a migrated database `gridos` as the others' template."""
    # In memory where the machine offers that: making a database for each test is mostly writing files.
    memory = Path("/dev/shm")
    data_dir = Path(tempfile.mkdtemp(prefix="gridos-tests-", dir=memory if os.access(memory, os.W_OK) else "/tmp"))
    try:
        with EmbeddedServer(data_dir, settings=FAST) as server:
            migrate(server.url())
            make_logins(server.url())
            yield server
    finally:
        shutil.rmtree(data_dir)


@pytest.fixture
def database(postgres: EmbeddedServer) -> Iterator[Database]:
    """A migrated database nobody else uses, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template gridos".encode())
        yield Database(
            name=name,
            migrator=postgres.url(database=name),
            user=postgres.url("gridos_user", name),
            service=postgres.url("gridos_service", name),
        )
        admin.execute(f"drop database {name} with (force)".encode())


@pytest.fixture
async def doors(database: Database) -> AsyncIterator[Doors]:
    """Open doors into the test's own database."""
    doors = Doors(database.user, database.service)
    await doors.open()
    yield doors
    await doors.close()
