"""The real server on a real socket, and people who talk to it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import uvicorn
from fastapi import FastAPI

from gridos.app.assembling import Server, assemble
from gridos.app.database import DatabaseUrls
from gridos.db import EmbeddedServer
from gridos.plugin_secrets import new_key_line
from gridos.settings import Settings
from tests.accounts.given import SECRET, token

Json = Any
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Shared, because a client otherwise reads the machine's certificates, which takes longer than most tests."""
METRICS_TOKEN = "watch-this-server"
PLUGINS = Path(__file__).parent / "plugins"


@dataclass
class Person:
    """Somebody with an account, and a client that speaks for them."""

    id: UUID
    email: str
    http: httpx2.AsyncClient

    async def send(self, method: str, path: str, **how: Any) -> httpx2.Response:
        """One request and whatever comes back."""
        return await self.http.request(method, path, **how)

    async def get(self, path: str, **query: Any) -> Json:
        """The JSON of a GET that succeeds."""
        return succeeded(await self.http.get(path, params=query))

    async def post(self, path: str, body: Json) -> Json:
        """The JSON of a POST that succeeds."""
        return succeeded(await self.http.post(path, json=body))

    async def create(self, title: str = "Sales", copy_of: str | None = None) -> str:
        """The id of a new workbook."""
        body = {"title": title} if copy_of is None else {"title": title, "copy_of": copy_of}
        return (await self.post("/workbooks", body))["id"]

    async def type(self, workbook: str, **inputs: str) -> Json:
        """Type into cells of the first sheet: `type(workbook, A1="1", B2="=A1")`."""
        edits = [{"op": "set", "sheet": "Sheet1", "cell": cell, "input": text} for cell, text in inputs.items()]
        return await self.post(f"/workbook/{workbook}/edits", {"edits": edits})

    async def read(self, workbook: str, area: str, wait: float = 10) -> dict[str, Json]:
        """The cells of a range of the first sheet, by their address, once none of them is loading."""
        read = await self.get(f"/workbook/{workbook}/cells", range=area, wait=wait)
        return {cell["cell"]: cell for cell in read["cells"]}

    async def share(self, workbook: str, other: "Person", role: str) -> None:
        """Make somebody a collaborator."""
        await self.post(f"/workbook/{workbook}/collaborators", {"email": other.email, "role": role})


@dataclass
class Site:
    """A running server. People are made by tokens of an issuer it trusts, because passwords take their time."""

    url: str
    server: Server
    database: str
    _clients: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def client(self, **headers: str) -> httpx2.AsyncClient:
        """A client nobody has signed in with. Its connections end with the server."""
        client = httpx2.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=30, verify=NO_TLS)
        return await self._clients.enter_async_context(client)

    async def person(self, name: str = "somebody", **headers: str) -> Person:
        """A new user, with an address nobody else has."""
        user, email = uuid4(), f"{name}-{uuid4().hex[:12]}@example.com"
        bearer = token({"sub": str(user), "email": email})
        client = await self.client(**{"authorization": f"Bearer {bearer}", **headers})
        assert (await client.get("/auth/whoami")).json() == {"id": str(user), "email": email, "mode": "saas"}
        return Person(user, email, client)

    async def local_user(self, **headers: str) -> Person:
        """The only user of a server in single-user mode."""
        client = await self.client(**headers)
        who = succeeded(await client.get("/auth/whoami"))
        return Person(UUID(who["id"]), who["email"], client)

    async def leave(self) -> None:
        """Close all clients."""
        await self._clients.aclose()


def succeeded(answer: httpx2.Response) -> Json:
    """The JSON of an answer that is no error."""
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    return answer.json()


@contextmanager
def new_database(postgres: EmbeddedServer) -> Generator[tuple[str, DatabaseUrls]]:
    """A migrated database, as `database` of the root conftest, for longer than one test."""
    name = f"web_{uuid4().hex}"
    with psycopg.connect(postgres.url(database="postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template gridos".encode())
        yield (
            name,
            DatabaseUrls(
                postgres.url(database=name), postgres.url("gridos_user", name), postgres.url("gridos_service", name)
            ),
        )
        admin.execute(f"drop database {name} with (force)".encode())


@asynccontextmanager
async def serving(postgres: EmbeddedServer, folder: Path, **settings: Any) -> AsyncGenerator[Site]:
    """A server of a new database on loopback, assembled as `gridos serve` does it."""
    with new_database(postgres) as (database, urls):
        chosen: dict[str, Any] = {
            "data_dir": folder,
            "plugins_dir": (PLUGINS,),
            "plugin_isolation": "inprocess",  # what these tests are about is in front of it
            "root_key": new_key_line(),
            "jwt_secret": SECRET,
            "metrics_token": METRICS_TOKEN,
            "sign_up": "open",
            **settings,
        }
        async with assemble(Settings(**chosen), urls, may_make_key=False) as server, listening(server.app) as url:
            site = Site(url, server, database)
            try:
                yield site
            finally:
                await site.leave()


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncGenerator[str]:
    """Answer on a free port of loopback; gives the address."""
    # As `gridos serve` makes it: asyncio switches Nagle's delay off only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, server_header=False, proxy_headers=False
    )
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve([listener]))
    try:
        yield "http://{}:{}".format(*listener.getsockname())
    finally:
        running.should_exit = True
        await task
        listener.close()
