"""The way out of one running call: what its plugin meets as `kernel.http`."""

import json as json_codec
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, nullcontext
from dataclasses import replace
from functools import partial
from math import inf
from typing import Any, Final, NoReturn

from multidict import CIMultiDict

from gridos.errors import OutsideCall
from gridos.fetching import failures
from gridos.fetching.addressing import absolute, is_absolute, join, path_below
from gridos.fetching.deadline import Deadline
from gridos.fetching.egress import EgressRefused
from gridos.fetching.gateway import Gateway
from gridos.fetching.injecting import Outgoing, base_address, set_keys
from gridos.fetching.priority import Urgency
from gridos.fetching.sending import Draft, Sender
from gridos.plugins import Anonymous, ConnectionSpec, Manifest, OpenConnection, Response, UpstreamError

_SAFE: Final = {"GET", "HEAD"}  # RFC 9110, section 9.2.1

# RFC 9110, section 13.1. Every other header is the manifest's or the host's.
_CONDITIONS = {"If-None-Match", "If-Modified-Since"}
_HEADER_VALUE = re.compile(r"[ -~]{1,512}")


class CallHttp:
    """Implements `plugins.Http` for one call on one opened connection."""

    def __init__(
        self,
        manifest: Manifest,
        opened: OpenConnection,
        gateway: Gateway,
        deadline: Deadline,
        *,
        urgency: Urgency | None = None,
        patient: bool = True,
    ) -> None:
        """One that is not `patient` tells of each failure at once, instead of trying again first."""
        self._manifest = manifest
        self._ref = opened.ref
        self._secrets = opened.secrets
        self._gateway = gateway
        self._deadline = deadline
        self._urgency = urgency or Urgency()
        self._sender = Sender(manifest, opened, gateway, deadline, patient=patient)

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
        if not 0 <= cost < inf:
            raise ValueError("A request costs a number of units, 0 or more.")
        try:
            draft = self._draft(method.upper(), path, params, json, headers or {})
        except EgressRefused as refused:
            raise UpstreamError(failures.blocked(self._manifest, str(refused))) from None
        method = draft.request.method
        draft = replace(draft, cost=cost, is_safe=method in _SAFE or (method == "POST" and safe))
        if method != "GET" or is_absolute(path):
            return await self._sender.send(draft, self._urgency)
        same = f"{draft.request.url} {sorted((headers or {}).items())}"
        merging, key = self._gateway.merging, (self._ref.id, self._ref.version, same)
        # Another call waits its turn for this request; that is not this call's own time.
        with self._deadline.paused() if key in merging else nullcontext():
            return await merging.run(key, partial(self._sender.send, draft), self._urgency)

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
        spec = self._spec()
        try:
            url = absolute(address, None)
        except EgressRefused as refused:
            raise UpstreamError(failures.blocked(self._manifest, str(refused))) from None
        async with aclosing(self._sender.lines(url, spec.hosts)) as lines:
            async for line in lines:
                if self._deadline.is_over:
                    raise OutsideCall
                yield line

    def learn(self, *, available: float, per_second: float, capacity: float) -> None:
        """As `plugins.Http` says."""
        limiter = self._gateway.limiter
        limiter.learn(self._ref.id, available=available, per_second=per_second, capacity=capacity)

    def _draft(
        self, method: str, path: str, params: Mapping[str, Any] | None, json: Any, conditions: Mapping[str, str]
    ) -> Draft:
        spec = self._spec()
        way = spec.find_way(set_keys(self._secrets))
        if way is None:
            raise UpstreamError(failures.not_connected(self._manifest))
        base = base_address(self._manifest, self._secrets, self._gateway.upstream(self._manifest).stand_in)
        if is_absolute(path):
            _check_method(allowed=method == "GET" and json is None)
            url = absolute(path, params)
            return Draft(Outgoing(method, url), Anonymous(), base, spec.hosts, url.raw_host or "")
        url = join(base, path, params)
        _check_method(allowed=spec.allows(method, path_below(base, url)))
        headers = CIMultiDict(spec.headers)
        headers.update(_checked(conditions))
        body = None if json is None else json_codec.dumps(json, allow_nan=False).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        host = base_address(self._manifest, self._secrets, None).raw_host or ""
        return Draft(Outgoing(method, url, headers, body), way, base, {base.raw_host or ""}, host)

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
