"""The connector in front of a sandbox on a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp

from gridos.grid import CellError
from gridos.plugins import Http, Kernel, Manifest, Response, UpstreamError, shipped_folder
from gridos.plugins.execution import compile_plugin, execute
from gridos.sandbox import Sandbox, StripeAccount
from tests.plugins.conftest import scope_of

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


class Teller:
    """Asks the connector as a cell would."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox, key: str, account: StripeAccount) -> None:
        self.session = session
        self.sandbox = sandbox
        self.account = account
        self.http: Http = SocketHttp(session, sandbox.url, key)
        self.kernel: Kernel = execute(MANIFEST, compile_plugin(shipped_folder() / "stripe"))

    async def ask(self, function: str, *arguments: object) -> Any:
        """What the cell shows: a number, or the error as a value."""
        with scope_of(MANIFEST, {}, http=self.http).entered():
            try:
                return await self.kernel.functions[f"STRIPE_{function}"].function(*arguments)
            except UpstreamError as stopped:
                return stopped.error

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
