"""A stand between a client and PostgreSQL's socket that counts how often the client waits for the server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

_SOCKET = ".s.PGSQL.5432"


@dataclass
class RoundTrips:
    """`count` rises whenever the client speaks after the server did."""

    count: int = 0
    connections: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])


@asynccontextmanager
async def counted(real: Path, stand: Path) -> AsyncGenerator[RoundTrips]:
    """Pass everything on between a socket in `stand` and PostgreSQL's in `real`."""
    trips = RoundTrips()

    async def pass_on(client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        server, ask = await asyncio.open_unix_connection(real / _SOCKET)
        spoke_last = "server"

        async def forward(source: asyncio.StreamReader, sink: asyncio.StreamWriter, who: str) -> None:
            nonlocal spoke_last
            while data := await source.read(65536):
                trips.count += (spoke_last, who) == ("server", "client")
                spoke_last = who
                sink.write(data)
            sink.close()

        await asyncio.gather(forward(client, ask, "client"), forward(server, answer, "server"))

    listening = await asyncio.start_unix_server(pass_on, stand / _SOCKET)
    yield trips
    listening.close()
