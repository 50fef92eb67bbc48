"""What server processes tell one another about a connection: that it has to pause, or that its upstream is down."""

import json
from dataclasses import asdict
from uuid import UUID

from gridos.fetching.breaker import Opened, Opening
from gridos.fetching.gateway import Gateway
from gridos.fetching.limit_store import Told
from gridos.grid import CellError
from gridos.plugins import ConnectionRef


def paused(ref: ConnectionRef, why: CellError, *, is_slow: bool) -> Told:
    """A connection has to pause until the error's `retry_at`, and to ask less at once afterwards if `is_slow`."""
    return Told(ref, "pause", why.retry_at or 0.0, json.dumps(["pause", asdict(why), is_slow]))


def opened(ref: ConnectionRef, opening: Opening) -> Told:
    """A circuit has opened, by a failure of this connection."""
    name = f"{'host' if opening.is_for_all else 'circuit'} {opening.host}"
    return Told(ref, name, opening.opened.until, json.dumps(["circuit", *opening]))


def heed(gateway: Gateway, connection: UUID, text: str) -> None:
    """Do as another process was told."""
    match json.loads(text):
        case ["pause", why, is_slow]:
            if gateway.limiter.pause(connection, CellError(**why)) and is_slow:
                gateway.limiter.slow_down(connection)
        case ["circuit", plugin, host, is_for_all, numbers]:
            gateway.breakers.hear(connection, Opening(plugin, host, is_for_all, Opened(*numbers)))
        case _:  # of a newer release, while an upgrade is under way
            pass
