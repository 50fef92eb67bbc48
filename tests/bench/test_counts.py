"""What the bench counts: statements, round trips and upstream requests. Times are for the bench alone."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from bench.counting import Reads, client_of, count_opening, count_reads_of_secrets, count_requests, count_secrets
from bench.plugin import LIMITS
from bench.upstream import upstream
from bench.wire import counted
from gridos.app.database import DatabaseUrls
from gridos.db import EmbeddedServer
from tests.conftest import Database


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A directory whose path is short enough for a socket."""
    directory = Path(tempfile.mkdtemp(prefix="gridos-tests-", dir="/tmp"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def watched(database: Database, short_dir: Path) -> DatabaseUrls:
    """The database, with doors through the stand in that directory."""
    address = {"host": str(short_dir), "dbname": database.name}
    user, service = (make_conninfo(user=login, **address) for login in ("gridos_user", "gridos_service"))
    return DatabaseUrls(database.migrator, user, service)


async def test_listing_secrets_is_one_statement_after_sign_in(
    watched: DatabaseUrls, postgres: EmbeddedServer, short_dir: Path, tmp_path: Path
) -> None:
    """GET plugin-secrets, its sign-in and the opening of a connection take a statement each, in three round trips."""
    async with counted(postgres.run_dir, short_dir) as wire, client_of(watched, tmp_path) as client:
        cost = await count_secrets(client, wire)
        opening = await count_opening(watched, wire)
    assert cost.sign_in.statements <= 1
    assert cost.whole.statements - cost.sign_in.statements == 1
    assert cost.sign_in.round_trips <= 3
    assert cost.whole.round_trips - cost.sign_in.round_trips <= 3
    assert opening.statements == 1
    assert opening.round_trips <= 3


async def test_secrets_are_read_for_a_call_and_for_no_recalculation(
    watched: DatabaseUrls, postgres: EmbeddedServer, short_dir: Path, tmp_path: Path
) -> None:
    """A call reads its owner's secrets once; a cell that is calculated again with the same answer reads none."""
    async with (
        upstream(seconds=0) as stand_in,
        counted(postgres.run_dir, short_dir) as wire,
        client_of(watched, tmp_path, stand_in.url) as client,
    ):
        assert await count_reads_of_secrets(client, wire) == Reads(call=1, recalculation=0)


@pytest.mark.parametrize("at_once", LIMITS)
async def test_a_thousand_cells_make_as_many_requests_as_distinct_calls(
    database: Database, tmp_path: Path, at_once: int
) -> None:
    """1,000 live cells over 50 distinct calls make exactly 50 requests; an edit that touches none makes none."""
    urls = DatabaseUrls(database.migrator, database.user, database.service)
    async with upstream(seconds=0.01) as stand_in, client_of(urls, tmp_path, stand_in.url) as client:
        made = await count_requests(client, stand_in, at_once)
    assert (made.cells, made.other_edit) == (50, 0)
