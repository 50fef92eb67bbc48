"""The stage of the journeys: the stand-in upstreams, and an operator's PostgreSQL."""

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from gridos.db import EmbeddedServer
from tests.journeys.running import Process

Env = dict[str, str]
NewDatabase = Callable[[], AbstractContextManager[Env]]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One `gridos sandbox` for all journeys."""
    log = tmp_path_factory.mktemp("sandbox") / "log"
    with Process("sandbox", "--port", "0", log=log) as process:
        yield process


@pytest.fixture(scope="session")
def new_database(postgres: EmbeddedServer) -> NewDatabase:
    """Makes an empty database, as an operator would, and gives the settings that name it and both doors' logins."""

    @contextmanager
    def make() -> Generator[Env]:
        name = f"journey_{uuid4().hex}"
        with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
            admin.execute(f"create database {name}".encode())
            yield {
                "GRIDOS_PORT": "0",
                "GRIDOS_DATABASE_URL": postgres.url(database=name),
                "GRIDOS_DATABASE_USER_URL": postgres.url("gridos_user", name),
                "GRIDOS_DATABASE_SERVICE_URL": postgres.url("gridos_service", name),
            }
            admin.execute(f"drop database {name} with (force)".encode())

    return make


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory for the processes of one module."""
    return tmp_path_factory.mktemp("home")
