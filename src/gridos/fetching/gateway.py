"""What all calls share on their way out: sessions, queues, merged requests, minted tokens, counts."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from uuid import UUID

from aiohttp.abc import AbstractResolver
from yarl import URL

from gridos.fetching.breaker import Breakers
from gridos.fetching.egress import Allowed
from gridos.fetching.limit_store import Told
from gridos.fetching.limiter import Later, Limiter, in_the_loop
from gridos.fetching.merging import Merging
from gridos.fetching.minting import Tokens
from gridos.fetching.names import Names
from gridos.fetching.upstream import Patience, Upstream
from gridos.plugins import Manifest, Response

REQUESTS_AT_ONCE: Final = 200
FILES_IN_ALL: Final = 64
FILES_AT_ONCE: Final = 2
"""Files that one connection reads at the same time. A long one holds up no request: files have queues of their own."""


def _nobody_else(_: Told) -> None:
    """There is no other process."""


class Gateway:
    """
    One per server.

    `upstreams` names the operator's stand-ins by plugin; `requests` counts what was sent, by plugin. `tell` lets other
    processes know what holds a connection back.
    """

    def __init__(
        self,
        *,
        allow: Iterable[Allowed],
        upstreams: Mapping[str, str | URL],
        patience: Patience,
        clock: Callable[[], float],
        names: AbstractResolver | None,
        later: Later = in_the_loop,
    ) -> None:
        self.clock = clock
        self.patience = patience
        self.limiter = Limiter(REQUESTS_AT_ONCE, clock, later)
        self.breakers = Breakers(clock)
        self.files = Limiter(FILES_IN_ALL, clock)
        self.tokens = Tokens(clock)
        self.merging: Merging[tuple[UUID, int, str], Response] = Merging()
        self.requests: Counter[str] = Counter()
        self.tell: Callable[[Told], object] = _nobody_else
        self._allow = tuple(allow)
        self._stand_ins = {slug: _stand_in(address) for slug, address in upstreams.items()}
        self._names = names or Names()
        self._upstreams: dict[str, Upstream] = {}

    def upstream(self, manifest: Manifest) -> Upstream:
        """The plugin's way out, opened at its first request."""
        if manifest.slug not in self._upstreams:
            stand_in = self._stand_ins.get(manifest.slug)
            self._upstreams[manifest.slug] = Upstream(manifest, self._names, self._allow, stand_in, self.patience)
        return self._upstreams[manifest.slug]

    def forget(self, connection: UUID) -> None:
        """Drop what is kept for a connection that is gone or has new secrets."""
        self.tokens.forget(connection)
        self.merging.drop(lambda key: key[0] == connection)
        self.limiter.forget(connection)
        self.breakers.forget(connection)

    async def aclose(self) -> None:
        """Close every session."""
        for upstream in self._upstreams.values():
            await upstream.aclose()
        await self._names.close()


def _stand_in(address: str | URL) -> URL:
    url = URL(address)
    if url.scheme not in {"http", "https"} or not url.raw_host:
        raise ValueError("A stand-in for an upstream is an http or https address.")
    return url
