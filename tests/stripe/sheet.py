"""The connector as the cells of a sheet meet it: through the fetch layer, which keeps and shares answers."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import aiohttp

from gridos.fetching import Fetcher
from gridos.formulas import Call, is_builtin
from gridos.plugins import ConnectionRef, OpenConnection, Plugin, Plugins, shipped_folder
from gridos.plugins.loading import load_alone
from gridos.secret import Secret


def _unhurried(plugin: Plugin) -> Plugin:
    """The plugin without its pace, which would wait for a clock that a test moves."""
    assert plugin.manifest.connection
    connection = plugin.manifest.connection.model_copy(update={"pace": None})
    return replace(plugin, manifest=plugin.manifest.model_copy(update={"connection": connection}))


class Sheet:
    """One owner's cells. Answers are good for as long as `now` stands still."""

    def __init__(self, url: str, session: aiohttp.ClientSession, key: str, now: float) -> None:
        plugin = _unhurried(load_alone(shipped_folder() / "stripe", is_builtin))
        plugin.sources["charges"].function.__globals__["_now"] = lambda: self.now
        self.now = now
        self.key = key
        self.url = url
        self.session = session
        self.ref = ConnectionRef(uuid4(), "stripe", uuid4(), 1)
        upstreams = {"stripe": url}
        self.fetcher = Fetcher(Plugins([plugin]), self._open, saas=True, upstreams=upstreams, clock=lambda: self.now)

    async def _open(self, _: ConnectionRef) -> OpenConnection:
        return OpenConnection(self.ref, {"SECRET_KEY": Secret(self.key)})

    async def ask(self, *cells: tuple[Any, ...]) -> list[Any]:
        """What cells that are asked for at once show: a number, or an error's text."""
        calls = [Call(f"STRIPE_{function}", json.dumps(arguments)) for function, *arguments in cells]
        answers = await asyncio.gather(*(self.fetcher.ask(self.ref, call) for call in calls))
        return [getattr(answer.value, "code", answer.value) for answer in answers]

    async def requests(self) -> dict[str, Any]:
        """What the sandbox was asked since the last time."""
        async with self.session.get(f"{self.url}/_sandbox/requests") as response:
            record = await response.json()
        async with self.session.delete(f"{self.url}/_sandbox/requests"):
            return record

    async def cost(self, *cells: tuple[Any, ...], later: float = 0) -> int:
        """How many requests these cells make when so many seconds have passed."""
        await self.requests()
        self.now += later
        await self.ask(*cells)
        return (await self.requests())["total"]

    async def order(self, **fault: Any) -> None:
        """Break the sandbox's next answers."""
        async with self.session.post(f"{self.url}/_sandbox/faults", json=fault) as response:
            assert response.status == 201
