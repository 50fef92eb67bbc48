"""What a call in a plugin's process asks of the server: its way out, its sources, its days."""

import json as json_codec
from collections.abc import AsyncIterator, Awaitable, Mapping
from datetime import date
from typing import Any, Protocol

import msgspec

from gridos.plugins import Day, Response


class Line(Protocol):
    """One call's line to the server."""

    def ask(self, what: str, **arguments: Any) -> Awaitable[bytes]:
        """The server's reply, or UpstreamError."""
        ...

    def tell(self, what: str, **arguments: Any) -> None:
        """Say something that needs no reply."""
        ...


class AskingHttp:
    """Implements `plugins.Http`: the server adds the secrets and decides what is allowed."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def get_json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """As `plugins.Http` says."""
        return json_codec.loads(await self._line.ask("get_json", path=path, params=params))

    async def post_json(self, path: str, json: Any, *, cost: float = 1, safe: bool = False) -> Any:
        """As `plugins.Http` says."""
        return json_codec.loads(await self._line.ask("post_json", path=path, json=json, cost=cost, safe=safe))

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        cost: float = 1,
        safe: bool = False,
    ) -> Response:
        """As `plugins.Http` says."""
        options = {"params": params, "json": json, "headers": headers, "cost": cost, "safe": safe}
        answer = await self._line.ask("request", method=method, path=path, **options)
        return msgspec.msgpack.decode(answer, type=Response)

    async def decoded(self, response: Response) -> Any:
        """As `plugins.Http` says."""
        whole = {"status": response.status, "headers": dict(response.headers), "body": response.body}
        return json_codec.loads(await self._line.ask("decoded", response=whole))

    async def lines(self, address: str) -> AsyncIterator[str]:
        """As `plugins.Http` says."""
        handle = json_codec.loads(await self._line.ask("open_lines", address=address))
        while batch := json_codec.loads(await self._line.ask("read_lines", handle=handle)):
            for line in batch:
                yield line

    def learn(self, *, available: float, per_second: float, capacity: float) -> None:
        """As `plugins.Http` says."""
        self._line.tell("learn", available=available, per_second=per_second, capacity=capacity)


class AskingDays:
    """Implements `plugins.Days`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def read(self, series: str, zone: str, first: date, last: date) -> Mapping[date, Day]:
        """As `plugins.Days` says."""
        answer = await self._line.ask("read_days", series=series, zone=zone, first=first, last=last)
        return msgspec.json.decode(answer, type=dict[date, Day])

    async def put(self, series: str, zone: str, days: Mapping[date, Day]) -> None:
        """As `plugins.Days` says."""
        await self._line.ask("put_days", series=series, zone=zone, days=dict(days))

    async def confirm(self, series: str, zone: str, first: date, last: date, as_of: float) -> None:
        """As `plugins.Days` says."""
        await self._line.ask("confirm_days", series=series, zone=zone, first=first, last=last, as_of=as_of)
