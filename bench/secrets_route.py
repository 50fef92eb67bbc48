"""How many requests GET plugin-secrets answers in a second, as a share of what `/healthz` does on the same server."""

from dataclasses import dataclass
from statistics import median

import httpx2

from bench.load import result_of, start_load
from bench.processes import Running

SECRETS = "/settings/plugin-secrets/stripe"
_CONNECTIONS = 4
_ROUNDS, _SECONDS = 9, 0.6


@dataclass(frozen=True)
class Share:
    """Requests a second on the two routes, and the share: the median over rounds, each of both routes in turn."""

    per_second: float
    health_per_second: float
    share: float


def measure(server: Running, client: httpx2.Client) -> Share:
    """Ask both routes in turn, so that a noisy moment meets both."""
    client.put(SECRETS, json={"secrets": {"SECRET_KEY": "sk_test_" + "0" * 24}}).raise_for_status()
    cookie = f"gridos={client.cookies['gridos']}"
    rounds = [(_rate(server, SECRETS, cookie), _rate(server, "/healthz", cookie)) for _ in range(_ROUNDS)]
    return Share(
        max(own for own, _ in rounds),
        max(health for _, health in rounds),
        median(own / health for own, health in rounds),
    )


def _rate(server: Running, path: str, cookie: str) -> float:
    load = start_load(server.url, path, cookie, connections=_CONNECTIONS, seconds=_SECONDS)
    return result_of(load)["per_second"]
