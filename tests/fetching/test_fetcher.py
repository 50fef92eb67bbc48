"""What is asked once, what is kept, and what is never shown to somebody else."""

import asyncio
import time
from collections import Counter

import pytest
from aiohttp import web

from gridos.fetching import ConnectionMoved
from gridos.grid import CellError
from tests.fetching.stage import Clock, HeldClock, Stage, answering, call, until


class Gate:
    """A handler that answers when it is opened."""

    def __init__(self, **more: object) -> None:
        self.opened = asyncio.Event()
        self._body = {"value": 42, **more}

    async def __call__(self, _: web.Request) -> web.Response:
        """Wait, then answer."""
        await self.opened.wait()
        return web.json_response(self._body)


async def test_an_answer_arrives(stage: Stage) -> None:
    """A call brings upstream's value and the time it came."""
    await stage.start(clock=Clock())
    answer = await stage.ask(stage.connect())
    assert (answer.value, answer.stale, answer.fetched_at) == (42, False, Clock().now)


async def test_one_of_fifty_waiters_leaves(stage: Stage) -> None:
    """Fifty waiters, one of them cancelled, cause one request and get 49 answers."""
    gate = stage.upstream.handler = Gate()
    fetcher = await stage.start()
    ref = stage.connect()
    waiters = [asyncio.create_task(stage.ask(ref)) for _ in range(50)]
    await until(lambda: stage.upstream.requests)
    assert fetcher.in_flight(ref.id) == 1
    waiters[0].cancel()
    gate.opened.set()
    answers = await asyncio.gather(*waiters, return_exceptions=True)
    assert Counter(type(answer).__name__ for answer in answers) == {"Answer": 49, "CancelledError": 1}
    assert len(stage.upstream.requests) == 1
    assert fetcher.in_flight(ref.id) == 0


async def test_work_ends_with_its_last_waiter(stage: Stage) -> None:
    """When nobody waits any more, the request is given up and nothing is kept."""
    stage.upstream.handler = Gate()
    fetcher = await stage.start()
    ref = stage.connect()
    waiter = asyncio.create_task(stage.ask(ref))
    await until(lambda: stage.upstream.requests)
    waiter.cancel()
    await until(lambda: not fetcher.in_flight(ref.id) and not stage.upstream.running)
    assert fetcher.peek(ref, call()) is None


async def test_a_thousand_cells_over_fifty_calls(stage: Stage) -> None:
    """A thousand asks for fifty different calls are exactly fifty requests, and read the secrets once."""
    await stage.start(connection={"at_once": 50})
    ref = stage.connect()
    answers = await asyncio.gather(*(stage.ask(ref, f"/value/{cell % 50}") for cell in range(1000)))
    assert [answer.value for answer in answers] == [42] * 1000
    assert len(stage.upstream.requests) == 50
    assert stage.opened == 1


async def test_concurrency_of_a_connection(stage: Stage) -> None:
    """At most `at_once` requests of one connection are under way, and that many are."""
    gate = stage.upstream.handler = Gate()
    await stage.start(connection={"at_once": 3})
    ref = stage.connect()
    waiters = [asyncio.create_task(stage.ask(ref, f"/value/{number}")) for number in range(12)]
    await until(lambda: stage.upstream.running == 3)
    gate.opened.set()
    await asyncio.gather(*waiters)
    assert stage.upstream.peak == 3
    assert len(stage.upstream.requests) == 12


async def test_a_full_queue_holds_up_nobody_else(stage: Stage) -> None:
    """While one owner's requests hang, another owner's are answered."""
    gate = Gate()

    async def handler(request: web.Request) -> web.Response:
        return await gate(request) if "slow" in request.path else web.json_response({"value": 1})

    stage.upstream.handler = handler
    await stage.start(connection={"at_once": 1})
    slow, quick = stage.connect(), stage.connect()
    waiting = [asyncio.create_task(stage.ask(slow, f"/slow/{number}")) for number in range(3)]
    await until(lambda: stage.upstream.running)
    assert await stage.value(quick) == 1
    gate.opened.set()
    await asyncio.gather(*waiting)


async def test_equal_requests_of_different_calls_are_merged(stage: Stage) -> None:
    """Two functions that need the same thing at the same time send one request for it."""
    gate = stage.upstream.handler = Gate()
    await stage.start()
    ref = stage.connect()
    both = [asyncio.create_task(stage.ask(ref, "/value")), asyncio.create_task(stage.ask(ref, "/value", 1))]
    await until(lambda: stage.upstream.requests and stage.fetcher.in_flight(ref.id) == 2)
    gate.opened.set()
    assert [answer.value for answer in await asyncio.gather(*both)] == [42, 42]
    assert len(stage.upstream.requests) == 1


