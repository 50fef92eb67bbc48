"""Several server processes on one database keep to one limit together."""

import asyncio
import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from uuid import UUID

import psycopg
import pytest
from aiohttp import web

from gridos.db import Doors, Listener
from gridos.db.connector_limits import PostgresLimits, hearing_askers, hearing_limits
from gridos.errors import StorageUnavailable
from gridos.fetching import Fetcher, Share
from gridos.fetching.breaker import FAILURES, OPEN_FOR
from gridos.fetching.limiter import JOINING
from gridos.fetching.queueing import RESTED_AFTER
from gridos.grid import CellError
from gridos.plugins import ConnectionRef, OpenConnection
from gridos.secret import Secret
from tests.conftest import Database
from tests.db.connections import connect, new_owner
from tests.fetching.stage import FETCH, HeldClock, Stage, answering, call, until
from tests.fetching.test_fetcher import Gate

ALONE = {"at_once": 10}
"""How much one process may do that is alone."""

# As another server process would, and then it hangs.
ANOTHER = """
import asyncio, sys
from uuid import UUID
from gridos.db import Doors
from gridos.db.connector_limits import PostgresLimits

async def live():
    *urls, connection = sys.argv[1:]
    doors = Doors(*urls)
    await doors.open()
    limits = PostgresLimits(doors)
    await limits.announce(())
    await limits.ask([UUID(connection)])
    print("alive", flush=True)
    await asyncio.sleep(600)

asyncio.run(live())
"""


class Processes:
    """Fetchers that share nothing but an upstream, a database and the time, each with a listening connection."""

    def __init__(self, stage: Stage, doors: Doors, database: Database, owner: UUID) -> None:
        self.stage, self.doors, self.database, self.owner = stage, doors, database, owner
        self.clock = HeldClock()
        self.listeners: dict[Fetcher, Listener] = {}

    async def start(self, limits: PostgresLimits | None = None, connection: Mapping[str, object] = ALONE) -> Fetcher:
        """One more process, which those before have heard of."""
        limits = limits or PostgresLimits(self.doors)
        fetcher = await self.stage.start(FETCH, clock=self.clock, limits=limits, connection=connection)
        listener = Listener(self.database.service)
        listener.subscribe("limits", hearing_limits(fetcher.heard_limits))
        listener.subscribe("askers", hearing_askers(fetcher.heard_asker))
        listener.on_resync(lambda: fetcher.heard_limits(()))
        await listener.open()
        self.listeners[fetcher] = listener
        await fetcher.meet()
        return fetcher

    async def stop(self, fetcher: Fetcher) -> None:
        """End one in order."""
        await self.listeners.pop(fetcher).close()
        await fetcher.aclose()

    async def connect(self) -> ConnectionRef:
        """Store a secret, or another one."""
        ref = await connect(self.doors, self.owner)
        self.stage.connections[ref.id] = OpenConnection(ref, {"TOKEN": Secret(f"key {ref.version}")})
        return ref

    async def close(self) -> None:
        """Stop listening; the stage stops the rest."""
        for listener in self.listeners.values():
            await listener.close()


@pytest.fixture
async def processes(stage: Stage, doors: Doors, database: Database) -> AsyncIterator[Processes]:
    """No process yet."""
    processes = Processes(stage, doors, database, await new_owner(doors))
    yield processes
    await processes.close()


def share_of(fetcher: Fetcher) -> Share:
    """What a process takes to be its own."""
    return fetcher._gateway.limiter._share  # pyright: ignore[reportPrivateUsage] -- nothing else tells


def part_of(fetcher: Fetcher, ref: ConnectionRef) -> Share | None:
    """What a process takes to be its own of a connection, once it has counted who asks for it."""
    queue = fetcher._gateway.limiter._queues.get(ref.id)  # pyright: ignore[reportPrivateUsage] -- as above
    return queue.share if queue and queue.is_counted else None


