"""What a call takes in a plugin's own process, beside the same plugin's call in the server's."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import uuid4

from bench.plugin import LIMITS, function, slug, write_plugins
from bench.upstream import upstream
from gridos.fetching import Fetcher
from gridos.formulas import Call, is_builtin
from gridos.isolation import Forks, Isolating, Workers
from gridos.plugins import ConnectionRef, OpenConnection, Plugins, shipped_folder

_CALLS = 500
_MILLISECONDS = 1e3
_AT_ONCE = LIMITS[0]


@dataclass(frozen=True)
class Isolated:
    """Milliseconds of one call: medians over many, made in both kinds of process in turn."""

    inside: float
    """In the server's process."""
    more: float
    """What the plugin's own process adds to it."""


def measure(folder: Path) -> Isolated:
    """Make one call after the other. Each is one upstream request, which is answered at once."""
    return asyncio.run(_measure(write_plugins(folder)))


async def _measure(plugins: Path) -> Isolated:
    async with AsyncExitStack() as closing:
        stand_in = await closing.enter_async_context(upstream(seconds=0))
        workers = Workers(Forks())
        workers.open()
        closing.callback(workers.close)
        outside = Plugins.load([plugins], is_builtin, Isolating(workers, shipped_folder(), ()))
        assert all(plugin.loaded for plugin in outside), [plugin.error for plugin in outside]
        here = await closing.enter_async_context(_fetcher(Plugins.load([plugins], is_builtin), stand_in.url))
        there = await closing.enter_async_context(_fetcher(outside, stand_in.url, workers))
        ref = ConnectionRef(uuid4(), slug(_AT_ONCE), uuid4(), 1)
        rounds = [(await _call(here, ref, number), await _call(there, ref, number)) for number in range(_CALLS)]
    return Isolated(median(own for own, _ in rounds), median(other - own for own, other in rounds))


@asynccontextmanager
async def _fetcher(plugins: Plugins, url: str, workers: Workers | None = None) -> AsyncGenerator[Fetcher]:
    async def open_connection(ref: ConnectionRef) -> OpenConnection:
        return OpenConnection(ref, {})

    upstreams = {slug(at_once): url for at_once in LIMITS}
    fetcher = Fetcher(plugins, open_connection, saas=True, upstreams=upstreams, workers=workers)
    try:
        yield fetcher
    finally:
        await fetcher.aclose()


async def _call(fetcher: Fetcher, ref: ConnectionRef, number: int) -> float:
    start = time.perf_counter()
    answer = await fetcher.ask(ref, Call(function(_AT_ONCE), json.dumps([number])))
    seconds = time.perf_counter() - start
    assert answer.value == 2 * number, answer
    return seconds * _MILLISECONDS
