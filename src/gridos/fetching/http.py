"""The way out of one running call: what its plugin meets as `kernel.http`."""

import json as json_codec
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, NoReturn

from multidict import CIMultiDict
from yarl import URL

from gridos.fetching import failures
from gridos.fetching.addressing import absolute, is_absolute, join, path_below
from gridos.fetching.deadline import Deadline
from gridos.fetching.egress import EgressRefused
from gridos.fetching.gateway import Gateway
from gridos.fetching.injecting import Outgoing, authenticate, base_address, mint_request, set_keys
from gridos.fetching.minting import Minted, read_minted
from gridos.fetching.priority import Priority
from gridos.grid import CellError
from gridos.plugins import (
    Anonymous,
    AuthWay,
    ConnectionSpec,
    Manifest,
    MintedAuth,
    OpenConnection,
    Response,
    UpstreamError,
)
from gridos.secret import Secret

# RFC 9110, section 13.1. Every other header is the manifest's or the host's.
_CONDITIONS = {"If-None-Match", "If-Modified-Since"}
_HEADER_VALUE = re.compile(r"[ -~]{1,512}")


@dataclass(frozen=True, slots=True)
class _Draft:
    """A request as far as the plugin decides it, and where it may go."""

    request: Outgoing
    way: AuthWay
    base: URL
    hosts: Collection[str]


class CallHttp:
    """Implements `plugins.Http` for one call on one opened connection."""

    def __init__(
        self,
        manifest: Manifest,
        opened: OpenConnection,
        gateway: Gateway,
        deadline: Deadline,
        *,
        priority: Priority = Priority.INTERACTIVE,
    ) -> None:
        self._priority = priority
        self._manifest = manifest
        self._ref = opened.ref
        self._secrets = opened.secrets
        self._gateway = gateway
        self._deadline = deadline

    async def get_json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """As `plugins.Http` says."""
        return await self.decoded(await self.request("GET", path, params=params))

    async def post_json(self, path: str, json: Any, *, cost: float = 1, safe: bool = False) -> Any:
        """As `plugins.Http` says."""
        return await self.decoded(await self.request("POST", path, json=json, cost=cost, safe=safe))

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
        """As `plugins.Http` says. Equal GETs of one connection that are under way at the same time are sent once."""
        try:
            draft = self._draft(method.upper(), path, params, json, headers or {})
        except EgressRefused as refused:
            raise UpstreamError(failures.blocked(self._manifest, str(refused))) from None
        if draft.request.method != "GET" or is_absolute(path):
            return await self._exchange(draft)
        same = f"{draft.request.url} {sorted((headers or {}).items())}"
        merging, key = self._gateway.merging, (self._ref.id, self._ref.version, same)
        # Another call waits its turn for this request; that is not this call's own time.
        with self._deadline.paused() if key in merging else nullcontext():
            return await merging.run(key, partial(self._exchange, draft))

    async def decoded(self, response: Response) -> Any:
        """As `plugins.Http` says."""
        if error := failures.of_status(self._manifest, response, self._gateway.clock()):
            raise UpstreamError(error)
        try:
            return json_codec.loads(response.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise UpstreamError(failures.senseless(self._manifest, "It is not JSON.", response)) from None

    async def lines(self, address: str) -> AsyncIterator[str]:
        """As `plugins.Http` says."""
        for line in (await self.request("GET", address)).body.decode().splitlines():
            yield line

    def learn(self, *, available: float, per_second: float, capacity: float) -> None:
        """As `plugins.Http` says."""

    def _draft(
        self, method: str, path: str, params: Mapping[str, Any] | None, json: Any, conditions: Mapping[str, str]
    ) -> _Draft:
        spec = self._spec()
        way = spec.find_way(set_keys(self._secrets))
        if way is None:
            raise UpstreamError(failures.not_connected(self._manifest))
        base = base_address(self._manifest, self._secrets, self._gateway.upstream(self._manifest).stand_in)
        if is_absolute(path):
            _check_method(allowed=method == "GET" and json is None)
            return _Draft(Outgoing(method, absolute(path, params)), Anonymous(), base, spec.hosts)
        url = join(base, path, params)
        _check_method(allowed=spec.allows(method, path_below(base, url)))
        headers = CIMultiDict(spec.headers)
        headers.update(_checked(conditions))
        body = None if json is None else json_codec.dumps(json, allow_nan=False).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        return _Draft(Outgoing(method, url, headers, body), way, base, {base.raw_host or ""})

    async def _exchange(self, draft: _Draft) -> Response:
        token = await self._token(draft)
        response = await self._send(draft, token)
        if token and response.status == HTTPStatus.UNAUTHORIZED:
            self._gateway.tokens.reject(self._ref, token)
            response = await self._send(draft, await self._token(draft))
        return response

    async def _send(self, draft: _Draft, token: Secret | None) -> Response:
        try:
            request = authenticate(draft.request, draft.way, self._secrets, token)
        except EgressRefused as refused:
            raise UpstreamError(failures.blocked(self._manifest, str(refused))) from None
        return await self._pass(request, draft.hosts)

    async def _pass(self, request: Outgoing, hosts: Collection[str]) -> Response:
        async with self._gateway.limiter.turn(self._ref.id, self._spec().at_once, self._deadline):
            self._gateway.requests[self._manifest.slug] += 1
            response = await self._gateway.upstream(self._manifest).send(request, hosts)
        if failures.is_limit(response):
            why = failures.limited(self._manifest, response, self._gateway.clock())
            self._gateway.limiter.pause(self._ref.id, why)
        return response

    async def _token(self, draft: _Draft) -> Secret | None:
        if not isinstance(draft.way, MintedAuth):
            return None
        return await self._gateway.tokens.get(self._ref, partial(self._mint, draft.way, draft))

    async def _mint(self, way: MintedAuth, draft: _Draft) -> Minted:
        request = mint_request(draft.base, way, self._secrets, CIMultiDict(self._spec().headers))
        response = await self._pass(request, draft.hosts)
        if error := self._mint_error(response):
            raise UpstreamError(error)
        minted = read_minted(response)
        if minted is None:
            raise UpstreamError(failures.senseless(self._manifest, "It minted no token.", response))
        return minted

    def _mint_error(self, response: Response) -> CellError | None:
        """Every 4xx but a limit says that the pair of id and secret is not accepted (RFC 6749, section 5.2)."""
        refused = HTTPStatus.BAD_REQUEST <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR
        if refused and not failures.is_limit(response):
            return failures.rejected(self._manifest)
        return failures.of_status(self._manifest, response, self._gateway.clock())

    def _spec(self) -> ConnectionSpec:
        if self._manifest.connection is None:
            raise UpstreamError(failures.blocked(self._manifest, "Its manifest declares no connection."))
        return self._manifest.connection


def _check_method(*, allowed: bool) -> None:
    if not allowed:
        raise EgressRefused("Its manifest does not list this method for this address.")


def _checked(conditions: Mapping[str, str]) -> Mapping[str, str]:
    if conditions.keys() - _CONDITIONS or not all(map(_HEADER_VALUE.fullmatch, conditions.values())):
        raise EgressRefused("A plugin sets no header but the conditions If-None-Match and If-Modified-Since.")
    return conditions


def _refuse_constant(_: str) -> NoReturn:
    """Python reads NaN and Infinity, which JSON does not have."""
    raise ValueError
