"""Several server processes on one database: asked once, shown everywhere, and gone with the secret."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import psycopg
import pytest

from gridos.db import Doors, Listener
from gridos.db.connector_answers import PostgresAnswers, hearing
from gridos.errors import StorageUnavailable
from gridos.fetching import ConnectionMoved, Fetcher, Wish
from gridos.formulas import Answer
from gridos.grid import CellError
from gridos.plugins import ConnectionRef, OpenConnection
from gridos.secret import Secret
from tests.conftest import Database
from tests.db.connections import connect, new_owner
from tests.fetching.stage import FETCH, Clock, Stage, answering, call, until
from tests.fetching.test_fetcher import Gate


class Processes:
    """Two fetchers with one upstream and one database, each with a listening connection of its own."""

    def __init__(self, stage: Stage, doors: Doors, database: Database, owner: UUID) -> None:
        self.stage, self.doors, self.database, self.owner = stage, doors, database, owner
        self.clock = Clock()
        self.fetchers: list[Fetcher] = []
        self.listeners: list[Listener] = []

    async def start(self, shared: PostgresAnswers | None = None) -> Fetcher:
        """One more process."""
        shared = shared or PostgresAnswers(self.doors)
        fetcher = await self.stage.start(FETCH, clock=self.clock, shared=shared, connection={"at_once": 50})
        listener = Listener(self.database.service)
        listener.subscribe("answers", hearing(fetcher.heard))
        await listener.open()
        self.fetchers.append(fetcher)
        self.listeners.append(listener)
        return fetcher

    async def connect(self) -> ConnectionRef:
        """Store a secret, or another one."""
        ref = await connect(self.doors, self.owner)
        self.stage.connections[ref.id] = OpenConnection(ref, {"TOKEN": Secret(f"key {ref.version}")})
        return ref

    async def close(self) -> None:
        """Stop listening; the stage stops the rest."""
        for listener in self.listeners:
            await listener.close()

    async def saved(self) -> None:
        """Wait until no lease is held."""
        async with asyncio.timeout(5):
            while await self.doors.as_service(why="look").fetch(  # noqa: ASYNC110 -- the database does not tell
                "select from public.connector_answers where leased_by is not null"
            ):
                await asyncio.sleep(0.01)


@pytest.fixture
async def processes(stage: Stage, doors: Doors, database: Database) -> AsyncIterator[Processes]:
    """No process yet."""
    processes = Processes(stage, doors, database, await new_owner(doors))
    yield processes
    await processes.close()


async def test_two_processes_ask_fifty_times(processes: Processes) -> None:
    """A thousand cells with fifty calls in each of two processes are fifty requests, and everybody has every answer."""
    one, other, ref = await processes.start(), await processes.start(), await processes.connect()
    asked = [fetcher.ask(ref, call(f"/value/{cell % 50}")) for cell in range(1000) for fetcher in (one, other)]
    answers = await asyncio.gather(*asked)
    assert [answer.value for answer in answers] == [42] * 2000
    assert Counter(Counter(request.path for request in processes.stage.upstream.requests).values()) == {1: 50}


async def test_another_process_waits_for_the_answer(processes: Processes) -> None:
    """While one process asks the other waits, and has the answer as soon as that is there."""
    gate = processes.stage.upstream.handler = Gate()
    one, other, ref = await processes.start(), await processes.start(), await processes.connect()
    first = asyncio.create_task(one.ask(ref, call()))
    await until(lambda: processes.stage.upstream.running)
    second = asyncio.create_task(other.ask(ref, call()))
    await until(lambda: other.in_flight(ref.id))
    gate.opened.set()
    assert await asyncio.gather(first, second) == [Answer(42, fetched_at=processes.clock.now)] * 2
    assert len(processes.stage.upstream.requests) == 1


async def test_a_restarted_process_knows_the_answers(processes: Processes) -> None:
    """After a restart a young answer is not asked for again, and an old one is shown until the new one is there."""
    ref = await processes.connect()
    await (await processes.start()).ask(ref, call())
    await processes.saved()
    assert (await (await processes.start()).ask(ref, call())).value == 42
    assert len(processes.stage.upstream.requests) == 1
    processes.clock.now += 3600
    processes.stage.upstream.handler = answering({"value": 43})
    shown: list[Answer] = []
    answer = await (await processes.start()).ask(ref, call(), Wish(meanwhile=shown.append))
    assert answer == Answer(43, fetched_at=processes.clock.now)
    assert shown == [Answer(42, stale=True, fetched_at=processes.clock.now - 3600)]


@pytest.mark.usefixtures("once")
async def test_errors_are_shared(processes: Processes) -> None:
    """A process does not ask what another was just refused, and goes on counting its failures."""
    ref = await processes.connect()
    processes.stage.upstream.handler = answering({}, 503)
    await (await processes.start()).ask(ref, call())
    await processes.saved()
    other = await processes.start()
    error = (await other.ask(ref, call())).value
    assert isinstance(error, CellError)
    assert (error.code, error.retry_at) == ("#PROBE_503!", processes.clock.now + 15)
    assert len(processes.stage.upstream.requests) == 1
    processes.clock.now += 15
    error = (await other.ask(ref, call())).value
    assert isinstance(error, CellError)
    assert error.retry_at == processes.clock.now + 30


async def test_refreshed_at_once_in_two_processes(processes: Processes) -> None:
    """When both processes are wished for answers newer than now, upstream is asked once more."""
    one, other, ref = await processes.start(), await processes.start(), await processes.connect()
    await one.ask(ref, call())
    processes.clock.now += 5
    wish = Wish(newer_than=processes.clock.now)
    answers = await asyncio.gather(one.ask(ref, call(), wish), other.ask(ref, call(), wish))
    assert [answer.fetched_at for answer in answers] == [processes.clock.now] * 2
    assert len(processes.stage.upstream.requests) == 2


async def test_the_one_who_asks_gives_up(processes: Processes) -> None:
    """When nobody waits any more in the process that asks, another one takes over at once."""
    gate = processes.stage.upstream.handler = Gate()
    one, other, ref = await processes.start(), await processes.start(), await processes.connect()
    first = asyncio.create_task(one.ask(ref, call()))
    await until(lambda: processes.stage.upstream.running)
    second = asyncio.create_task(other.ask(ref, call()))
    first.cancel()
    await until(lambda: len(processes.stage.upstream.requests) == 2)
    gate.opened.set()
    assert (await second).value == 42


async def test_a_process_that_dies_is_replaced(processes: Processes) -> None:
    """When the process that asks is gone, another one asks after its lease."""
    gate, ref = Gate(), await processes.connect()
    processes.stage.upstream.handler = gate
    one, other = await processes.start(), await processes.start()
    first = asyncio.create_task(one.ask(ref, call()))
    await until(lambda: processes.stage.upstream.running)
    async with await psycopg.AsyncConnection.connect(processes.database.migrator, autocommit=True) as connection:
        await connection.execute("update public.connector_answers set leased_until = now() - interval '1 second'")
    second = asyncio.create_task(other.ask(ref, call()))
    await until(lambda: len(processes.stage.upstream.requests) == 2)
    gate.opened.set()
    assert [answer.value for answer in await asyncio.gather(first, second)] == [42, 42]


async def test_a_key_replaced_while_its_call_is_in_flight(processes: Processes) -> None:
    """The old key's answer is shown by neither process and kept nowhere, whichever of them asked."""
    gate = processes.stage.upstream.handler = Gate()
    one, other, old = await processes.start(), await processes.start(), await processes.connect()
    asked = [asyncio.create_task(fetcher.ask(old, call())) for fetcher in (one, other)]
    await until(lambda: processes.stage.upstream.running and other.in_flight(old.id))
    new = await processes.connect()
    for fetcher in (one, other):
        fetcher.forget(old.id)
    gate.opened.set()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ConnectionMoved] * 2
    assert await processes.doors.as_service(why="look").fetch("select from public.connector_answers") == []
    processes.stage.upstream.handler = answering({"value": 43})
    assert (await other.ask(new, call())).value == 43


