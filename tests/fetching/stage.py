"""One plugin, a stand-in for its upstream on loopback, owners with connections, and a fetcher between them."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from gridos.fetching import AnswerStore, DayStore, Fetcher, LimitStore, Outcome, Patience, Wish
from gridos.fetching.upstream import PATIENCE
from gridos.formulas import Answer, Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef, OpenConnection, Plugins
from gridos.secret import Secret

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

KEY = "sk_test_canary_4242/+é"

MANIFEST: dict[str, Any] = {
    "name": "Probe",
    "secrets": [{"key": "TOKEN"}, {"key": "SHOP", "sensitive": False, "optional": True}],
    "connection": {
        "base_url": "https://api.probe.test/base",
        "methods": ["GET", "POST /graphql"],
        "auth": [{"header": "Authorization", "value": "Bearer {TOKEN}"}],
    },
}

FETCH = """
def register(kernel):
    @kernel.formula("PROBE")
    async def probe(path="/value", times=1):
        for _ in range(times):
            answer = await kernel.http.get_json(path)
        return answer["value"]
"""


@dataclass
class Shared:
    """What a plugin's code and its test both reach, by importing this module."""

    gate: threading.Event = field(default_factory=threading.Event)
    seen: list[str] = field(default_factory=list[str])


shared = Shared()


@dataclass
class Clock:
    """A clock that a test moves."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        """The time it shows."""
        return self.now

    def later(self, seconds: float, call: Callable[[], object]) -> asyncio.TimerHandle:
        """Whoever waits makes the clock jump, so that nobody does."""
        due = self.now + seconds

        def jump() -> None:
            self.now = max(self.now, due)
            call()

        return asyncio.get_running_loop().call_later(0, jump)


class HeldClock(Clock):
    """A clock on which time passes only when a test lets it, and with it whoever waits goes on."""

    def __init__(self) -> None:
        super().__init__()
        self._timers: list[tuple[float, asyncio.TimerHandle, Callable[[], object]]] = []

    def later(self, seconds: float, call: Callable[[], object]) -> asyncio.TimerHandle:
        """Call when so much time has passed."""
        timer = asyncio.get_running_loop().call_later(3600, lambda: None)
        self._timers.append((self.now + seconds, timer, call))
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        while due := sorted((when for when, timer, _ in self._timers if when <= until and not timer.cancelled())):
            self.now = max(self.now, due[0])
            self._ring()
        self.now = until

    def _ring(self) -> None:
        ringing = [(timer, call) for when, timer, call in self._timers if when <= self.now and not timer.cancelled()]
        self._timers = [one for one in self._timers if one[0] > self.now and not one[1].cancelled()]
        for timer, call in ringing:
            timer.cancel()
            call()


@dataclass
class Upstream:
    """Plays an upstream, and remembers what it was sent."""

    handler: Handler
    requests: list[web.Request] = field(default_factory=list[web.Request])
    running: int = 0
    peak: int = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Record a request and let the handler answer it."""
        self.requests.append(request)
        self.running += 1
        self.peak = max(self.peak, self.running)
        try:
            await request.read()
            return await self.handler(request)
        finally:
            self.running -= 1


class NameTable(AbstractResolver):
    """Answers every name from a table."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = answers

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The table's addresses, or a public one."""
        found = self.answers.get(host.partition(".")[0], ["93.184.216.34"])
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in found]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)
            for kind, address in zip(families, found, strict=True)
        ]

    async def close(self) -> None:
        """Nothing is open."""


