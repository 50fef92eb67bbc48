"""What a cell shows of a plugin that has a process of its own."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from gridos.fetching import Fetcher
from gridos.formulas import Call
from gridos.grid import CellError
from gridos.isolation import Workers
from gridos.plugins import ConnectionRef, OpenConnection, Plugins
from gridos.secret import Secret
from tests.isolation.conftest import Load, probe

CANARY = "sk_test_canary_4242"

Shown: TypeAlias = Callable[..., Awaitable[object]]


@pytest.fixture
async def upstream() -> AsyncIterator[BaseTestServer]:
    """An upstream that says whether it was given the secret, and tells it back when asked to."""

    async def answer(request: web.Request) -> web.Response:
        value = request.headers["Authorization"] if request.path == "/echo" else 42
        return web.json_response(
            {"value": value}, status=401 if request.headers["Authorization"] != f"Bearer {CANARY}" else 200
        )

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


@pytest.fixture
async def shown(load: Load, workers: Workers, upstream: BaseTestServer) -> AsyncIterator[Shown]:
    """`shown(body)` is what `=PROBE()` shows."""
    fetchers: list[Fetcher] = []

    async def shown(body: str, *, trusted: tuple[str, ...] = ()) -> object:
        plugin = load(probe(body), trusted=trusted)

        async def open_connection(ref: ConnectionRef) -> OpenConnection:
            return OpenConnection(ref, {"TOKEN": Secret(CANARY)})

        stand_in = str(upstream.make_url("/"))
        fetcher = Fetcher(Plugins([plugin]), open_connection, saas=True, upstreams={"probe": stand_in}, workers=workers)
        fetchers.append(fetcher)
        ref = ConnectionRef(uuid4(), "probe", uuid4(), 1)
        return (await fetcher.ask(ref, Call("PROBE", json.dumps([])))).value

    yield shown
    for fetcher in fetchers:
        await fetcher.aclose()


def code(value: object) -> str:
    """The text of an error."""
    assert isinstance(value, CellError)
    return value.code


async def test_a_number_arrives(shown: Shown) -> None:
    """The server puts the secret on the request; the plugin's code never had it."""
    assert await shown("return (await kernel.http.get_json('/value'))['value']") == 42


async def test_the_secret_is_not_in_the_process(shown: Shown) -> None:
    """Code that does not speak of reading secrets is not sent them, however it looks for them."""
    body = "import gc\nreturn sum(type(one).__name__ == 'Secret' for one in gc.get_objects())"
    assert await shown(body) == 0
    assert await shown("# with kernel.get_secret\nkernel.get_secret\n" + body) == 1


async def test_networking_of_its_own_is_blocked(shown: Shown) -> None:
    """The cell says what the operator can do about it."""
    body = "import urllib.request\nreturn urllib.request.urlopen('http://127.0.0.1:1').read()"
    error = await shown(body)
    assert code(error) == "#BLOCKED!"
    assert isinstance(error, CellError)
    assert "GRIDOS_TRUSTED_PLUGINS" in error.detail


async def test_the_operator_may_vouch_for_it(shown: Shown) -> None:
    """A trusted plugin runs in the server, and its networking is its own."""
    body = "import socket\nsocket.socket().close()\nreturn 1"
    assert await shown(body, trusted=("probe",)) == 1


@pytest.mark.parametrize("body", ["import os\nos.abort()", "return 1 / 0", "import os\nos._exit(3)"])
async def test_what_ends_badly_is_an_error_of_its_cell(shown: Shown, body: str) -> None:
    """A crash is no other than an exception."""
    assert code(await shown(body)) == "#PROBE_ERROR!"


async def test_an_echoed_secret_is_found(shown: Shown) -> None:
    """What comes out of the process is searched like every answer."""
    assert code(await shown("return (await kernel.http.get_json('/echo'))['value']")) == "#BLOCKED!"


async def test_forbidden_addresses_stay_forbidden(shown: Shown) -> None:
    """The process asks the same guard as everybody."""
    assert code(await shown("return await kernel.http.get_json('https://example.com/')")) == "#BLOCKED!"
