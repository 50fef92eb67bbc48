"""A source may look at what it answered before."""

from aiohttp import web

from gridos.formulas import Call
from tests.fetching.stage import Clock, Stage, answering

UNCHANGED = """
def register(kernel):
    @kernel.source("thing", ttl=60)
    async def thing(name):
        before = kernel.earlier()
        known = {"If-None-Match": before["etag"]} if before else {}
        response = await kernel.http.request("GET", f"/{name}", headers=known)
        return before if response.status == 304 else {"etag": response.headers["etag"], "body": response.body.decode()}

    @kernel.formula("PROBE", ttl=60)
    async def probe(name):
        return (await thing(name))["body"]
"""


async def _tagged(request: web.Request) -> web.Response:
    if request.headers.get("If-None-Match") == '"1"':
        return web.Response(status=304)
    return web.Response(text="first", headers={"ETag": '"1"'})


async def test_answer_that_did_not_change_is_kept_on(stage: Stage) -> None:
    """An outdated answer is at the source's hand, and becomes young again when upstream says that it still holds."""
    clock = Clock()
    fetcher = await stage.start(UNCHANGED, clock=clock)
    stage.upstream.handler = _tagged
    ref, call = stage.connect(), Call("PROBE", '["a"]')
    assert (await fetcher.ask(ref, call)).value == "first"
    clock.now += 100
    again = await fetcher.ask(ref, call)
    assert (again.value, again.stale, again.fetched_at) == ("first", False, clock.now)
    assert [request.headers.get("If-None-Match") for request in stage.upstream.requests] == [None, '"1"']


async def test_nothing_earlier_crosses_connections_or_versions(stage: Stage) -> None:
    """What another owner, or a replaced key, was told is no answer of this connection."""
    fetcher = await stage.start(UNCHANGED)
    stage.upstream.handler = _tagged
    first = stage.connect()
    await fetcher.ask(first, Call("PROBE", '["a"]'))
    for ref in (stage.connect(), stage.connect(replaced=first)):
        await fetcher.ask(ref, Call("PROBE", '["a"]'))
    assert [request.headers.get("If-None-Match") for request in stage.upstream.requests] == [None, None, None]


async def test_error_is_nothing_earlier(stage: Stage) -> None:
    """Only a value can be answered again."""
    clock = Clock()
    fetcher = await stage.start(UNCHANGED, clock=clock)
    stage.upstream.handler = answering({}, status=200)  # without an ETag the plugin stops
    ref, call = stage.connect(), Call("PROBE", '["a"]')
    await fetcher.ask(ref, call)
    clock.now += 1000
    stage.upstream.handler = _tagged
    assert (await fetcher.ask(ref, call)).value == "first"
