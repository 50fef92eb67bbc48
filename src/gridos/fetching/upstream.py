"""Sends one plugin's requests: an aiohttp session behind that plugin's guard."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Iterable
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import ContentEncodingError
from multidict import CIMultiDictProxy
from yarl import URL

from gridos.fetching import failures
from gridos.fetching.egress import Allowed, EgressGuard, EgressRefused
from gridos.fetching.files import UnreadableFile, read_lines
from gridos.fetching.injecting import Outgoing
from gridos.fetching.portions import PortionsConnector
from gridos.grid import CellError
from gridos.plugins import Manifest, Response, UpstreamError

LARGEST_BODY: Final = 8 * 1024 * 1024
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """
    Seconds: to connect, for one request in all, and for a call's own time (`deadline`).

    A file that is read line by line may take any time, but never be silent for longer than a request may take. A
    request that changes nothing is sent at most `tries` times.
    """

    connect: float = 5.0
    request: float = 30.0
    call: float = 120.0
    tries: int = 4


PATIENCE: Final = Patience()


class Unreachable(UpstreamError):
    """Nothing came back, or not all of it."""


class TooLarge(Exception):
    """The body is larger than 8 MB once decompressed."""


# The first kind that fits explains the trouble.
_TROUBLES: Final[tuple[tuple[type[Exception], Callable[[Manifest, str], CellError], str], ...]] = (
    (TooLarge, failures.senseless, "It is larger than 8 MB."),
    (ContentEncodingError, failures.senseless, "It cannot be decompressed."),
    (aiohttp.ClientResponseError, failures.senseless, "It is not HTTP as it should be."),
    (TimeoutError, failures.offline, "It did not answer in time."),
    (aiohttp.ClientSSLError, failures.offline, "It could not prove its identity (TLS)."),
    (aiohttp.ClientConnectorError, failures.offline, "No connection could be made."),
    (ValueError, failures.blocked, "Its request is not one that can be sent."),
    (Exception, failures.offline, "The connection broke before the answer was complete."),
)


class Upstream:
    """
    One plugin's way out.

    Redirects are not followed, cookies not kept, proxies and `.netrc` not looked at. Sessions are not shared between
    plugins, so that what one plugin's guard vouches for is never dialled for another.
    """

    def __init__(
        self,
        manifest: Manifest,
        names: AbstractResolver,
        allow: Iterable[Allowed],
        stand_in: URL | None,
        patience: Patience,
    ) -> None:
        self._manifest = manifest
        self._patience = patience
        self.stand_in = stand_in
        self._guard = EgressGuard(names, allow, _endpoint(stand_in))
        self._session = aiohttp.ClientSession(
            connector=PortionsConnector(resolver=self._guard, socket_factory=self._guard.dial, limit=0),
            timeout=aiohttp.ClientTimeout(total=patience.request, sock_connect=patience.connect),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "GridOS", "Accept": "application/json"},
            trust_env=False,
        )

    async def send(self, request: Outgoing, hosts: Collection[str]) -> Response:
        """What came back, whatever its status; UpstreamError when nothing usable did."""
        with self._explained():
            return await self._exchange(request, self._placed(request.url, hosts))

    async def lines(self, url: URL, hosts: Collection[str], now: float) -> AsyncGenerator[str]:
        """The lines of a file at one of the further hosts; UpstreamError unless all of it comes."""
        with self._explained():
            async with self._session.get(
                self._placed(url, hosts),
                headers={"Accept": "*/*", "Accept-Encoding": "gzip"},
                allow_redirects=False,
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(sock_connect=self._patience.connect, sock_read=self._patience.request),
            ) as answer:
                if error := failures.of_file(
                    self._manifest, Response(answer.status, _headers(answer.headers), b""), now
                ):
                    raise UpstreamError(error)
                async with aclosing(read_lines(answer)) as lines:
                    async for line in lines:
                        yield line

    async def aclose(self) -> None:
        """Close its connections."""
        await self._session.close()

    async def _exchange(self, request: Outgoing, url: URL) -> Response:
        async with self._session.request(
            request.method, url, headers=request.headers, data=request.body, allow_redirects=False
        ) as answer:
            return Response(answer.status, _headers(answer.headers), await _read(answer))

    def _placed(self, url: URL, hosts: Collection[str]) -> URL:
        """
        Where such an address is asked for; EgressRefused where none may be.

        The operator's stand-in takes the place of the manifest's further hosts too, but of no other: an address that
        would be refused without a stand-in is refused with one.
        """
        self._guard.check_url(url, hosts)
        if self.stand_in is None or url.raw_host not in hosts:
            return url
        return URL(f"{self.stand_in.origin()}{url.raw_path_qs}", encoded=True)

    @contextmanager
    def _explained(self) -> Generator[None]:
        # The exceptions' own words are dropped on purpose: they hold addresses, and addresses may hold a secret.
        try:
            yield
        except (aiohttp.ClientError, OSError, ValueError, TooLarge, UnreadableFile) as trouble:
            raise self._explain(trouble) from None

    def _explain(self, trouble: Exception) -> UpstreamError:
        root = _root(trouble)
        if isinstance(root, EgressRefused):
            return UpstreamError(failures.blocked(self._manifest, str(root)))
        if isinstance(root, UnreadableFile):
            return UpstreamError(failures.senseless(self._manifest, str(root)))
        failure, reason = next((failure, reason) for kind, failure, reason in _TROUBLES if isinstance(root, kind))
        error = failure(self._manifest, reason)
        return Unreachable(error) if failure is failures.offline else UpstreamError(error)


def _root(trouble: Exception) -> Exception:
    """What the client library wrapped: the guard's refusal, or a body that cannot be decompressed."""
    match trouble:
        case aiohttp.ClientConnectorError(os_error=EgressRefused() as refused):
            return refused
        case aiohttp.ClientPayloadError(__cause__=ContentEncodingError() as undecodable):
            return undecodable
        case _:
            return trouble


def _endpoint(stand_in: URL | None) -> tuple[str, int] | None:
    return (stand_in.raw_host or "", stand_in.port or 0) if stand_in else None


def _headers(headers: CIMultiDictProxy[str]) -> MappingProxyType[str, str]:
    """Lower-case names; a header that came several times is one list (RFC 9110, section 5.2)."""
    return MappingProxyType({name.lower(): ", ".join(headers.getall(name)) for name in headers})


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise TooLarge
        await asyncio.sleep(0)  # what was held back is read without waiting, and others want the loop too
    return bytes(body)
