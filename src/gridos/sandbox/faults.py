"""What tests and demos may do to the stand-ins: break them on purpose, slow them down, count what they were asked."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from aiohttp import web

_PAGE = "<!doctype html><title>Sandbox</title><p>An invented page where JSON was expected.</p>"


@dataclass(frozen=True, slots=True)
class Fault:
    """
    What to do instead of answering.

    It meets requests whose path starts with `path` and whose key is `account`'s (None: anybody's), `times` times
    (None: until cleared). `latency` is in seconds and, alone, only delays. `redirect` is the address to send people
    to; `html` answers with a page, `body` with that JSON; `close` cuts the connection without an answer.
    """

    path: str = "/"
    account: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    times: int | None = None
    latency: float = 0
    html: bool = False
    body: Any = None
    redirect: str | None = None
    close: bool = False

    def meets(self, path: str, account: str | None) -> bool:
        """Whether a request has this fault."""
        return path.startswith(self.path) and self.account in {None, account} and self.times != 0


class Weather:
    """The faults and the latency of one sandbox, and a record of its requests. A record never holds a key."""

    def __init__(self, latency: float, account_of: Callable[[web.Request], str | None]) -> None:
        self.latency = latency
        self.faults: list[Fault] = []
        self.account_of = account_of
        self.forget()

    def forget(self) -> None:
        """Count from zero."""
        self.paths: Counter[str] = Counter()
        self.accounts: Counter[str] = Counter()
        self.running = self.peak = 0

    def record(self) -> dict[str, Any]:
        """What was asked since the last `forget`; `peak` is the most requests that ran at the same time."""
        return {
            "total": self.paths.total(),
            "peak": self.peak,
            "paths": dict(self.paths),
            "accounts": dict(self.accounts),
        }

    def strike(self, path: str, account: str | None) -> Fault | None:
        """The newest fault that meets a request, used up by one."""
        for position in reversed(range(len(self.faults))):
            fault = self.faults[position]
            if fault.meets(path, account):
                if fault.times is not None:
                    self.faults[position] = replace(fault, times=fault.times - 1)
                return fault
        return None

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Stand between every request and its stand-in."""
        if request.path == "/" or request.path.startswith("/_sandbox/"):
            return await handler(request)
        account = self.account_of(request)
        self.paths[request.path] += 1
        self.accounts[account or "unknown"] += 1
        self.running += 1
        self.peak = max(self.peak, self.running)
        try:
            return await self._answer(request, handler, self.strike(request.path, account))
        finally:
            self.running = max(0, self.running - 1)

    async def _answer(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
        fault: Fault | None,
    ) -> web.StreamResponse:
        if wait := self.latency + (fault.latency if fault else 0):
            await asyncio.sleep(wait)
        if fault is None:
            return await handler(request)
        if fault.close and request.transport:
            request.transport.abort()
            return web.Response()
        if fault.redirect is not None:
            return web.Response(status=fault.status or 302, headers={**fault.headers, "Location": fault.redirect})
        if fault.html:
            return web.Response(status=fault.status or 200, headers=fault.headers, text=_PAGE, content_type="text/html")
        if fault.body is not None or fault.status is not None:
            error = {"message": "A fault that was ordered from the sandbox.", "type": "api_error"}
            body = {"error": error} if fault.body is None else fault.body
            return web.json_response(body, status=fault.status or 200, headers=fault.headers)
        return await handler(request)

    def routes(self) -> list[web.RouteDef]:
        """The switches below `/_sandbox/`."""
        return [
            web.post("/_sandbox/faults", self._post_fault),
            web.delete("/_sandbox/faults", self._delete_faults),
            web.get("/_sandbox/requests", self._get_requests),
            web.delete("/_sandbox/requests", self._delete_requests),
            web.put("/_sandbox/latency", self._put_latency),
        ]

    async def _post_fault(self, request: web.Request) -> web.Response:
        ordered = await request.json()
        unknown = sorted(ordered.keys() - {member.name for member in fields(Fault)})
        if unknown:
            return web.json_response({"detail": f"A fault has no `{unknown[0]}`."}, status=400)
        self.faults.append(Fault(**ordered))
        return web.json_response({"faults": len(self.faults)}, status=201)

    async def _delete_faults(self, _: web.Request) -> web.Response:
        self.faults.clear()
        return web.Response(status=204)

    async def _get_requests(self, _: web.Request) -> web.Response:
        return web.json_response(self.record())

    async def _delete_requests(self, _: web.Request) -> web.Response:
        self.forget()
        return web.Response(status=204)

    async def _put_latency(self, request: web.Request) -> web.Response:
        self.latency = float((await request.json())["seconds"])
        return web.Response(status=204)
