"""Somebody at a live socket of a real server."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.web.serving import Person, Site

Json = Any
PATIENCE = 10.0
LARGEST = 64 * 1_048_576


class Socket:
    """One socket. What it was told is kept in `told`, in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.told: list[Json] = []
        self._read = 0

    async def send(self, **frame: Json) -> None:
        """Send one frame."""
        await self.connection.send(json.dumps(frame))

    async def next(self, kind: str, such: Callable[[Json], bool] = lambda _: True) -> Json:
        """The next frame of a type that is such, whatever else comes before it."""
        while True:
            frame = await self.next_of_any()
            if frame["type"] == kind and such(frame):
                return frame

    async def next_of_any(self) -> Json:
        """The next frame."""
        async with asyncio.timeout(PATIENCE):
            self.told.append(json.loads(await self.connection.recv()))
        return self.told[-1]

    async def hello(self, seq: int | None = None) -> Json:
        """Begin, and give the whole workbook; with a seq, give nothing."""
        await (self.send(type="hello") if seq is None else self.send(type="hello", seq=seq))
        return await self.next("snapshot") if seq is None else None

    async def type(self, base_seq: int | None = None, edit: str | None = None, **inputs: str) -> str:
        """Type into cells of the first sheet; gives the edit's id without waiting for its ack."""
        edit = edit or str(uuid4())
        edits = [{"op": "set", "sheet": "Sheet1", "cell": cell, "input": text} for cell, text in inputs.items()]
        await self.send(type="edit", id=edit, base_seq=base_seq, edits=edits)
        return edit

    async def settled(self, edit: str) -> Json:
        """The ack or the refusal of an edit."""
        while (frame := await self.next_of_any())["type"] not in {"ack", "refused"} or frame["id"] != edit:
            pass
        return frame

    async def cell(self, cell: str, such: Callable[[Json], bool]) -> Json:
        """The news of a cell that is such."""
        while True:
            frame = await self.next_of_any()
            for one in frame.get("cells", []):
                if one["cell"] == cell and such(one):
                    return one

    async def end(self) -> int:
        """Wait until the server closes, and give the code."""
        with suppress(ConnectionClosed):
            while True:
                await self.next_of_any()
        code = self.connection.close_code
        assert code
        return code

    def of(self, kind: str) -> list[Json]:
        """All that was told of a type."""
        return [frame for frame in self.told if frame["type"] == kind]


@asynccontextmanager
async def at_socket(url: str, workbook: str, query: str = "", **how: Any) -> AsyncGenerator[Socket]:
    """An open socket, closed afterwards."""
    there = f"{url.replace('http', 'ws', 1)}/workbook/{workbook}/live{query}"
    async with connect(there, proxy=None, max_size=LARGEST, ping_interval=None, **how) as connection:
        yield Socket(connection)


@asynccontextmanager
async def watching(site: Site, person: Person, workbook: str, **how: Any) -> AsyncGenerator[Socket]:
    """Somebody's open socket."""
    headers = {"authorization": person.http.headers["authorization"]}
    async with at_socket(site.url, workbook, additional_headers=headers, **how) as socket:
        yield socket
