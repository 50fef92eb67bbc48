"""
Counts what must not grow: statements, round trips and upstream requests.

The server is the real one, put together in this process and asked without a network in between.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from bench.live_cells import CELLS, DISTINCT, edits, still
from bench.plugin import LIMITS, function, write_plugins
from bench.server import BenchSettings
from bench.upstream import Upstream
from bench.wire import Wire
from gridos.app.assembling import assemble
from gridos.app.database import DatabaseUrls
from gridos.db import Doors
from gridos.db.plugin_secrets import PostgresSecretStore
from gridos.formulas import is_builtin
from gridos.plugin_secrets.key_ring import new_key_line, ring_from_text
from gridos.plugin_secrets.opening import SealedConnections
from gridos.plugins import ConnectionRef, Plugins, shipped_folder
from gridos.secret import Secret

PASSWORD = "counted, not timed"
_TIMES = 5
STRIPE = "/settings/plugin-secrets/stripe"


@dataclass(frozen=True, order=True)
class Cost:
    """What one request cost the database."""

    statements: int
    round_trips: int


@dataclass(frozen=True)
class SecretsCost:
    """GET plugin-secrets in its two parts: the sign-in, and all of it."""

    sign_in: Cost
    whole: Cost


@dataclass(frozen=True)
class Requests:
    """Upstream requests: for the cells, and for an edit that touches no live cell."""

    cells: int
    other_edit: int


@dataclass(frozen=True)
class Reads:
    """How often the database was asked for stored secrets: for a call, and for a recalculation that needs none."""

    call: int
    recalculation: int


@asynccontextmanager
async def client_of(urls: DatabaseUrls, folder: Path, upstream_url: str = "") -> AsyncGenerator[httpx2.AsyncClient]:
    """Somebody signed in to a server on this database."""
    settings = BenchSettings.model_validate(
        {
            "mode": "saas",
            "sign_up": "open",
            "root_key": new_key_line(),
            "plugins_dir": [write_plugins(folder / "plugins")],
            "plugin_isolation": "inprocess",
            "upstream_bench_url": upstream_url,
        }
    )
    async with assemble(settings, urls, may_make_key=False) as server:
        transport = httpx2.ASGITransport(server.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://gridos.test", timeout=60) as client:
            await _posted(client, "/auth/sign-up", {"email": "ada@example.com", "password": PASSWORD})
            yield client


async def count_secrets(client: httpx2.AsyncClient, wire: Wire) -> SecretsCost:
    """What GET plugin-secrets costs once a secret is set."""
    (await client.put(STRIPE, json={"secrets": {"SECRET_KEY": "sk_test_" + "0" * 24}})).raise_for_status()
    return SecretsCost(await _cost(client, wire, "/auth/whoami"), await _cost(client, wire, STRIPE))


async def count_opening(urls: DatabaseUrls, wire: Wire) -> Cost:
    """What it costs to open a connection's secrets for one call."""
    doors = Doors(urls.user, urls.service)
    await doors.open()
    ring, plugins = ring_from_text(Secret(new_key_line())), Plugins.load([shipped_folder()], is_builtin)
    connections = SealedConnections(PostgresSecretStore(doors), ring, plugins)
    wire.forget()
    await connections.open_connection(ConnectionRef(uuid4(), "stripe", uuid4(), 0))
    cost = Cost(len(wire.own_statements()), wire.round_trips)
    await doors.close()
    return cost


async def _cost(client: httpx2.AsyncClient, wire: Wire, path: str) -> Cost:
    # The least of a few: what a notice makes the server look up meanwhile is not the request's.
    costs: list[Cost] = []
    for _ in range(_TIMES):
        wire.forget()
        (await client.get(path)).raise_for_status()
        costs.append(Cost(len(wire.own_statements()), wire.round_trips))
    return min(costs)


async def count_requests(client: httpx2.AsyncClient, stand_in: Upstream, at_once: int) -> Requests:
    """Type the live cells, wait for all of them, then edit elsewhere."""
    before = stand_in.requests
    workbook = (await _posted(client, "/workbooks", {"title": "Live"}))["id"]
    await _posted(client, f"/workbook/{workbook}/edits", {"edits": edits(function(at_once))})
    answer = await client.get(f"/workbook/{workbook}/cells", params={"wait": 30})
    values = [cell["value"] for cell in answer.json()["cells"] if cell["state"] == "ok"]
    assert sum(values) == 2 * sum(range(DISTINCT)) * CELLS // DISTINCT, answer.text
    after = stand_in.requests
    await _posted(client, f"/workbook/{workbook}/edits", {"edits": still()})
    await client.get(f"/workbook/{workbook}/cells", params={"wait": 30})
    return Requests(after - before, stand_in.requests - after)


async def count_reads_of_secrets(client: httpx2.AsyncClient, wire: Wire) -> Reads:
    """Calculate a live cell for the first time, and then again with another number beside it."""
    workbook = (await _posted(client, "/workbooks", {"title": "Calculated twice"}))["id"]
    formula = f"={function(LIMITS[0])}(21)+B1"

    async def calculate(**inputs: str) -> int:
        wire.forget()
        typed = [{"op": "set", "sheet": "Sheet1", "cell": cell, "input": text} for cell, text in inputs.items()]
        await _posted(client, f"/workbook/{workbook}/edits", {"edits": typed})
        answer = await client.get(f"/workbook/{workbook}/cells", params={"range": "A1", "wait": 30})
        assert answer.json()["cells"][0]["value"] == 42 + int(inputs["B1"]), answer.text
        return sum("user_plugin_secrets " in one for one in wire.own_statements())

    return Reads(await calculate(A1=formula, B1="1"), await calculate(B1="2"))


async def _posted(client: httpx2.AsyncClient, path: str, body: Mapping[str, Any]) -> Any:
    return (await client.post(path, json=body)).raise_for_status().json()
