"""How often a request is sent, when, and when not at all."""

import asyncio
import json
import logging
from collections.abc import Mapping

import prometheus_client
import pytest
from aiohttp import web

from gridos.errors import BadManifest
from gridos.fetching import Patience
from gridos.grid import CellError
from gridos.plugins import ConnectionRef
from gridos.plugins.manifest import parse_manifest
from tests.fetching.raw_server import raw_server
from tests.fetching.stage import Clock, HeldClock, Stage, answering, until

POST = """
def register(kernel):
    @kernel.formula("PROBE")
    async def probe(safe=False, cost=1, number=0):
        answer = await kernel.http.post_json("/graphql", {"query": "{ shop }"}, safe=safe, cost=cost)
        return answer["value"]
"""

PAGES = """
def register(kernel):
    @kernel.formula("PROBE")
    async def probe():
        total, page = 0, 1
        while page:
            answer = await kernel.http.get_json("/orders", {"page": page})
            total, page = total + answer["amount"], answer["next"]
        return total
"""

BUDGET = """
def register(kernel):
    @kernel.formula("PROBE")
    async def probe(cost):
        answer = await kernel.http.post_json("/graphql", {}, cost=cost)
        kernel.http.learn(available=answer["left"], per_second=50, capacity=2000)
        return answer["left"]
"""


class Script:
    """Answers with one status after the other, then with a value."""

    def __init__(self, *statuses: int, headers: Mapping[str, str] | None = None) -> None:
        self.statuses = list(statuses)
        self.headers = headers
        self.asked = 0

    async def __call__(self, request: web.Request) -> web.Response:
        """The next status."""
        self.asked += 1
        if self.statuses:
            return web.json_response({}, status=self.statuses.pop(0), headers=self.headers)
        return web.json_response({"value": 42})


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_read_is_sent_again(stage: Stage, status: int) -> None:
    """A failure that passes is not seen in the cell."""
    script = stage.upstream.handler = Script(status, status)
    await stage.start()
    assert await stage.value(stage.connect()) == 42
    assert script.asked == 3


@pytest.mark.parametrize(("status", "asked"), [(503, 4), (500, 1), (501, 1), (404, 1), (401, 1), (403, 1)])
async def test_not_for_ever(stage: Stage, status: int, asked: int) -> None:
    """Four tries are all, and what does not pass by itself is not tried again."""
    script = stage.upstream.handler = Script(*[status] * 9)
    await stage.start()
    assert isinstance(await stage.value(stage.connect()), CellError)
    assert script.asked == asked


@pytest.mark.parametrize(("safe", "asked"), [(True, 2), (False, 1)])
async def test_only_what_changes_nothing_is_sent_again(stage: Stage, safe: bool, asked: int) -> None:  # noqa: FBT001 -- a case
    """A POST is sent again only when its plugin says that it is safe."""
    script = stage.upstream.handler = Script(503)
    await stage.start(POST)
    value = await stage.value(stage.connect(), safe)
    assert script.asked == asked
    assert (value == 42) == safe


async def test_a_connection_that_breaks_is_made_again(stage: Stage) -> None:
    """Nothing came back: a read is sent again, on a new connection."""
    tries = 0

    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"value": 42}')
            await writer.drain()

    async with raw_server(handle) as address:
        await stage.start(stand_in=address)
        assert await stage.value(stage.connect()) == 42
    assert tries == 3


@pytest.mark.parametrize(("seconds", "asked", "waited"), [("5", 2, 5), ("30", 2, 30), ("31", 1, 0)])
async def test_a_short_limit_is_sat_out(stage: Stage, seconds: str, asked: int, waited: float) -> None:
    """A limit of at most 30 seconds is waited for; a longer one is shown."""
    clock = Clock()
    began = clock.now
    script = stage.upstream.handler = Script(429, headers={"Retry-After": seconds})
    await stage.start(clock=clock)
    value = await stage.value(stage.connect())
    assert (script.asked, clock.now - began) == (asked, waited)
    assert value == 42 if asked == 2 else value.code == "#PROBE_429!"