def is_paused(fetcher: Fetcher, ref: ConnectionRef) -> bool:
    """Whether a process holds a connection's queue."""
    return fetcher._gateway.limiter.pause_of(ref.id) is not None  # pyright: ignore[reportPrivateUsage] -- as above


def ask_all(fetchers: list[Fetcher], ref: ConnectionRef, path: str = "") -> list[asyncio.Task[object]]:
    """Let each process make 30 calls of its own."""
    return [
        asyncio.create_task(fetcher.ask(ref, call(f"{path}/{number}/{of}")))
        for number, fetcher in enumerate(fetchers)
        for of in range(30)
    ]


async def is_known(*fetchers: Fetcher) -> None:
    """Wait until every process has its share of all of them."""
    await until(lambda: {share_of(one) for one in fetchers} == {Share(n, len(fetchers)) for n in range(len(fetchers))})


async def are_counted(ref: ConnectionRef, *fetchers: Fetcher) -> None:
    """Wait until each of these processes has its share of all of them who ask for a connection."""
    everybody = {Share(n, len(fetchers)) for n in range(len(fetchers))}
    await until(lambda: {part_of(one, ref) for one in fetchers} == everybody)


async def has_run(processes: Processes, number: int) -> None:
    """Wait until so many requests are under way, while time passes."""

    def as_many() -> bool:
        processes.clock.advance(JOINING)
        return processes.stage.upstream.running == number

    await until(as_many)


@pytest.mark.parametrize("number", [2, 3])
async def test_together_as_many_at_once_as_one(processes: Processes, number: int) -> None:
    """However many processes there are, upstream never sees more requests of a connection at once than are allowed."""
    gate = processes.stage.upstream.handler = Gate()
    fetchers, ref = [await processes.start() for _ in range(number)], await processes.connect()
    await is_known(*fetchers)
    asked = ask_all(fetchers, ref)
    await are_counted(ref, *fetchers)
    await has_run(processes, 10)
    gate.opened.set()
    await asyncio.gather(*asked)
    assert processes.stage.upstream.peak == 10
    assert len(processes.stage.upstream.requests) == 30 * number


async def test_together_as_fast_as_one(processes: Processes) -> None:
    """The pace of a connection, and its burst, are those of all processes together."""
    paced = {"at_once": 100, "pace": {"per_second": 10, "burst": 20}}
    fetchers = [await processes.start(connection=paced) for _ in range(2)]
    ref = await processes.connect()
    await is_known(*fetchers)
    asked = ask_all(fetchers, ref)
    await are_counted(ref, *fetchers)
    for seen in (20, 30, 40):
        await until(lambda: len(processes.stage.upstream.requests) == seen)  # noqa: B023 -- awaited here
        await until(lambda: processes.stage.upstream.running == 0)
        processes.clock.advance(1)
    for task in asked:
        task.cancel()


async def test_who_alone_asks_has_the_whole(processes: Processes) -> None:
    """Of several processes that live, the only one that asks for a connection has all of its limit."""
    gate = processes.stage.upstream.handler = Gate()
    fetchers, ref = [await processes.start() for _ in range(3)], await processes.connect()
    await is_known(*fetchers)
    asked = ask_all(fetchers[1:2], ref)
    await has_run(processes, 10)
    gate.opened.set()
    await asyncio.gather(*asked)
    assert processes.stage.upstream.peak == 10


async def test_who_alone_asks_has_the_burst(processes: Processes) -> None:
    """A burst is not halved by a process that does not ask."""
    paced = {"at_once": 100, "pace": {"per_second": 0.001, "burst": 20}}
    one, other = [await processes.start(connection=paced) for _ in range(2)]
    ref = await processes.connect()
    await is_known(one, other)
    processes.stage.upstream.handler = Gate()
    asked = ask_all([one], ref)
    await has_run(processes, 20)
    for task in asked:
        task.cancel()


