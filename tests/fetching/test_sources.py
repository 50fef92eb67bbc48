"""What functions share: asked once, as old as it is, and its trouble is theirs."""

import asyncio

import pytest
from aiohttp import web

from gridos.fetching import ConnectionMoved, Fetcher, Priority, Urgency, Wish
from gridos.formulas import Answer, Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef
from tests.fetching.stage import FETCH, Clock, Stage, answering, until
from tests.fetching.stage import call as probe
from tests.fetching.test_fetcher import Gate

SHARED = """
from gridos.grid import CellError

def register(kernel):
    @kernel.source("repo", ttl=300)
    async def repo(name):
        kernel.progress(1, 2)
        return await kernel.http.get_json(f"/{name}")

    @kernel.source("odd")
    async def odd():
        return {1, 2}

    @kernel.formula("PROBE_STARS", ttl=60)
    async def stars(name):
        found = await repo(name)
        return found.pop("stars")

    @kernel.formula("PROBE_FORKS", ttl=900)
    async def forks(name):
        return (await repo(name))["forks"]

    @kernel.formula("PROBE_ODD")
    async def even():
        return await odd()
"""

STARS, FORKS = Call("PROBE_STARS", '["x"]'), Call("PROBE_FORKS", '["x"]')


@pytest.fixture
async def clock() -> Clock:
    """A clock that a test moves."""
    return Clock()


@pytest.fixture
async def ref(stage: Stage, clock: Clock) -> ConnectionRef:
    """A connection to an upstream with three stars and two forks."""
    await stage.start(SHARED, clock=clock)
    stage.upstream.handler = answering({"stars": 3, "forks": 2})
    return stage.connect()


async def test_functions_share_a_source(stage: Stage, ref: ConnectionRef) -> None:
    """Two functions of one thing ask upstream once, and what one does to it is not seen by the other."""
    asked = [stage.fetcher.ask(ref, call) for call in (STARS, FORKS)]
    assert [answer.value for answer in await asyncio.gather(*asked)] == [3, 2]
    assert (await stage.fetcher.ask(ref, Call("PROBE_STARS", '["x", 1]'))).value != 3  # one argument too many
    assert len(stage.upstream.requests) == 1


async def test_an_answer_is_as_old_as_its_source(stage: Stage, ref: ConnectionRef, clock: Clock) -> None:
    """An answer made of an older source says when that was fetched, and is good no longer than that is."""
    await stage.fetcher.ask(ref, STARS)
    clock.now += 290
    answer = await stage.fetcher.ask(ref, FORKS)
    assert (answer.value, answer.stale, answer.fetched_at) == (2, False, clock.now - 290)
    clock.now += 10
    assert stage.fetcher.peek(ref, FORKS) == Answer(2, stale=True, fetched_at=clock.now - 300)
    await stage.fetcher.ask(ref, FORKS)
    assert len(stage.upstream.requests) == 2


async def test_refreshed_functions_ask_their_source_again_once(stage: Stage, ref: ConnectionRef, clock: Clock) -> None:
    """A wish for newer answers passes over a young source too, once for all functions of one wish."""
    await asyncio.gather(*(stage.fetcher.ask(ref, call) for call in (STARS, FORKS)))
    clock.now += 5
    wish = Wish(newer_than=clock.now)
    for call in (STARS, FORKS):
        assert (await stage.fetcher.ask(ref, call, wish)).fetched_at == clock.now
    assert len(stage.upstream.requests) == 2


@pytest.mark.usefixtures("once")
async def test_a_sources_trouble_is_that_of_its_functions(stage: Stage, ref: ConnectionRef, clock: Clock) -> None:
    """When a source fails, a function keeps its own earlier value, and one that has none shows the error."""
    await stage.fetcher.ask(ref, STARS)
    stage.upstream.handler = answering({}, 503)
    clock.now += 301
    stars, forks = [await stage.fetcher.ask(ref, call) for call in (STARS, FORKS)]
    assert (stars.value, stars.stale, stars.fetched_at) == (3, True, clock.now - 301)
    assert isinstance(forks.value, CellError)
    assert forks.value.code == "#PROBE_503!"
    assert forks.value.detail.count("Since") == 1
    assert len(stage.upstream.requests) == 2


