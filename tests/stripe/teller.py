"""The connector in front of a sandbox on a real socket."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import aiohttp

from gridos.fetching.days import ConnectionDays, MemoryDays
from gridos.grid import CellError
from gridos.plugins import (
    CallScope,
    ConnectionRef,
    Http,
    Kernel,
    Manifest,
    Response,
    UpstreamError,
    shipped_folder,
)
from gridos.plugins.execution import compile_plugin, execute
from gridos.sandbox import Sandbox, StripeAccount

MANIFEST = Manifest(slug="stripe")


class GetOnly:
    """The part of `kernel.http` that the manifest does not allow."""

    async def post_json(self, path: str, json: Any, *, cost: float = 1, safe: bool = False) -> Any:
        """Never asked for."""
        raise AssertionError

    async def request(self, method: str, path: str, **_: Any) -> Response:
        """Never asked for."""
        raise AssertionError

    async def decoded(self, response: Response) -> Any:
        """Never asked for."""
        raise AssertionError

    async def lines(self, address: str) -> AsyncIterator[str]:
        """Never asked for."""
        raise AssertionError
        yield

    def learn(self, **_: float) -> None:
        """Stripe tells no budget."""


class Scripted(GetOnly):
    """An upstream that answers as an asynchronous function of path and parameters says, and not for ever."""

    def __init__(self, answer: Callable[[str, Any], Awaitable[Any]]) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def get_json(self, path: str, params: Any = None) -> Any:
        """The scripted answer."""
        self.asked.append((path, dict(params or {})))
        assert len(self.asked) < 50, "the connector does not stop asking"
        return await self.answer(path, params)


def always(answer: Any) -> Scripted:
    """An upstream that says the same to everything."""

    async def say(_path: str, _params: Any) -> Any:
        return answer

    return Scripted(say)


class SocketHttp(GetOnly):
    """`kernel.http` with the fewest rules: no retries, no limits, no redirects, one key."""

    def __init__(self, session: aiohttp.ClientSession, base: str, key: str) -> None:
        self.session = session
        self.base = base
        self.key = key

    async def get_json(self, path: str, params: Any = None) -> Any:
        """The decoded answer, or the error that the contract names for its status."""
        headers = {"Authorization": f"Bearer {self.key}"}
        request = self.session.get(self.base + path, params=params, headers=headers, allow_redirects=False)
        async with request as response:
            if response.status == 200 and response.content_type == "application/json":
                return await response.json()
            word = {200: "ERROR", 302: "ERROR", 401: "AUTH", 403: "FORBIDDEN"}.get(response.status, response.status)
            raise UpstreamError(CellError(f"#STRIPE_{word}!", detail=await response.text()))


def globals_of(kernel: Kernel) -> dict[str, Any]:
    """The names in the connector's module."""
    return kernel.sources["charges"].function.__globals__


class Teller:
    """
    Asks the connector as a cell would.

    Answers are not kept, as if each were asked for long after the other; days are.
    """

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox, key: str, account: StripeAccount) -> None:
        self.session = session
        self.sandbox = sandbox
        self.account = account
        self.http: Http = SocketHttp(session, sandbox.url, key)
        self.kernel: Kernel = execute(MANIFEST, compile_plugin(shipped_folder() / "stripe"))
        self.days = ConnectionDays(ConnectionRef(uuid4(), "stripe", uuid4(), 1), MemoryDays())
        self.progress: list[int] = []

    def set_time(self, now: float | None) -> None:
        """Let the connector's clock show this; None: the real time."""
        globals_of(self.kernel)["_now"] = time.time if now is None else lambda: now

    async def ask(self, function: str, *arguments: object) -> Any:
        """What the cell shows: a number, or the error as a value."""
        try:
            return await self._run(self.kernel.functions[f"STRIPE_{function}"].function, *arguments)
        except UpstreamError as stopped:
            return stopped.error

    async def _ask_source(self, name: str, arguments: tuple[Any, ...]) -> Any:
        sent = json.loads(json.dumps(arguments))
        return json.loads(json.dumps(await self._run(self.kernel.sources[name].function, *sent)))

    async def _run(self, function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        with CallScope(
            MANIFEST,
            {},
            http=self.http,
            days=self.days,
            ask_source=self._ask_source,
            progress=lambda done, _: self.progress.append(done),
        ).entered():
            return await function(*arguments)

    async def word(self, function: str, *arguments: object) -> str:
        """The text of the error that the cell shows."""
        shown = await self.ask(function, *arguments)
        assert isinstance(shown, CellError), shown
        assert shown.plugin in {"stripe", None}
        return shown.code

    async def order(self, **fault: Any) -> None:
        """Break the sandbox's next answers."""
        async with self.session.post(f"{self.sandbox.url}/_sandbox/faults", json=fault) as response:
            assert response.status == 201

    async def requests(self) -> dict[str, Any]:
        """What the sandbox was asked so far."""
        async with self.session.get(f"{self.sandbox.url}/_sandbox/requests") as response:
            return await response.json()