async def test_two_owners_get_their_own(stage: Stage) -> None:
    """The same call of two owners is two requests, each with its own secret and its own answer."""

    async def handler(request: web.Request) -> web.Response:
        return web.json_response(
            {"value": {"Bearer ada's key": 1, "Bearer ben's key": 2}[request.headers["Authorization"]]}
        )

    stage.upstream.handler = handler
    await stage.start()
    ada, ben = stage.connect(TOKEN="ada's key"), stage.connect(TOKEN="ben's key")
    assert await asyncio.gather(stage.value(ada), stage.value(ben)) == [1, 2]
    assert await asyncio.gather(stage.value(ada), stage.value(ben)) == [1, 2]
    assert len(stage.upstream.requests) == 2


async def test_forgetting_a_connection_in_flight(stage: Stage) -> None:
    """Disconnect ends what is under way at once, and its answer is never kept."""
    gate = stage.upstream.handler = Gate()
    fetcher = await stage.start()
    ref = stage.connect()
    waiters = [asyncio.create_task(stage.ask(ref)) for _ in range(3)]
    await until(lambda: stage.upstream.requests)
    fetcher.forget(ref.id)
    outcomes = await asyncio.gather(*waiters, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ConnectionMoved] * 3
    gate.opened.set()
    await until(lambda: not stage.upstream.running)
    assert fetcher.peek(ref, call()) is None


async def test_forgetting_drops_answers(stage: Stage) -> None:
    """After Disconnect an earlier answer is gone, and no other connection's is."""
    fetcher = await stage.start()
    gone, other = stage.connect(), stage.connect()
    await asyncio.gather(stage.ask(gone), stage.ask(other))
    fetcher.forget(gone.id)
    assert fetcher.peek(gone, call()) is None
    assert fetcher.peek(other, call()) is not None


async def test_a_replaced_secret_has_no_old_answers(stage: Stage) -> None:
    """A new version of a connection asks again, with the new secret."""
    await stage.start()
    old = stage.connect()
    await stage.ask(old)
    new = stage.connect(old, TOKEN="another key")
    assert stage.fetcher.peek(new, call()) is None
    await stage.ask(new)
    assert [request.headers["Authorization"] for request in stage.upstream.requests][1:] == ["Bearer another key"]


async def test_a_version_that_moved_before_the_call(stage: Stage) -> None:
    """A call under a version that is no longer current runs nothing and keeps nothing."""
    await stage.start()
    old = stage.connect()
    stage.connect(old)
    with pytest.raises(ConnectionMoved):
        await stage.ask(old)
    assert not stage.upstream.requests
    assert stage.fetcher.peek(old, call()) is None


async def test_answers_are_good_for_five_minutes(stage: Stage) -> None:
    """A young answer is not asked for again; an old one is, and until then it is at hand as stale."""
    clock = Clock()
    await stage.start(clock=clock)
    ref = stage.connect()
    await stage.ask(ref)
    clock.now += 299
    assert not (await stage.ask(ref)).stale
    assert len(stage.upstream.requests) == 1
    clock.now += 2
    old = stage.fetcher.peek(ref, call())
    assert old is not None
    assert (old.value, old.stale) == (42, True)
    await stage.ask(ref)
    assert len(stage.upstream.requests) == 2


async def test_refresh_asks_again(stage: Stage) -> None:
    """A wish for a newer answer passes over a young one, and several at once are one request."""
    gate = Gate()
    await stage.start()
    ref = stage.connect()
    await stage.ask(ref)
    stage.upstream.handler = gate
    waiters = [asyncio.create_task(stage.ask(ref, newer_than=time.time())) for _ in range(5)]
    await until(lambda: len(stage.upstream.requests) == 2)
    gate.opened.set()
    await asyncio.gather(*waiters)
    assert len(stage.upstream.requests) == 2


@pytest.mark.usefixtures("once")
async def test_a_limit_is_respected_by_refresh(stage: Stage) -> None:
    """During a limit nobody asks again, refresh or not; after `retry_at` it is one more request."""
    clock = Clock()
    await stage.start(clock=clock)
    ref = stage.connect()
    stage.upstream.handler = answering({}, 429, {"Retry-After": "7"})
    error = await stage.error(ref)
    assert (error.code, error.retry_at) == ("#PROBE_429!", clock.now + 7)
    stage.upstream.handler = answering({"value": 1})
    assert (await stage.ask(ref, newer_than=clock.now)).value == error
    assert len(stage.upstream.requests) == 1
    clock.now += 7
    assert await stage.value(ref) == 1
    assert len(stage.upstream.requests) == 2