async def test_a_refused_source_replaces_values(stage: Stage, ref: ConnectionRef, clock: Clock) -> None:
    """A key that upstream rejects hides what it brought before."""
    await stage.fetcher.ask(ref, STARS)
    stage.upstream.handler = answering({}, 401)
    clock.now += 301
    value = (await stage.fetcher.ask(ref, STARS)).value
    assert isinstance(value, CellError)
    assert value.code == "#PROBE_AUTH!"


@pytest.mark.usefixtures("once")
async def test_a_limit_of_a_source_stops_refreshing(stage: Stage, ref: ConnectionRef, clock: Clock) -> None:
    """During a limit of a source no wish asks upstream, whichever function it comes from."""
    stage.upstream.handler = answering({}, 429, {"Retry-After": "30"})
    await stage.fetcher.ask(ref, STARS)
    for call in (STARS, FORKS):
        clock.now += 1
        value = (await stage.fetcher.ask(ref, call, Wish(newer_than=clock.now))).value
        assert isinstance(value, CellError)
        assert value.code == "#PROBE_429!"
    assert len(stage.upstream.requests) == 1


async def test_a_source_gives_json(stage: Stage, ref: ConnectionRef) -> None:
    """What a source returns and is not JSON is the plugin's mistake, not a wrong number."""
    value = (await stage.fetcher.ask(ref, Call("PROBE_ODD", "[]"))).value
    assert isinstance(value, CellError)
    assert value.code == "#PROBE_ERROR!"


async def test_progress_of_a_source_reaches_whoever_waits(stage: Stage, ref: ConnectionRef) -> None:
    """How far a source is reaches everybody who waits for a function of it."""
    heard: list[tuple[str, int, int | None]] = []

    def wish(name: str) -> Wish:
        return Wish(progress=lambda done, of: heard.append((name, done, of)))

    await asyncio.gather(stage.fetcher.ask(ref, STARS, wish("stars")), stage.fetcher.ask(ref, FORKS, wish("forks")))
    assert sorted(heard) == [("forks", 1, 2), ("stars", 1, 2)]


async def test_nobody_waits_for_a_source(stage: Stage, ref: ConnectionRef) -> None:
    """When the last function that needs it is given up, so is the source's request."""
    opened = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await opened.wait()
        return web.json_response({})

    stage.upstream.handler = hang
    waiting = [asyncio.create_task(stage.fetcher.ask(ref, call)) for call in (STARS, FORKS)]
    await until(lambda: stage.upstream.running)
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    assert stage.upstream.running == 1
    waiting[1].cancel()
    await until(lambda: not stage.upstream.running)
    assert stage.fetcher.in_flight(ref.id) == 0


async def test_a_connection_that_moves_between_function_and_source(stage: Stage) -> None:
    """When the secrets are replaced after the function began, nothing is kept and the asker is told."""
    await stage.start(SHARED)
    old = stage.connect()
    stage.after_opening = lambda: stage.connect(old)
    with pytest.raises(ConnectionMoved):
        await stage.fetcher.ask(old, STARS)
    assert not stage.upstream.requests
    assert stage.fetcher.peek(old, STARS) is None


async def test_an_earlier_value_is_shown_meanwhile(stage: Stage, ref: ConnectionRef, clock: Clock) -> None:
    """A value past its time is given at once, marked stale, and the new one follows; after a day only the new one."""
    await stage.fetcher.ask(ref, STARS)
    shown: list[Answer] = []
    for seconds, stale in ((3600, [Answer(3, stale=True, fetched_at=clock.now)]), (24 * 3600, [])):
        shown.clear()
        clock.now += seconds
        answer = await stage.fetcher.ask(ref, STARS, Wish(meanwhile=shown.append))
        assert (answer.value, answer.stale, answer.fetched_at) == (3, False, clock.now)
        assert shown == stale