async def test_limits_after_limits(stage: Stage) -> None:
    """A request waits 30 seconds in all, however many limits there are."""
    script = stage.upstream.handler = Script(429, 429, 429, 429, headers={"Retry-After": "14"})
    await stage.start(clock=Clock())
    assert (await stage.error(stage.connect())).code == "#PROBE_429!"
    assert script.asked == 3


async def test_slow_tries(stage: Stage) -> None:
    """What has taken its 30 seconds is not tried again."""
    clock = Clock()
    asked = 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        clock.now += 16
        return web.json_response({}, status=504)

    stage.upstream.handler = handler
    await stage.start(clock=clock)
    await stage.error(stage.connect())
    assert asked == 2


async def test_a_call_that_is_given_up_sends_nothing_more(stage: Stage) -> None:
    """When nobody waits any more, a request that fails is not sent again."""
    hang = asyncio.Event()

    async def handler(_: web.Request) -> web.Response:
        await hang.wait()
        return web.json_response({}, status=503)

    stage.upstream.handler = handler
    fetcher = await stage.start()
    ref = stage.connect()
    asking = asyncio.create_task(stage.ask(ref))
    await until(lambda: stage.upstream.running)
    asking.cancel()
    await until(lambda: not fetcher.in_flight(ref.id))
    hang.set()
    await until(lambda: not stage.upstream.running)
    assert await stage.value(stage.connect()) is not None
    assert len([one for one in stage.upstream.requests if one.path == "/base/value"]) == 1 + 4


async def test_a_mint_is_sent_once(stage: Stage) -> None:
    """Whether a token was minted nobody knows when the answer is lost, so the request for one is not repeated."""
    script = stage.upstream.handler = Script(503)
    way = {"header": "X-Access", "mint": "/oauth/token", "client_id": "{ID}", "client_secret": "{SECRET}"}
    secrets = [{"key": "ID", "sensitive": False}, {"key": "SECRET"}]
    await stage.start(secrets=secrets, connection={"auth": [way]})
    assert (await stage.error(stage.connect(ID="me", SECRET="my secret"))).code == "#PROBE_503!"
    assert script.asked == 1


