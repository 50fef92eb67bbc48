"""What the server grants a call in a plugin's process: the call's own scope, and nothing beside it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from gridos.plugins import CallScope, Day, Response

LINES_AT_ONCE: Final = 1_000
CHARACTERS_AT_ONCE: Final = 1_000_000
"""Lines may be as long as a megabyte each; of those only one or two are held."""


class Grants:
    """
    One call's. Names and arguments come from a process whose code may be anything, so each is checked.

    A name that is not here is a KeyError, arguments of another form a TypeError or ValidationError.
    """

    def __init__(self, scope: CallScope) -> None:
        self._scope = scope
        self._files: list[AsyncIterator[str]] = []
        self._wishes: Mapping[str, Callable[..., Awaitable[bytes]]] = {
            "get_json": self._get_json,
            "post_json": self._post_json,
            "request": self._request,
            "decoded": self._decoded,
            "open_lines": self._open_lines,
            "read_lines": self._read_lines,
            "source": self._source,
            "read_days": self._read_days,
            "put_days": self._put_days,
            "confirm_days": self._confirm_days,
        }

    async def grant(self, what: str, arguments: Mapping[str, Any]) -> bytes:
        """Do what is asked for; UpstreamError as the scope's own."""
        return await self._wishes[what](**arguments)

    def hear(self, what: str, arguments: Mapping[str, Any]) -> None:
        """Take in what needs no reply."""
        if what == "learn":
            told = msgspec.convert(arguments, dict[str, float])
            self._scope.http.learn(**told)
        elif what == "progress":
            told = msgspec.convert(arguments, dict[str, int | None])
            self._scope.progress(told["done"] or 0, told["of"])

    async def _get_json(self, path: str, params: Mapping[str, Any] | None) -> bytes:
        return json.dumps(await self._scope.http.get_json(path, params)).encode()

    async def _post_json(self, path: str, **options: Any) -> bytes:
        return json.dumps(await self._scope.http.post_json(path, **options)).encode()

    async def _request(self, method: str, path: str, **options: Any) -> bytes:
        response = await self._scope.http.request(method, path, **options)
        return msgspec.msgpack.encode(
            {"status": response.status, "headers": dict(response.headers), "body": response.body}
        )

    async def _decoded(self, response: Any) -> bytes:
        return json.dumps(await self._scope.http.decoded(msgspec.convert(response, Response))).encode()

    async def _open_lines(self, address: str) -> bytes:
        self._files.append(self._scope.http.lines(address))
        return json.dumps(len(self._files) - 1).encode()

    async def _read_lines(self, handle: int) -> bytes:
        """A few lines, up to a thousand if they are short; none at the end."""
        lines: list[str] = []
        characters = 0
        async for line in self._files[handle]:
            lines.append(line)
            characters += len(line)
            if len(lines) == LINES_AT_ONCE or characters >= CHARACTERS_AT_ONCE:
                break
        return json.dumps(lines).encode()

    async def _source(self, name: str, arguments: list[Any]) -> bytes:
        return json.dumps(await self._scope.ask_source(name, tuple(arguments))).encode()

    async def _read_days(self, series: str, zone: str, first: str, last: str) -> bytes:
        found = await self._scope.days.read(series, zone, date.fromisoformat(first), date.fromisoformat(last))
        return msgspec.json.encode(dict(found))

    async def _put_days(self, series: str, zone: str, days: Any) -> bytes:
        await self._scope.days.put(series, zone, msgspec.convert(days, dict[date, Day], strict=False))
        return b"null"

    async def _confirm_days(self, series: str, zone: str, first: str, last: str, as_of: float) -> bytes:
        await self._scope.days.confirm(series, zone, date.fromisoformat(first), date.fromisoformat(last), as_of)
        return b"null"