async def test_a_second_that_begins_to_ask(processes: Processes) -> None:
    """Who has the whole limit gives the second that asks its part as soon as it hears of it."""
    one, other, ref = await processes.start(), await processes.start(), await processes.connect()
    await is_known(one, other)
    gate = processes.stage.upstream.handler = Gate()
    asked = ask_all([one], ref)
    await has_run(processes, 10)
    gate.opened.set()
    await asyncio.gather(*asked)
    await other.ask(ref, call("/first"))
    await are_counted(ref, one, other)
    gate = processes.stage.upstream.handler = Gate()
    processes.stage.upstream.peak = 0
    asked = ask_all([one, other], ref, "/later")
    await has_run(processes, 10)
    gate.opened.set()
    await asyncio.gather(*asked)
    assert processes.stage.upstream.peak == 10


async def test_who_asks_no_more(processes: Processes) -> None:
    """Who did not ask for a while leaves the whole limit to who does, and has its part again when it asks again."""
    one, other, ref = await processes.start(), await processes.start(), await processes.connect()
    await is_known(one, other)
    for fetcher in one, other:
        await fetcher.ask(ref, call(f"/{fetcher is one}"))
    await are_counted(ref, one, other)
    processes.clock.advance(RESTED_AFTER)
    await one.ask(ref, call("/still"))
    await other.announce()
    await until(lambda: part_of(one, ref) == Share())
    await other.ask(ref, call("/again"))
    await are_counted(ref, one, other)


class Counting(PostgresLimits):
    """Counts how often it is asked for shares."""

    asked = 0

    async def ask(self, connections: Collection[UUID]) -> Mapping[UUID, Share]:
        """Count."""
        self.asked += 1
        return await super().ask(connections)


async def test_no_statement_for_a_call(processes: Processes) -> None:
    """A process that is alone asks for no share, and one that is not asks once for all its calls."""
    limits = Counting(processes.doors)
    one, ref = await processes.start(limits), await processes.connect()
    await asyncio.gather(*ask_all([one], ref))
    assert limits.asked == 0
    other = await processes.start()
    await is_known(one, other)
    await until(lambda: part_of(one, ref) == Share())
    assert limits.asked == 1
    for number in range(10):
        await one.ask(ref, call(f"/later/{number}"))
    assert limits.asked == 1


async def test_a_limit_that_one_meets_parks_the_other(processes: Processes) -> None:
    """After upstream told one process to wait, the other sends nothing before that time either."""
    one, other, ref = await processes.start(), await processes.start(), await processes.connect()
    processes.stage.upstream.handler = answering({}, 429, {"Retry-After": "3600"})
    await one.ask(ref, call())
    await until(lambda: is_paused(other, ref))
    answer = (await other.ask(ref, call("/other"))).value
    assert isinstance(answer, CellError)
    assert (answer.code, answer.retry_at) == ("#PROBE_429!", processes.clock.now + 3600)
    assert len(processes.stage.upstream.requests) == 1


async def test_a_short_limit_only_holds_the_queue(processes: Processes) -> None:
    """A call of the other process waits for the end of a short pause, and is sent then."""
    one, other, ref = await processes.start(), await processes.start(), await processes.connect()

    async def limited_once(request: web.Request) -> web.StreamResponse:
        is_first = len(processes.stage.upstream.requests) == 1
        handler = answering({}, 429, {"Retry-After": "20"}) if is_first else answering({"value": 42})
        return await handler(request)

    processes.stage.upstream.handler = limited_once
    asked = [asyncio.create_task(one.ask(ref, call()))]
    await until(lambda: is_paused(other, ref))
    asked.append(asyncio.create_task(other.ask(ref, call("/other"))))
    await until(lambda: other.in_flight(ref.id))
    processes.clock.advance(19)
    assert len(processes.stage.upstream.requests) == 1
    processes.clock.advance(1)
    assert [answer.value for answer in await asyncio.gather(*asked)] == [42, 42]


async def test_a_process_that_starts_later_knows_of_a_limit(processes: Processes) -> None:
    """What one process was told holds in one that was not there."""
    one, ref = await processes.start(), await processes.connect()
    processes.stage.upstream.handler = answering({}, 429, {"Retry-After": "3600"})
    await one.ask(ref, call())
    await processes.stop(one)
    later = await processes.start()
    assert is_paused(later, ref)
    processes.clock.advance(3600)
    assert not is_paused(await processes.start(), ref)