async def test_what_the_library_would_tell(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Trying again is neither logged nor counted by the library that does it."""
    caplog.set_level(logging.DEBUG)
    stage.upstream.handler = Script(503)
    await stage.start()
    await stage.ask(stage.connect(), "/value?query=canary")
    assert not [record for record in caplog.records if record.name.startswith(("stamina", "tenacity"))]
    assert b"stamina" not in prometheus_client.generate_latest()


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "2"}])
async def test_a_limit_in_the_middle_of_a_pagination(stage: Stage, headers: dict[str, str]) -> None:
    """The page is asked for again, so the sum holds every page once."""
    limited = {3, 4}

    async def handler(request: web.Request) -> web.Response:
        page = int(request.query["page"])
        if page in limited:
            limited.remove(page)
            return web.json_response({}, status=429, headers=headers)
        return web.json_response({"amount": 10**page, "next": page + 1 if page < 5 else None})

    stage.upstream.handler = handler
    await stage.start(PAGES, clock=Clock())
    assert await stage.value(stage.connect()) == 111_110
    assert len(stage.upstream.requests) == 7


@pytest.mark.parametrize(("status", "code"), [(429, "#PROBE_429!"), (503, "#PROBE_503!"), (401, "#PROBE_AUTH!")])
async def test_a_pagination_that_cannot_end(stage: Stage, status: int, code: str) -> None:
    """Without its last pages a sum is an error and never a smaller number."""

    async def handler(request: web.Request) -> web.Response:
        page = int(request.query["page"])
        return web.json_response({"amount": page, "next": page + 1}, status=200 if page < 3 else status)

    stage.upstream.handler = handler
    await stage.start(PAGES, clock=Clock())
    assert (await stage.error(stage.connect())).code == code


async def fail(stage: Stage, ref: ConnectionRef, times: int = 5, status: int = 500) -> None:
    """Let so many requests of a connection fail."""
    before, stage.upstream.handler = stage.upstream.handler, answering({}, status)
    for number in range(times):
        await stage.ask(ref, f"/failing/{status}/{number}")
    stage.upstream.handler = before


async def test_an_open_circuit(stage: Stage) -> None:
    """After five failures in a row nothing is sent for 30 seconds, not even for a refresh, and the cell says why."""
    clock = Clock()
    await stage.start(clock=clock)
    ref = stage.connect()
    await fail(stage, ref)
    for newer_than in (0.0, clock.now):
        error = (await stage.ask(ref, newer_than=newer_than)).value
        assert isinstance(error, CellError)
        assert error.code == "#PROBE_OFFLINE!"
        assert error.detail == "5 requests in a row have failed, the first at 08:00 UTC."
        assert error.retry_at
    assert len(stage.upstream.requests) == 5
    assert await stage.value(stage.connect()) == 42
    clock.now += 31
    assert (await stage.ask(ref, newer_than=clock.now)).value == 42


@pytest.mark.parametrize("status", [400, 403, 404, 429])
async def test_a_refusal_is_no_failure(stage: Stage, status: int) -> None:
    """Whoever refuses is there: refusals open no circuit."""
    clock = Clock()
    await stage.start(clock=clock)
    ref = stage.connect()
    await fail(stage, ref, 6, status)
    clock.now += 3600
    assert await stage.value(ref) == 42


async def test_one_probe_of_many(stage: Stage) -> None:
    """When its time is over one request tries upstream, once; the others wait for what it finds."""
    clock = Clock()
    await stage.start(clock=clock)
    ref = stage.connect()
    await fail(stage, ref)
    clock.now += 31
    script = stage.upstream.handler = Script(*[503] * 9)
    answers = await asyncio.gather(*(stage.ask(ref, f"/{number}") for number in range(10)))
    assert script.asked == 1
    assert {getattr(answer.value, "code", None) for answer in answers} == {"#PROBE_503!", "#PROBE_OFFLINE!"}


async def test_one_owners_shop_stops_no_other(stage: Stage) -> None:
    """Shops that fail, each at a host of its own, leave those at other hosts alone."""
    shop = {"key": "SHOP", "sensitive": False, "pattern": r"[a-z0-9-]+\.probe\.test"}
    await stage.start(clock=Clock(), secrets=[{"key": "TOKEN"}, shop], connection={"base_url": "https://{SHOP}"})
    for number in range(4):
        await fail(stage, stage.connect(TOKEN="invented", SHOP=f"bad-{number}.probe.test"))
    assert await stage.value(stage.connect(TOKEN="invented", SHOP="good.probe.test")) == 42
    for _ in range(3):
        await fail(stage, stage.connect(TOKEN="invented", SHOP="good.probe.test"))
    error = await stage.error(stage.connect(TOKEN="invented", SHOP="good.probe.test"))
    assert error.code == "#PROBE_OFFLINE!"


async def test_a_queue_learns_that_upstream_has_gone(stage: Stage) -> None:
    """Requests that waited for their turn while the circuit opened are not sent."""
    stage.upstream.handler = answering({}, 500)
    await stage.start(connection={"at_once": 1})
    ref = stage.connect()
    answers = await asyncio.gather(*(stage.ask(ref, f"/{number}") for number in range(20)))
    assert len(stage.upstream.requests) == 5
    codes = [answer.value.code for answer in answers if isinstance(answer.value, CellError)]
    assert (codes.count("#PROBE_500!"), codes.count("#PROBE_OFFLINE!")) == (5, 15)


async def test_a_manifests_pace(stage: Stage) -> None:
    """Requests beyond the burst follow each other as the manifest says, each connection's for itself."""
    clock = HeldClock()
    await stage.start(clock=clock, connection={"pace": {"per_second": 2, "burst": 3}})
    ref = stage.connect()
    asking = [asyncio.create_task(stage.ask(ref, f"/{number}")) for number in range(6)]
    await until(lambda: len(stage.upstream.requests) == 3)
    assert await stage.value(stage.connect()) == 42
    clock.advance(0.5)
    await until(lambda: len(stage.upstream.requests) == 5)
    clock.advance(1)
    await asyncio.gather(*asking)


async def test_costs_and_what_upstream_tells(stage: Stage) -> None:
    """A request that costs more than is left waits (requested - available) / per second before it is sent."""
    clock = Clock()
    began = clock.now
    stage.upstream.handler = answering({"left": 52})
    await stage.start(BUDGET, clock=clock, connection={"pace": {"per_second": 100, "burst": 1000}})
    ref = stage.connect()
    assert await stage.value(ref, 700) == 52
    assert clock.now == began
    await stage.value(ref, 752)
    assert clock.now == began + 14


@pytest.mark.parametrize("cost", [-1, "x"])
async def test_a_cost_that_is_none(stage: Stage, cost: object) -> None:
    """A plugin that reckons wrongly gets an error, and nobody's budget grows by it."""
    await stage.start(POST)
    assert (await stage.error(stage.connect(), None, cost)).code == "#PROBE_ERROR!"
    assert not stage.upstream.requests


def github(remaining: int, reset: str, **more: str) -> dict[str, str]:
    """GitHub's headers."""
    return {"X-RateLimit-Remaining": str(remaining), "X-RateLimit-Reset": reset, **more}


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        (github(0, f"{Clock().now + 20:.0f}"), 20),
        (github(0, "20"), 20),
        (github(1, f"{Clock().now + 20:.0f}"), 0),
        (github(0, f"{Clock().now - 20:.0f}"), 0),
        (github(0, "soon"), 0),
        (github(0, f"{Clock().now + 20:.0f}", **{"X-RateLimit-Resource": "search"}), 0),
        (github(0, f"{Clock().now + 20:.0f}", **{"X-RateLimit-Resource": "core"}), 20),
    ],
)
async def test_the_last_request_of_an_hour(stage: Stage, headers: dict[str, str], waited: float) -> None:
    """When upstream says that none remain, the connection pauses until the reset, before it is refused."""
    clock = Clock()
    began = clock.now
    stage.upstream.handler = answering({"value": 42}, headers=headers)
    await stage.start(clock=clock)
    ref = stage.connect()
    assert await stage.value(ref, "/1") == 42
    assert await stage.value(ref, "/2") == 42
    assert clock.now == began + waited


