"""A stand-in for an upstream service: every answer takes 100 ms and is counted. `python -m bench.upstream` runs it."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

SECONDS = 0.1


@dataclass
class Upstream:
    """Where it answers, and how many requests it has seen."""

    seconds: float
    url: str = ""
    requests: int = 0

    async def value(self, request: web.Request) -> web.Response:
        """A number, made from the one that was asked for."""
        self.requests += 1
        await asyncio.sleep(self.seconds)
        return web.json_response({"value": 2 * int(request.match_info["number"])})

    async def count(self, _request: web.Request) -> web.Response:
        """How many values were asked for."""
        return web.json_response(self.requests)


@asynccontextmanager
async def upstream(seconds: float = SECONDS) -> AsyncGenerator[Upstream]:
    """Answer on a free loopback port for as long as the context lasts."""
    stand_in = Upstream(seconds)
    app = web.Application()
    app.router.add_get("/value/{number}", stand_in.value)
    app.router.add_get("/count", stand_in.count)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    stand_in.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield stand_in
    finally:
        await runner.cleanup()


async def _run() -> None:
    async with upstream() as stand_in:
        print(f"answers at {stand_in.url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(_run())
    except KeyboardInterrupt:
        sys.exit(0)
