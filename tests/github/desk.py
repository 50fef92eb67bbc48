"""Cells of several owners on one side, the sandbox on the other, and the real fetch layer between them."""

import asyncio
import json
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

import aiohttp

from gridos.fetching import Fetcher, Wish
from gridos.formulas import Answer, Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef, OpenConnection, Plugins, shipped_folder
from gridos.sandbox import GitHubWorld, Sandbox
from gridos.secret import Secret

PLUGINS = Plugins.load([shipped_folder()], lambda _: False)
DAY = 86_400


class Desk:
    """Asks the connector as cells do."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox, world: GitHubWorld) -> None:
        self.session = session
        self.sandbox = sandbox
        self.world = world
        self.later = 0.0
        self._opened: dict[ConnectionRef, OpenConnection] = {}
        self.fetcher = Fetcher(
            PLUGINS, self._open, saas=True, upstreams={"github": sandbox.url}, clock=lambda: time.time() + self.later
        )

    async def _open(self, ref: ConnectionRef) -> OpenConnection:
        return next(opened for opened in self._opened.values() if opened.ref.id == ref.id)

    def connect(self, token: str = "", replaced: ConnectionRef | None = None) -> ConnectionRef:
        """An owner's connection; without a token, that of one who has stored nothing."""
        ref = ConnectionRef(uuid4(), "github", uuid4(), 1)
        if replaced:
            del self._opened[replaced]
            ref = replace(replaced, version=replaced.version + 1)
        self._opened[ref] = OpenConnection(ref, {"TOKEN": Secret(token)} if token else {})
        return ref

    async def answer(self, ref: ConnectionRef, function: str, *arguments: object, fresh: bool = False) -> Answer:
        """The answer to a call."""
        wish = Wish(newer_than=time.time() + self.later if fresh else 0.0)
        return await self.fetcher.ask(ref, Call(f"GITHUB_{function}", json.dumps(arguments)), wish)

    async def ask(self, ref: ConnectionRef, function: str, *arguments: object) -> Any:
        """What a cell shows: a number, or an error as a value."""
        return (await self.answer(ref, function, *arguments)).value

    async def error(self, ref: ConnectionRef, function: str, *arguments: object) -> CellError:
        """The error that a cell shows."""
        shown = await self.ask(ref, function, *arguments)
        assert isinstance(shown, CellError), shown
        assert shown.plugin == "github"
        return shown

    async def word(self, ref: ConnectionRef, function: str, *arguments: object) -> str:
        """The text of the error that a cell shows."""
        return (await self.error(ref, function, *arguments)).code

    async def each(self, ref: ConnectionRef, function: str, repositories: list[str], *more: object) -> list[Any]:
        """What cells show that ask at the same time."""
        return await asyncio.gather(*(self.ask(ref, function, one, *more) for one in repositories))

    async def order(self, **fault: Any) -> None:
        """Break the sandbox's next answers."""
        async with self.session.post(f"{self.sandbox.url}/_sandbox/faults", json=fault) as response:
            assert response.status == 201

    async def paths(self) -> dict[str, int]:
        """What the sandbox was asked since the last time."""
        url = f"{self.sandbox.url}/_sandbox/requests"
        async with self.session.get(url) as response:
            record = await response.json()
        async with self.session.delete(url):
            return record["paths"]
