"""
A stand between a client and PostgreSQL's socket that counts round trips and writes down statements.

It reads the frontend's messages of PostgreSQL's protocol 3.0: `Q` carries statements, `P` one to be prepared.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"
_CHUNK = 65_536
_LENGTH = 4
# What a door itself says on the way in and out.
_OF_THE_DOOR = ("begin", "commit", "rollback", "select set_config(", "reset all", "set role ")


@dataclass
class Wire:
    """`round_trips` rises whenever a client speaks after the server did."""

    round_trips: int = 0
    statements: list[str] = field(default_factory=list[str])

    def own_statements(self) -> list[str]:
        """The statements without those of the doors."""
        return [one for one in self.statements if not one.lower().startswith(_OF_THE_DOOR)]

    def forget(self) -> None:
        """Count from nothing."""
        self.round_trips = 0
        self.statements.clear()


@dataclass
class _Frontend:
    """Cuts one client's bytes into messages. The first message of a connection has no type."""

    wire: Wire
    rest: bytes = b"\0"

    def read(self, data: bytes) -> None:
        """Take in what a client sent, in whatever pieces it comes."""
        self.rest += data
        while len(self.rest) > _LENGTH:
            end = 1 + int.from_bytes(self.rest[1 : 1 + _LENGTH])
            if len(self.rest) < end:
                return
            self._note(self.rest[:1], self.rest[1 + _LENGTH : end])
            self.rest = self.rest[end:]

    def _note(self, kind: bytes, body: bytes) -> None:
        match kind:
            case b"Q":
                texts = body.rstrip(b"\0").decode().split("; ")
            case b"P":
                texts = [body.split(b"\0")[1].decode()]
            case _:
                return
        self.wire.statements += [text.strip() for text in texts]


@asynccontextmanager
async def counted(real: Path, stand: Path) -> AsyncGenerator[Wire]:
    """Pass everything on between a socket in `stand` and PostgreSQL's in `real`."""
    wire = Wire()

    async def pass_on(client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        server, ask = await asyncio.open_unix_connection(real / _SOCKET)
        frontend = _Frontend(wire)
        spoke_last = "server"

        async def forward(source: asyncio.StreamReader, sink: asyncio.StreamWriter, who: str) -> None:
            nonlocal spoke_last
            while data := await source.read(_CHUNK):
                wire.round_trips += (spoke_last, who) == ("server", "client")
                spoke_last = who
                if who == "client":
                    frontend.read(data)
                sink.write(data)
            sink.close()

        with suppress(asyncio.CancelledError):  # the loop ends, and a pool leaves its connections to it
            await asyncio.gather(forward(client, ask, "client"), forward(server, answer, "server"))

    listening = await asyncio.start_unix_server(pass_on, stand / _SOCKET)
    try:
        yield wire
    finally:
        listening.close()