async def test_another_key_is_not_held_back(processes: Processes) -> None:
    """What an earlier key has met holds no process back, not even if it is told after the key was replaced."""
    one, old = await processes.start(), await processes.connect()
    processes.stage.upstream.handler = answering({}, 429, {"Retry-After": "3600"})
    await one.ask(old, call())
    await processes.connect()
    assert not is_paused(await processes.start(), old)
    one.forget(old.id)
    processes.stage.connections[old.id] = OpenConnection(old, {"TOKEN": Secret("the old key")})
    await one.ask(old, call("/late"))
    await processes.stop(one)
    assert not is_paused(await processes.start(), old)


@pytest.mark.usefixtures("once")
async def test_a_circuit_that_one_opens_is_open_in_the_other(processes: Processes) -> None:
    """After one process found upstream down, the other does not ask before the same time either."""
    one, other, ref = await processes.start(), await processes.start(), await processes.connect()
    processes.stage.upstream.handler = answering({}, 500)
    for number in range(FAILURES):
        await one.ask(ref, call(f"/{number}"))
    breaker = other._gateway.breakers.find(ref.id, "probe", "api.probe.test")  # pyright: ignore[reportPrivateUsage] -- as above
    await until(lambda: not breaker.is_whole)
    answer = (await other.ask(ref, call("/other"))).value
    assert isinstance(answer, CellError)
    assert (answer.code, answer.retry_at) == ("#PROBE_OFFLINE!", processes.clock.now + OPEN_FOR)
    assert len(processes.stage.upstream.requests) == FAILURES


async def test_a_process_that_leaves(processes: Processes) -> None:
    """Who stops gives its share to the others at once."""
    one, other = await processes.start(), await processes.start()
    await is_known(one, other)
    await processes.stop(one)
    await until(lambda: share_of(other) == Share())


async def test_a_process_that_is_killed(processes: Processes, database: Database) -> None:
    """Who is killed counts for as long as its lease, and its share is the others' when they look after that."""
    one, idle, ref = await processes.start(), await processes.start(), await processes.connect()
    await is_known(one, idle)
    await one.ask(ref, call())
    another = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ANOTHER, database.user, database.service, str(ref.id), stdout=asyncio.subprocess.PIPE
    )
    assert another.stdout
    assert await another.stdout.readline() == b"alive\n"
    await until(lambda: (part := part_of(one, ref)) and part.of == 2)
    another.kill()
    await another.wait()
    await one.announce()
    assert share_of(one).of == 3
    async with await psycopg.AsyncConnection.connect(database.migrator, autocommit=True) as connection:
        await connection.execute("update public.server_processes set alive_until = alive_until - interval '30 seconds'")
    await idle.announce()
    await one.announce()
    assert share_of(one).of == 2
    assert part_of(one, ref) == Share()


class Away(PostgresLimits):
    """A database that stops to answer."""

    is_away = False

    async def announce(self, asked: Collection[UUID]) -> Share:
        """Fail."""
        self._fail()
        return await super().announce(asked)

    async def read(self, connections: Collection[UUID] | None, now: float) -> Sequence[tuple[UUID, str]]:
        """Fail."""
        self._fail()
        return await super().read(connections, now)

    def _fail(self) -> None:
        if self.is_away:
            raise StorageUnavailable


async def test_a_database_that_is_away(processes: Processes, caplog: pytest.LogCaptureFixture) -> None:
    """Without the database a process keeps the share that it had, and says so once."""
    away = Away(processes.doors)
    one, other = await processes.start(away), await processes.start()
    await is_known(one, other)
    away.is_away = True
    await processes.stop(other)
    await one.announce()
    assert share_of(one).of == 2
    assert [record.message for record in caplog.records] == [
        "limits are not shared with other processes now: StorageUnavailable"
    ]
