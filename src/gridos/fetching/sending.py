"""Sends the requests of one call: each in its turn, at upstream's pace, with the owner's secret, again where it may."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from multidict import CIMultiDict
from yarl import URL

from gridos.fetching import failures
from gridos.fetching.breaker import Breaker, CircuitOpen
from gridos.fetching.deadline import Deadline
from gridos.fetching.egress import EgressRefused
from gridos.fetching.gateway import FILES_AT_ONCE, Gateway
from gridos.fetching.injecting import Outgoing, authenticate, mint_request
from gridos.fetching.minting import Minted, read_minted
from gridos.fetching.priority import Urgency
from gridos.fetching.retrying import Tries
from gridos.fetching.telling import opened, paused
from gridos.fetching.upstream import Unreachable
from gridos.grid import CellError
from gridos.plugins import AuthWay, ConnectionSpec, Manifest, MintedAuth, OpenConnection, Response, UpstreamError
from gridos.secret import Secret


@dataclass(frozen=True, slots=True)
class Draft:
    """
    A request as far as the plugin decides it, and where it may go.

    `host` is the one that the manifest means, whatever stands in for it. A safe request changes nothing.
    """

    request: Outgoing
    way: AuthWay
    base: URL
    hosts: Collection[str]
    host: str
    cost: float = 1.0
    is_safe: bool = False


class Sender:
    """Sends for one call on one opened connection."""

    def __init__(
        self,
        manifest: Manifest,
        opened: OpenConnection,
        gateway: Gateway,
        deadline: Deadline,
        *,
        patient: bool,
    ) -> None:
        self._manifest = manifest
        self._ref = opened.ref
        self._secrets = opened.secrets
        self._gateway = gateway
        self._deadline = deadline
        self._patient = patient

    async def send(self, draft: Draft, urgency: Urgency) -> Response:
        """What came back, whatever its status. A minted token that is refused is replaced once."""
        token = await self._token(draft, urgency)
        response = await self._send(draft, token, urgency)
        if token and response.status == HTTPStatus.UNAUTHORIZED:
            self._gateway.tokens.reject(self._ref, token)
            response = await self._send(draft, await self._token(draft, urgency), urgency)
        return response

    async def lines(self, url: URL, hosts: Collection[str]) -> AsyncGenerator[str]:
        """The lines of a file at one of the further hosts."""
        gateway, breaker = self._gateway, self._breaker(url.raw_host or "")
        # The wait for a turn counts as the call's own time: it may be itself that holds the turns.
        async with gateway.files.turn(self._ref.id, FILES_AT_ONCE):
            try:
                with breaker.passing():
                    gateway.requests[self._manifest.slug] += 1
                    lines = gateway.upstream(self._manifest).lines(url, hosts, gateway.clock())
                    async with aclosing(lines):
                        async for line in lines:
                            yield line
            except CircuitOpen as circuit:
                raise UpstreamError(failures.resting(self._manifest, circuit.opened)) from None
            except Unreachable:
                self._record(breaker, failed=True)
                raise
            self._record(breaker, failed=False)

    async def _send(self, draft: Draft, token: Secret | None, urgency: Urgency) -> Response:
        try:
            request = authenticate(draft.request, draft.way, self._secrets, token)
        except EgressRefused as refused:
            raise UpstreamError(failures.blocked(self._manifest, str(refused))) from None
        breaker = self._breaker(draft.host)
        tries = Tries(self._gateway.patience.tries, self._gateway.clock, lambda: breaker.is_whole)
        send = partial(self._pass, request, draft, breaker, tries, urgency)
        return await self._recorded(breaker, partial(tries.run, send) if draft.is_safe and self._patient else send)

    async def _recorded(self, breaker: Breaker, send: Callable[[], Awaitable[Response]]) -> Response:
        try:
            response = await send()
        except CircuitOpen as circuit:
            raise UpstreamError(failures.resting(self._manifest, circuit.opened)) from None
        except Unreachable:
            self._record(breaker, failed=True)
            raise
        self._record(breaker, failed=response.status >= HTTPStatus.INTERNAL_SERVER_ERROR)
        return response

    def _record(self, breaker: Breaker, *, failed: bool) -> None:
        for opening in breaker.record(failed=failed):
            self._gateway.tell(opened(self._ref, opening))

    async def _pass(
        self, request: Outgoing, draft: Draft, breaker: Breaker, tries: Tries, urgency: Urgency
    ) -> Response:
        """One try. Whoever waits for a turn may have to learn then that upstream has gone meanwhile."""
        breaker.check()
        spec, limiter = self._spec(), self._gateway.limiter
        turn = limiter.turn(
            self._ref.id, spec.at_once, self._deadline, urgency=urgency, cost=draft.cost, pace=spec.pace
        )
        async with turn:
            with breaker.passing(), tries.sending():
                self._gateway.requests[self._manifest.slug] += 1
                response = await self._gateway.upstream(self._manifest).send(request, draft.hosts)
            self._heed(response)  # before the turn goes to the next, who may have to wait
        return response

    def _heed(self, response: Response) -> None:
        """Do as upstream's headers ask, in every process."""
        limiter, now = self._gateway.limiter, self._gateway.clock()
        is_limit, is_spent = failures.is_limit(response), failures.is_spent(response, now)
        is_slow = is_limit and not is_spent
        if is_slow:
            limiter.slow_down(self._ref.id)
        if is_limit or is_spent:
            why = failures.limited(self._manifest, response, now)
            if limiter.pause(self._ref.id, why):
                self._gateway.tell(paused(self._ref, why, is_slow=is_slow))

    async def _token(self, draft: Draft, urgency: Urgency) -> Secret | None:
        if not isinstance(draft.way, MintedAuth):
            return None
        return await self._gateway.tokens.get(self._ref, partial(self._mint, draft.way, draft), urgency)

    async def _mint(self, way: MintedAuth, draft: Draft, urgency: Urgency) -> Minted:
        """A new token. This is sent once: whether a mint may be repeated, nobody says."""
        request = mint_request(draft.base, way, self._secrets, CIMultiDict(self._spec().headers))
        breaker = self._breaker(draft.host)
        tries = Tries(1, self._gateway.clock, lambda: False)
        response = await self._recorded(breaker, partial(self._pass, request, draft, breaker, tries, urgency))
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

    def _breaker(self, host: str) -> Breaker:
        return self._gateway.breakers.find(self._ref.id, self._manifest.slug, host)

    def _spec(self) -> ConnectionSpec:
        if self._manifest.connection is None:
            raise UpstreamError(failures.blocked(self._manifest, "Its manifest declares no connection."))
        return self._manifest.connection
