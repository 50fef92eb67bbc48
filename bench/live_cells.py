"""1,000 live cells over 50 distinct calls in one workbook, and how long the first numbers take."""

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2

from bench.load import result_of, start_load
from bench.plugin import function
from bench.processes import Running
from bench.upstream import SECONDS

CELLS, DISTINCT = 1000, 50
_ROWS = 100
_LOOK_EVERY = 0.01
_LOOKING = 2.5


@dataclass(frozen=True)
class LiveCells:
    """One round. `least` is the time upstream alone needs: ceil(50 / concurrency) x 100 ms."""

    at_once: int
    requests: int
    seconds: float
    slowest_health: float
    other_edit_requests: int

    @property
    def least(self) -> float:
        """Seconds that nobody could be faster than."""
        return math.ceil(DISTINCT / self.at_once) * SECONDS

    @property
    def ratio(self) -> float:
        """How many times as long it took."""
        return self.seconds / self.least


def _address(number: int) -> str:
    return f"{'ABCDEFGHIJ'[number // _ROWS]}{number % _ROWS + 1}"


def edits(function: str) -> list[dict[str, str]]:
    """The cells, one call in every fiftieth of them."""
    return [
        {"op": "set", "sheet": "Sheet1", "cell": _address(number), "input": f"={function}({number % DISTINCT})"}
        for number in range(CELLS)
    ]


def still() -> list[dict[str, str]]:
    """An edit far from every live cell."""
    return [{"op": "set", "sheet": "Sheet1", "cell": "Z1", "input": "1"}]


def best(server: Running, client: httpx2.Client, upstream: Running, at_once: int, rounds: int) -> LiveCells:
    """
    The quickest of a few rounds, with the slowest `/healthz` of that round.

    Each has an owner of its own, for whom no answer is kept. The counts must be the same in all of them.
    """
    found: list[LiveCells] = []
    for _ in range(rounds):
        person = {"email": f"{uuid4()}@example.com", "password": "measured many times"}
        _posted(client, "/auth/sign-up", person)
        found.append(measure(server, client, upstream, at_once))
    assert len({(one.requests, one.other_edit_requests) for one in found}) == 1, found
    return min(found, key=lambda one: one.seconds)


def measure(server: Running, client: httpx2.Client, upstream: Running, at_once: int) -> LiveCells:
    """Type the cells and read until none is loading, while another process looks at /healthz every 10 ms."""
    workbook = _posted(client, "/workbooks", {"title": "Live"})["id"]
    before = _requests(upstream)
    looking = start_load(server.url, "/healthz", seconds=_LOOKING, pause=_LOOK_EVERY)
    start = time.perf_counter()
    _posted(client, f"/workbook/{workbook}/edits", {"edits": edits(function(at_once))})
    shown = _cells(client, workbook)
    seconds = time.perf_counter() - start
    assert [cell["state"] for cell in shown] == ["ok"] * CELLS, shown[:5]
    after = _requests(upstream)
    _posted(client, f"/workbook/{workbook}/edits", {"edits": still()})
    _cells(client, workbook)
    return LiveCells(at_once, after - before, seconds, result_of(looking)["slowest"], _requests(upstream) - after)


@dataclass(frozen=True)
class TwoProcesses:
    """One round over two server processes on one database. `seconds` runs until the last number of both is read."""

    at_once: int
    requests: int
    seconds: float
    slowest_health: float


def best_of_two(
    servers: Sequence[Running], clients: Sequence[httpx2.Client], upstream: Running, at_once: int, rounds: int
) -> TwoProcesses:
    """The quickest of a few rounds, each with an owner of its own, who uses both processes."""
    found: list[TwoProcesses] = []
    for _ in range(rounds):
        person = {"email": f"{uuid4()}@example.com", "password": "measured many times"}
        _posted(clients[0], "/auth/sign-up", person)
        clients[1].cookies = clients[0].cookies
        found.append(_measure_two(servers, clients, upstream, at_once))
    assert len({one.requests for one in found}) == 1, found
    return min(found, key=lambda one: one.seconds)


def _measure_two(
    servers: Sequence[Running], clients: Sequence[httpx2.Client], upstream: Running, at_once: int
) -> TwoProcesses:
    """Type the cells through one process and read them through both at the same time; both have the workbook open."""
    workbook = _posted(clients[0], "/workbooks", {"title": "Live"})["id"]
    for client in clients:
        _cells(client, workbook)
    before = _requests(upstream)
    looking = [start_load(server.url, "/healthz", seconds=_LOOKING, pause=_LOOK_EVERY) for server in servers]
    start = time.perf_counter()
    _posted(clients[0], f"/workbook/{workbook}/edits", {"edits": edits(function(at_once))})
    with ThreadPoolExecutor(len(clients)) as threads:
        for shown in threads.map(partial(_cells, workbook=workbook), clients):
            assert [cell["state"] for cell in shown] == ["ok"] * CELLS, shown[:5]
    seconds = time.perf_counter() - start
    slowest = max(result_of(one)["slowest"] for one in looking)
    return TwoProcesses(at_once, _requests(upstream) - before, seconds, slowest)


def _cells(client: httpx2.Client, workbook: str) -> list[dict[str, Any]]:
    return client.get(f"/workbook/{workbook}/cells", params={"wait": 30}).raise_for_status().json()["cells"]


def _posted(client: httpx2.Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json=body).raise_for_status().json()


def _requests(upstream: Running) -> int:
    return httpx2.get(f"{upstream.url}/count").json()