@pytest.mark.usefixtures("once")
async def test_a_limit_pauses_the_queue_of_its_connection(stage: Stage) -> None:
    """After a 429 the connection's other requests wait their time, while another connection's go on."""
    clock = HeldClock()
    await stage.start(clock=clock)
    ref, other = stage.connect(), stage.connect()
    stage.upstream.handler = answering({}, 429, {"Retry-After": "0.2"})
    await stage.error(ref)
    stage.upstream.handler = answering({"value": 1})
    parked = asyncio.create_task(stage.ask(ref, "/else"))
    assert await stage.value(other) == 1
    assert not parked.done()
    clock.advance(1)
    assert (await parked).value == 1


async def test_a_long_limit_refuses_at_once(stage: Stage) -> None:
    """When the pause is longer than a minute, other calls of the connection say so instead of waiting."""
    clock = Clock()
    await stage.start(clock=clock)
    ref = stage.connect()
    stage.upstream.handler = answering({}, 429, {"Retry-After": "120"})
    await stage.error(ref)
    error = await stage.error(ref, "/else")
    assert (error.code, error.retry_at) == ("#PROBE_429!", clock.now + 120)
    assert len(stage.upstream.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_keeps_the_value(stage: Stage, status: int) -> None:
    """Limits and 5xx leave the last good value in the cell, marked stale, with its own time."""
    clock = Clock()
    await stage.start(clock=clock)
    ref = stage.connect()
    first = await stage.ask(ref)
    stage.upstream.handler = answering({}, status)
    clock.now += 301
    later = await stage.ask(ref)
    assert (later.value, later.stale, later.fetched_at) == (42, True, first.fetched_at)
    assert stage.fetcher.counts.errors[f"#PROBE_{status}!"] == 1


@pytest.mark.parametrize(("status", "code"), [(401, "#PROBE_AUTH!"), (403, "#PROBE_FORBIDDEN!"), (404, "#PROBE_404!")])
async def test_a_lasting_failure_replaces_the_value(stage: Stage, status: int, code: str) -> None:
    """A refused connection, or a thing that is gone, is an error even if there was a value."""
    clock = Clock()
    await stage.start(clock=clock)
    ref = stage.connect()
    await stage.ask(ref)
    stage.upstream.handler = answering({}, status)
    clock.now += 301
    assert (await stage.error(ref)).code == code


@pytest.mark.usefixtures("once")
async def test_failures_are_asked_again_ever_later(stage: Stage) -> None:
    """A failing upstream is asked after 15 seconds, then after 30, and the error says when."""
    clock = Clock()
    await stage.start(clock=clock)
    ref = stage.connect()
    stage.upstream.handler = answering({}, 502)
    assert (await stage.error(ref)).retry_at == clock.now + 15
    clock.now += 14
    await stage.error(ref)
    assert len(stage.upstream.requests) == 1
    clock.now += 1
    assert (await stage.error(ref)).retry_at == clock.now + 30
    assert len(stage.upstream.requests) == 2


async def test_counts(stage: Stage) -> None:
    """Requests, outcomes and errors are counted by plugin and by error, never by person."""
    await stage.start()
    ref = stage.connect()
    await stage.ask(ref)
    stage.upstream.handler = answering({}, 404)
    await stage.ask(ref, "/else")
    counts = stage.fetcher.counts
    assert (counts.requests, counts.answers, counts.errors) == ({"probe": 2}, {"probe": 2}, {"#PROBE_404!": 1})


async def test_closing_ends_everything(stage: Stage) -> None:
    """Whoever still waits when the server stops is told, and no task is left."""
    stage.upstream.handler = Gate()
    fetcher = await stage.start()
    waiter = asyncio.create_task(stage.ask(stage.connect()))
    await until(lambda: stage.upstream.requests)
    await fetcher.aclose()
    with pytest.raises(ConnectionMoved):
        await waiter


async def test_an_error_is_no_answer_of_another_version(stage: Stage) -> None:
    """A refused key is not asked for again, and its replacement is asked at once."""
    await stage.start()
    ref = stage.connect()
    stage.upstream.handler = answering({}, 401)
    assert isinstance(await stage.value(ref), CellError)
    await stage.error(ref)
    assert len(stage.upstream.requests) == 1
    stage.upstream.handler = answering({"value": 1})
    assert await stage.value(stage.connect(ref)) == 1
