"""The way out that a plugin's function meets as `kernel.http`."""

from collections.abc import Mapping
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
    GET and without secrets. The host adds the secrets itself, after the plugin's part is fixed, and refuses methods
    and paths that the manifest does not list.
    """

    async def get_json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The decoded answer of a GET; UpstreamError for any status but 2xx and for what is not JSON."""
        ...

    async def post_json(self, path: str, json: Any) -> Any:
        """The decoded answer of a POST with a JSON body; UpstreamError as in `get_json`."""
        ...

    async def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Response:
        """Any status, as it came; UpstreamError only when nothing came or the request is not allowed."""
        ...