async def test_a_key_replaced_before_anybody_is_told(processes: Processes) -> None:
    """An answer that comes after the key was replaced, but before the notice of it, is not kept for others."""
    gate = processes.stage.upstream.handler = Gate()
    one, old = await processes.start(), await processes.connect()
    asked = asyncio.create_task(one.ask(old, call()))
    await until(lambda: processes.stage.upstream.running)
    await processes.connect()
    gate.opened.set()
    await asked
    await one.aclose()
    assert await processes.doors.as_service(why="look").fetch("select from public.connector_answers") == []


class Away(PostgresAnswers):
    """A database that does not answer, and how often it was tried."""

    tried = 0

    async def claim(self, wanted: object, now: float) -> list[object]:  # type: ignore[override] -- it gives nothing
        """Fail."""
        self.tried += 1
        raise StorageUnavailable


async def test_answers_flow_without_the_database(processes: Processes, caplog: pytest.LogCaptureFixture) -> None:
    """When answers cannot be shared, each process asks for itself, says so once, and is not held up again and again."""
    away = Away(processes.doors)
    fetcher, ref = await processes.start(away), await processes.connect()
    answers = await asyncio.gather(*(fetcher.ask(ref, call(f"/value/{number}")) for number in range(3)))
    answers.append(await fetcher.ask(ref, call("/later")))
    assert [answer.value for answer in answers] == [42] * 4
    assert away.tried == 1
    assert [record.message for record in caplog.records] == [
        "answers are not shared with other processes now: StorageUnavailable"
    ]


async def test_no_connection_is_held_while_upstream_is_asked(processes: Processes, database: Database) -> None:
    """More calls under way than the pool has connections leave every connection free."""
    gate = processes.stage.upstream.handler = Gate()
    doors = Doors(database.user, database.service, size=1, patience=0.5)
    await doors.open()
    fetcher, ref = await processes.start(PostgresAnswers(doors)), await processes.connect()
    asked = [asyncio.create_task(fetcher.ask(ref, call(f"/value/{number}"))) for number in range(20)]
    await until(lambda: processes.stage.upstream.running == 20)
    assert await doors.as_service(why="look").fetch("select count(*) from public.connector_answers") == [(20,)]
    gate.opened.set()
    await asyncio.gather(*asked)
    await fetcher.aclose()
    await doors.close()