class Stage:
    """Everything a test needs; `open` may be replaced, `upstream.handler` too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.upstream = Upstream(answering({"value": 42}))
        self.connections: dict[UUID, OpenConnection] = {}
        self.opened = 0
        self.trouble: Exception | None = None
        self.after_opening: Callable[[], object] = lambda: None
        self.address = ""
        self.fetcher: Fetcher
        self._server: TestServer | None = None
        self._fetchers: list[Fetcher] = []

    async def start(
        self,
        source: str = FETCH,
        *,
        saas: bool = True,
        stand_in: str | None = None,
        names: AbstractResolver | None = None,
        patience: Patience = PATIENCE,
        clock: Callable[[], float] = time.time,
        observe: Callable[[ConnectionRef, Outcome], None] = lambda ref, outcome: None,
        shared: AnswerStore | None = None,
        limits: LimitStore | None = None,
        days: DayStore | None = None,
        **manifest: Any,
    ) -> Fetcher:
        """Write the plugin `probe`, start its upstream and the fetcher."""
        folder = self.folder / "probe"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plugin.py").write_text(source)
        if manifest.get("connection", {}) is not None:
            manifest["connection"] = MANIFEST["connection"] | manifest.get("connection", {})
        (folder / "manifest.json").write_text(json.dumps(MANIFEST | manifest))
        plugins = Plugins.load([self.folder], lambda _: False)
        assert plugins.get("probe").error is None, plugins.get("probe").error
        self.address = await self._listen() if stand_in is None else stand_in
        upstreams = {"probe": self.address} if self.address else {}
        self.fetcher = Fetcher(
            plugins,
            self.open,
            saas=saas,
            upstreams=upstreams,
            names=names,
            patience=patience,
            clock=clock,
            observe=observe,
            shared=shared,
            limits=limits,
            days=days,
        )
        if isinstance(clock, Clock):
            gateway = self.fetcher._gateway  # pyright: ignore[reportPrivateUsage] -- only tests have a time of their own
            gateway.limiter.later = clock.later
        self._fetchers.append(self.fetcher)
        return self.fetcher

    def connect(self, replaced: ConnectionRef | None = None, **secrets: str) -> ConnectionRef:
        """Give an owner a connection, or new secrets to one there is; without secrets, the usual key."""
        ref = ConnectionRef(uuid4(), "probe", uuid4(), 1)
        if replaced:
            ref = replace(replaced, version=replaced.version + 1)
        values = {key: Secret(value) for key, value in (secrets or {"TOKEN": KEY}).items()}
        self.connections[ref.id] = OpenConnection(ref, values)
        return ref

    async def open(self, ref: ConnectionRef) -> OpenConnection:
        """The connection as it is now, or the trouble that a test wants."""
        self.opened += 1
        if self.trouble:
            raise self.trouble
        opened = self.connections[ref.id]
        self.after_opening()
        return opened

    async def value(self, ref: ConnectionRef, *arguments: object) -> Any:
        """The value of `PROBE(…)`, or its error."""
        return (await self.ask(ref, *arguments)).value

    async def error(self, ref: ConnectionRef, *arguments: object) -> CellError:
        """The error of `PROBE(…)`."""
        value = await self.value(ref, *arguments)
        assert isinstance(value, CellError)
        return value

    async def ask(self, ref: ConnectionRef, *arguments: object, newer_than: float = 0.0) -> Answer:
        """The answer to `PROBE(…)`."""
        return await self.fetcher.ask(ref, call(*arguments), Wish(newer_than))

    async def close(self) -> None:
        """Stop everything."""
        for fetcher in self._fetchers:
            await fetcher.aclose()
        if self._server:
            await self._server.close()

    async def _listen(self) -> str:
        if self._server is None:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", self.upstream.serve)
            self._server = TestServer(app, host="127.0.0.1")
            await self._server.start_server()
        return str(self._server.make_url("/"))


def call(*arguments: object) -> Call:
    """`PROBE(…)` as the formula book spells it."""
    return Call("PROBE", json.dumps(arguments))


def answering(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Handler:
    """A handler that always gives this JSON."""

    async def handler(_: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return handler


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds; the test fails if it does not within five seconds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 -- what is waited for happens in sockets and threads, without an event
            await asyncio.sleep(0.005)
