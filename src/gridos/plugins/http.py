"""The way out that a plugin's function meets as `kernel.http`."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gridos.grid import CellError


class UpstreamError(Exception):
    """Upstream did not give what was asked for; `error` is what the cell shows."""

    def __init__(self, error: CellError) -> None:
        super().__init__(error.code)
        self.error = error


@dataclass(frozen=True, slots=True)
class Response:
    """What upstream sent. Header names are in lower case; the body is decompressed and at most 8 MB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http(Protocol):
    """
    Requests to the plugin's own upstream.

    A path is relative to the manifest's `base_url`; a whole address may only lead to one of its further `hosts`, by
    GET and without secrets; an operator's stand-in stands in for these too. The host adds the secrets itself, after
    the plugin's part is fixed, and refuses methods and paths that the manifest does not list.
    """

    async def get_json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The decoded answer of a GET; UpstreamError for any status but 2xx and for what is not JSON."""
        ...

    async def post_json(self, path: str, json: Any, *, cost: float = 1, safe: bool = False) -> Any:
        """The decoded answer of a POST with a JSON body; UpstreamError as in `get_json`."""
        ...

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
        """
        Any status, as it came; UpstreamError only when nothing came or the request is not allowed.

        `cost` is what upstream charges for it, in the units of the connection's `pace`. `safe` says that it changes
        nothing (RFC 9110, section 9.2.1), so that it may be sent again after a failure; a GET always is.
        """
        ...

    async def decoded(self, response: Response) -> Any:
        """What `get_json` makes of a response: its JSON, or the UpstreamError that its status or its body mean."""
        ...

    def lines(self, address: str) -> AsyncIterator[str]:
        """
        The lines of a file at one of the manifest's further `hosts`, as they come: it may be of any size.

        UpstreamError unless all of it comes, so what is made of it counts only once the last line is read. A line
        holds at most 1 MB. Its time is the call's own.
        """
        ...

    def learn(self, *, available: float, per_second: float, capacity: float) -> None:
        """Upstream told its budget for this connection: what is left now, what is added a second, what it can hold."""
        ...
