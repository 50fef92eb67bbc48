"""What the log leaves out: the secrets of connections that are open now, and only as long as they are."""

import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web

from gridos.fetching import without_secrets
from gridos.fetching.holding import holding
from gridos.grid import CellError
from gridos.plugins import ConnectionRef, OpenConnection
from gridos.plugins.manifest import read_manifest
from gridos.secret import Secret
from tests.fetching.stage import KEY, Clock, Handler, Stage

FORMS = (KEY, f"({KEY})", repr([KEY]), KEY[::-1], KEY.encode().hex(), b64encode(f"u:{KEY}".encode()).decode())
MINT: dict[str, Any] = {
    "secrets": [{"key": "ID", "sensitive": False}, {"key": "SECRET"}],
    "connection": {"auth": [{"header": "X-Access", "mint": "/mint", "client_id": "{ID}", "client_secret": "{SECRET}"}]},
}


def logging_all(said: list[str]) -> Handler:
    """An upstream during whose answer somebody logs."""

    async def handler(_: web.Request) -> web.Response:
        said.extend(without_secrets(f"before {form} after") for form in FORMS)
        return web.json_response({"value": 42, "name": "Ada"})

    return handler


async def test_a_running_call(stage: Stage) -> None:
    """While a call runs its secret is left out of the log in every form; before and after nobody knows it."""
    said: list[str] = []
    await stage.start()
    stage.upstream.handler = logging_all(said)
    assert await stage.value(stage.connect()) == 42
    assert len(said) == len(FORMS)
    assert not [text for text in said if KEY in text or "…" not in text]
    assert {text[:7] for text in said} == {"before "}
    assert without_secrets(KEY) == KEY


async def test_a_test_of_a_connection(stage: Stage) -> None:
    """While a candidate is tested it is left out too."""
    said: list[str] = []
    fetcher = await stage.start(verify={"path": "/whoami", "account": "name"})
    stage.upstream.handler = logging_all(said)
    opened = stage.connections[stage.connect().id]
    proof = await fetcher.verify(read_manifest(stage.folder / "probe"), opened)
    assert proof.account == "Ada"
    assert said
    assert not [text for text in said if KEY in text or "…" not in text]
    assert without_secrets(KEY) == KEY


async def test_a_minted_token(stage: Stage) -> None:
    """A token that was minted during the call is left out from then on."""
    token, said = "a-token-of-no-known-shape", list[str]()

    async def handler(request: web.Request) -> web.Response:
        said.append(without_secrets(f"{request.path} {token}"))
        return web.json_response({"access_token": token, "value": 1})

    stage.upstream.handler = handler
    await stage.start(**MINT)
    assert await stage.value(stage.connect(ID="me", SECRET="my secret is long")) == 1
    assert said == [f"/base/mint {token}", "/base/value …"]


@pytest.mark.parametrize("status", [200, 401])
async def test_an_echo_of_a_token_that_was_replaced_meanwhile(stage: Stage, status: int) -> None:
    """A token that has run out, or that another call had replaced, is still no answer's."""
    clock, minted = Clock(), iter(["first-token-of-all", "second-token-of-all"])

    async def handler(request: web.Request) -> web.Response:
        if request.path == "/base/mint":
            return web.json_response({"access_token": next(minted), "expires_in": 100})
        clock.now += 90
        is_first = request.headers["X-Access"] == "first-token-of-all"
        return web.json_response({"value": "it was first-token-of-all"}, status=status if is_first else 200)

    stage.upstream.handler = handler
    await stage.start(clock=clock, **MINT)
    value = await stage.value(stage.connect(ID="me", SECRET="my secret is long"))
    assert isinstance(value, CellError)
    assert value.code == "#BLOCKED!"


def test_many_threads() -> None:
    """Whoever logs while others open and close connections leaves out what is open, and nothing is left behind."""
    kept = OpenConnection(ConnectionRef(uuid4(), "probe", uuid4(), 1), {})
    is_over = threading.Event()

    def come_and_go(number: int) -> None:
        opened = OpenConnection(ConnectionRef(uuid4(), "probe", uuid4(), 1), {})
        while not is_over.is_set():
            with holding(opened, lambda: [Secret(f"a value of number {number}")]), holding(opened, list):
                assert without_secrets(f"a value of number {number}.") == "…."

    with ThreadPoolExecutor(8) as pool, holding(kept, lambda: [Secret(KEY)]):
        working = [pool.submit(come_and_go, number) for number in range(8)]
        assert all(without_secrets(KEY) == "…" for _ in range(500))
        is_over.set()
        for one in working:
            one.result()
    assert without_secrets(f"{KEY} a value of number 1") == f"{KEY} a value of number 1"


async def test_what_is_short_stays(stage: Stage) -> None:
    """Values that turn up by chance are not blanked: a log without its letters says nothing."""
    said: list[str] = []

    async def handler(_: web.Request) -> web.Response:
        said.append(without_secrets("a log line"))
        return web.json_response({"value": 1})

    stage.upstream.handler = handler
    await stage.start()
    await stage.value(stage.connect(TOKEN="a"))
    assert said == ["a log line"]