async def test_a_day_old_value_is_better_than_an_error_that_passes(
    stage: Stage, ref: ConnectionRef, clock: Clock
) -> None:
    """A value that is too old to be shown meanwhile is shown, as stale, if there is no newer one to be had."""
    await stage.fetcher.ask(ref, STARS)
    stage.upstream.handler = answering({}, 503)
    clock.now += 25 * 3600
    shown: list[Answer] = []
    answer = await stage.fetcher.ask(ref, STARS, Wish(urgency=Urgency(Priority.SCHEDULED), meanwhile=shown.append))
    assert (answer.value, answer.stale) == (3, True)
    assert shown == []


def queued(fetcher: Fetcher, ref: ConnectionRef) -> int:
    """How many requests of a connection wait for their turn."""
    queues = fetcher._gateway.limiter._queues  # pyright: ignore[reportPrivateUsage] -- nothing else tells
    return sum(map(len, queues[ref.id]._waiting))  # pyright: ignore[reportPrivateUsage] -- as above


@pytest.mark.parametrize(
    ("source", "waiting", "joining"),
    [
        (SHARED, STARS, STARS),
        (SHARED, STARS, FORKS),
        (FETCH, probe("/x"), probe("/x")),
        (FETCH, probe("/x"), probe("/x", 1)),
    ],
    ids=["the same call", "the same source", "the same call without a source", "the same request"],
)
async def test_a_person_joins_what_nobody_waited_for(stage: Stage, source: str, waiting: Call, joining: Call) -> None:
    """A request that waits its turn goes before others as soon as somebody waits for a call that needs it."""
    gate = stage.upstream.handler = Gate(stars=3, forks=2)
    fetcher, ref = await stage.start(source, connection={"at_once": 1}), stage.connect()
    first, second = ("held", "other") if source == SHARED else ("/held", "/other")

    def ask(call: Call, priority: Priority) -> asyncio.Task[Answer]:
        return asyncio.create_task(fetcher.ask(ref, call, Wish(urgency=Urgency(priority))))

    asked = [ask(Call(waiting.function, f'["{first}"]'), Priority.INTERACTIVE)]
    await until(lambda: stage.upstream.running)
    asked.append(ask(Call(waiting.function, f'["{second}"]'), Priority.SCHEDULED))
    await until(lambda: queued(fetcher, ref) == 1)
    asked.append(ask(waiting, Priority.BACKFILL))
    await until(lambda: queued(fetcher, ref) == 2)
    asked.append(ask(joining, Priority.INTERACTIVE))
    if joining != waiting:
        await until(lambda: joining in {key.call for key in fetcher._running._flights})  # pyright: ignore[reportPrivateUsage] -- as above
    gate.opened.set()
    await asyncio.gather(*asked)
    assert [request.path.rpartition("/")[2] for request in stage.upstream.requests] == ["held", "x", "other"]


async def test_who_was_patient_wishes_for_newer(stage: Stage, clock: Clock) -> None:
    """Whoever sees an earlier value lets others go first, until they wish for a newer one after all."""
    fetcher, ref = await stage.start(clock=clock, connection={"at_once": 1}), stage.connect()
    await fetcher.ask(ref, probe("/x"))
    clock.now += 3600
    gate = stage.upstream.handler = Gate()
    asked = [asyncio.create_task(fetcher.ask(ref, probe("/held")))]
    await until(lambda: stage.upstream.running)
    asked.append(asyncio.create_task(fetcher.ask(ref, probe("/other"), Wish(urgency=Urgency(Priority.SCHEDULED)))))
    await until(lambda: queued(fetcher, ref) == 1)
    wish = Wish()
    asked.append(asyncio.create_task(fetcher.ask(ref, probe("/x"), wish)))
    await until(lambda: queued(fetcher, ref) == 2)
    wish.urgency.rise(Priority.INTERACTIVE)
    gate.opened.set()
    await asyncio.gather(*asked)
    assert [request.path.rpartition("/")[2] for request in stage.upstream.requests] == ["x", "held", "x", "other"]
