"""Calls that wait at the same time are made together, where the plugin can."""

import asyncio
import json

import pytest
from aiohttp import web

from gridos.fetching import Fetcher
from gridos.formulas import Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef
from tests.fetching.stage import Stage, until

PLUGIN = """
from gridos.plugins import CellError

def register(kernel):
    @kernel.source("thing", ttl=60)
    async def thing(name):
        return (await kernel.http.get_json(f"/{name}"))["value"]

    @kernel.batch("thing", least=3, most=5)
    async def things(calls):
        answer = await kernel.http.post_json("/graphql", [name for (name,) in calls])
        return [CellError("#PROBE_GONE!") if value == "gone" else value for value in answer]

    @kernel.formula("PROBE", ttl=60)
    async def probe(name):
        return await thing(name)
"""


async def _echo(request: web.Request) -> web.Response:
    """The length of each name; `alone` is left open, `gone` is gone."""
    if request.method == "GET":
        return web.json_response({"value": len(request.path)})
    values = {"alone": None, "gone": "gone"}
    return web.json_response([values.get(name, len(name)) for name in await request.json()])


def _paths(stage: Stage) -> list[str]:
    return sorted(request.path for request in stage.upstream.requests)


async def _ask(fetcher: Fetcher, ref: ConnectionRef, *names: str) -> list[object]:
    answers = await asyncio.gather(*(fetcher.ask(ref, Call("PROBE", json.dumps([name]))) for name in names))
    return [answer.value for answer in answers]


@pytest.fixture
async def fetcher(stage: Stage) -> Fetcher:
    """A plugin that can ask for three to five things at once."""
    fetcher = await stage.start(PLUGIN)
    stage.upstream.handler = _echo
    return fetcher


async def test_calls_that_wait_at_once_are_made_together(stage: Stage, fetcher: Fetcher) -> None:
    """Each gets its own result, and no batch is larger than the plugin allows."""
    names = ["x" * length for length in range(1, 9)]
    assert await _ask(fetcher, stage.connect(), *names) == list(range(1, 9))
    assert _paths(stage) == ["/base/graphql", "/base/graphql"]


async def test_few_calls_are_made_alone(stage: Stage, fetcher: Fetcher) -> None:
    """Below the least number the plugin's simple road is taken."""
    await _ask(fetcher, stage.connect(), "a", "b")
    assert _paths(stage) == ["/base/a", "/base/b"]


async def test_equal_calls_are_one_of_a_batch(stage: Stage, fetcher: Fetcher) -> None:
    """Merging comes first: three cells that ask for the same are no reason for a batch."""
    await _ask(fetcher, stage.connect(), "a", "a", "a")
    assert _paths(stage) == ["/base/a"]


async def test_what_a_batch_leaves_open_is_asked_alone(stage: Stage, fetcher: Fetcher) -> None:
    """An error of one is its own, and None sends that one on the simple road."""
    values = await _ask(fetcher, stage.connect(), "gone", "alone", "abc")
    assert isinstance(values[0], CellError)
    assert values[0].code == "#PROBE_GONE!"
    assert values[1:] == [len("/base/alone"), 3]
    assert _paths(stage) == ["/base/alone", "/base/graphql"]


@pytest.mark.parametrize("answer", ["[1, 2]", "[1, 2, 3, 4]", "null", "{}", "<html>"])
async def test_batch_that_fails_falls_back(stage: Stage, fetcher: Fetcher, answer: str) -> None:
    """A batch that raises, or gives another number of results than asked for, gives none."""

    async def broken(request: web.Request) -> web.Response:
        if request.method == "POST":
            return web.Response(text=answer)
        return await _echo(request)

    stage.upstream.handler = broken
    assert await _ask(fetcher, stage.connect(), "a", "b", "c") == [len("/base/a")] * 3
    assert _paths(stage) == ["/base/a", "/base/b", "/base/c", "/base/graphql"]


async def test_owners_never_share_a_batch(stage: Stage, fetcher: Fetcher) -> None:
    """Two who each ask for two things at the same time are not together enough for a batch."""
    ada, ben = stage.connect(), stage.connect()
    await asyncio.gather(_ask(fetcher, ada, "a", "b"), _ask(fetcher, ben, "c", "d"))
    assert _paths(stage) == ["/base/a", "/base/b", "/base/c", "/base/d"]


async def _gathered(fetcher: Fetcher, ref: ConnectionRef, *names: str) -> list[asyncio.Task[list[object]]]:
    """Calls that wait for their batch to begin."""
    tasks = [asyncio.create_task(_ask(fetcher, ref, name)) for name in names]
    await until(lambda: fetcher.in_flight(ref.id) == 2 * len(names))  # each function, and each source it asked
    await _a_few_steps()
    return tasks


async def _a_few_steps() -> None:
    """Let what has been started, or called off, come to its next wait."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_batch_goes_on_for_those_who_wait(stage: Stage, fetcher: Fetcher) -> None:
    """One who leaves takes nothing from the others."""
    leaving, *staying = await _gathered(fetcher, stage.connect(), "a", "b", "cc")
    leaving.cancel()
    assert await asyncio.gather(*staying) == [[1], [2]]
    assert _paths(stage) == ["/base/graphql"]


async def test_batch_nobody_waits_for_is_called_off(stage: Stage, fetcher: Fetcher) -> None:
    """When all have left, nothing is asked for them, and their connection's next calls gather anew."""
    ref = stage.connect()
    tasks = await _gathered(fetcher, ref, "d", "e", "f")
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await until(lambda: not fetcher.in_flight(ref.id))
    await _a_few_steps()
    assert await _ask(fetcher, ref, "g", "h") == [7, 7]
    assert _paths(stage) == ["/base/g", "/base/h"]