@pytest.mark.usefixtures("once")
async def test_fewer_at_once_after_a_limit(stage: Stage) -> None:
    """An upstream that finds them too many at once gets half as many for a while."""
    await stage.start(clock=Clock(), connection={"at_once": 6})
    ref = stage.connect()
    stage.upstream.handler = answering({}, 429, {"Retry-After": "1"})
    await stage.ask(ref)

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(0.02)
        return web.json_response({"value": 1})

    stage.upstream.handler, stage.upstream.peak = slow, 0
    await asyncio.gather(*(stage.ask(ref, f"/{number}") for number in range(12)))
    assert stage.upstream.peak == 3


async def test_waiting_for_a_limit_is_not_the_calls_own_time(stage: Stage) -> None:
    """A call that waits for a limit's end longer than it may take itself is still answered."""
    stage.upstream.handler = Script(429, headers={"Retry-After": "1"})
    clock = HeldClock()
    await stage.start(clock=clock, patience=Patience(call=0.2))
    asking = asyncio.create_task(stage.value(stage.connect()))
    await until(lambda: len(stage.upstream.requests) == 1 and not stage.upstream.running)
    await asyncio.sleep(0.3)
    clock.advance(1)
    assert await asking == 42


def test_a_pace_is_checked() -> None:
    """A manifest's pace cannot be nothing."""
    for pace in ({"per_second": 0, "burst": 1}, {"per_second": 1}, {"per_second": 1, "burst": 0}, 5):
        connection = {"base_url": "https://api.probe.test", "pace": pace}
        with pytest.raises(BadManifest, match="pace"):
            parse_manifest("probe", json.dumps({"connection": connection}).encode())
