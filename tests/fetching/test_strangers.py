"""Those who ask without a secret are one to upstream, so they share its answers and limits; nobody else does."""

import asyncio
import time

import pytest
from aiohttp import web

from gridos.fetching import Fetcher
from gridos.formulas import Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef
from tests.fetching.stage import KEY, Stage

PLUGIN = """
def register(kernel):
    @kernel.source("thing", ttl=60)
    async def thing(name):
        return (await kernel.http.get_json(f"/{name}"))["asked_by"] + kernel.get_secret("probe", "SHOP")

    @kernel.formula("PROBE", ttl=60)
    async def probe(name):
        return await thing(name)
"""
WAYS = [{"header": "X-Key", "value": "key {TOKEN}"}, {}]


async def _who(request: web.Request) -> web.Response:
    """Who asks, in upstream's eyes."""
    return web.json_response({"asked_by": "somebody" if "X-Key" in request.headers else "a stranger"})


@pytest.fixture
async def fetcher(stage: Stage) -> Fetcher:
    """A plugin whose key is optional."""
    fetcher = await stage.start(PLUGIN, connection={"auth": WAYS})
    stage.upstream.handler = _who
    return fetcher


def _bare(stage: Stage) -> ConnectionRef:
    """A connection with nothing in it."""
    return stage.connect(TOKEN="")


async def _ask(fetcher: Fetcher, ref: ConnectionRef) -> object:
    return (await fetcher.ask(ref, Call("PROBE", '["a"]'))).value


async def test_strangers_share_an_answer(stage: Stage, fetcher: Fetcher) -> None:
    """Two owners without a key cost one request, at the same time or one after the other."""
    values = await asyncio.gather(*(_ask(fetcher, _bare(stage)) for _ in range(2)))
    assert [*values, await _ask(fetcher, _bare(stage))] == ["a stranger"] * 3
    assert len(stage.upstream.requests) == 1


async def test_stranger_and_owner_of_a_key_never_share(stage: Stage, fetcher: Fetcher) -> None:
    """What a key may see is for its owner alone, and what strangers see is not taken for it."""
    owner = stage.connect()
    assert await _ask(fetcher, owner) == "somebody"
    assert await _ask(fetcher, _bare(stage)) == "a stranger"
    assert await _ask(fetcher, stage.connect()) == "somebody"
    assert len(stage.upstream.requests) == 3


async def test_stranger_who_stores_a_key_is_none_any_more(stage: Stage, fetcher: Fetcher) -> None:
    """The new version of the connection asks with the key at once."""
    bare = _bare(stage)
    assert await _ask(fetcher, bare) == "a stranger"
    assert await _ask(fetcher, stage.connect(replaced=bare, TOKEN=KEY)) == "somebody"


async def test_one_who_stored_anything_is_no_stranger(stage: Stage, fetcher: Fetcher) -> None:
    """A value that no request carries may still change the answer, so it is not for others."""
    assert await _ask(fetcher, stage.connect(SHOP=" with a shop")) == "a stranger with a shop"
    assert await _ask(fetcher, _bare(stage)) == "a stranger"


async def test_strangers_are_limited_together(stage: Stage, fetcher: Fetcher) -> None:
    """A limit that upstream sets for this server's address holds for all of them, and for no owner of a key."""
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 600)}

    async def limiting(request: web.Request) -> web.Response:
        return await _who(request) if "X-Key" in request.headers else web.json_response({}, status=403, headers=reset)

    stage.upstream.handler = limiting
    for name in ('["a"]', '["a"]', '["b"]'):
        value = (await fetcher.ask(_bare(stage), Call("PROBE", name))).value
        assert isinstance(value, CellError)
        assert value.code == "#PROBE_RATE_LIMIT!"
    assert len(stage.upstream.requests) == 1
    assert await _ask(fetcher, stage.connect()) == "somebody"


async def test_plugin_that_always_needs_a_key_has_no_strangers(stage: Stage) -> None:
    """Without a way for strangers, each owner is told that the connection is not set up."""
    fetcher = await stage.start(PLUGIN)
    value = await _ask(fetcher, _bare(stage))
    assert isinstance(value, CellError)
    assert value.code == "#PROBE_AUTH!"
    assert not stage.upstream.requests
