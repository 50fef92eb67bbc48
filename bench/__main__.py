"""Runs every measurement and prints the tables; `--write` puts them into `docs/benchmarks.md`."""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx2
from psycopg.conninfo import make_conninfo

from bench import (
    formulas,
    isolated,
    leak_filter,
    live_cells,
    page,
    secrets_route,
    shopify_history,
    starting,
    stripe_history,
    vault,
)
from bench.counting import (
    Cost,
    Reads,
    SecretsCost,
    client_of,
    count_opening,
    count_reads_of_secrets,
    count_secrets,
)
from bench.plugin import LIMITS, write_plugins
from bench.processes import running
from bench.upstream import upstream
from bench.wire import counted
from gridos.app.database import DatabaseUrls
from gridos.db import EmbeddedServer, make_logins, migrate
from gridos.plugin_secrets.key_ring import new_key_line

_ROUNDS = 5


@dataclass(frozen=True)
class _Served:
    """What a running server was measured by."""

    share: secrets_route.Share
    live: list[live_cells.LiveCells]


def main() -> None:
    """Measure, print, and write if asked to."""
    with tempfile.TemporaryDirectory(prefix="gridos-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded PostgreSQL may run as somebody else
        costs, opening, reads = _counts(folder / "counting")
        served = _served(folder / "serving")
        two = _two_processes(folder / "two")
        starts = starting.measure(_made(folder / "starting"), _environment(folder / "starting"))
        history = stripe_history.measure(_made(folder / "stripe"))
        orders = shopify_history.measure(_made(folder / "shopify"))
        processes = isolated.measure(folder / "isolated")
    results = page.Results(
        costs,
        opening,
        reads,
        served.share,
        served.live,
        two,
        history,
        orders,
        starts,
        formulas.measure(),
        vault.measure(),
        leak_filter.measure(),
        processes,
    )
    print(page.tables(results))
    if "--write" in sys.argv[1:]:
        page.write(results)


def _counts(folder: Path) -> tuple[SecretsCost, Cost, Reads]:
    _made(folder)
    with EmbeddedServer(folder / "data") as server:
        migrate(server.url())
        make_logins(server.url())
        return asyncio.run(_count(server, folder))


async def _count(server: EmbeddedServer, folder: Path) -> tuple[SecretsCost, Cost, Reads]:
    address = {"host": str(folder), "dbname": "gridos"}
    user, service = (make_conninfo(user=login, **address) for login in ("gridos_user", "gridos_service"))
    urls = DatabaseUrls(server.url(), user, service)
    async with (
        upstream(seconds=0) as stand_in,
        counted(server.run_dir, folder) as wire,
        client_of(urls, folder, stand_in.url) as client,
    ):
        return (
            await count_secrets(client, wire),
            await count_opening(urls, wire),
            await count_reads_of_secrets(client, wire),
        )


def _served(folder: Path) -> _Served:
    env = _environment(_made(folder)) | {
        "GRIDOS_PLUGINS_DIR": str(write_plugins(folder / "plugins")),
        "GRIDOS_PLUGIN_ISOLATION": "inprocess",
    }
    with running("bench.upstream", log=folder / "upstream.log") as upstream:
        env["GRIDOS_UPSTREAM_BENCH_URL"] = upstream.url
        with (
            running("bench.server", log=folder / "server.log", env=env) as server,
            httpx2.Client(base_url=server.url, timeout=60) as client,
        ):
            person = {"email": "ada@example.com", "password": "measured many times"}
            client.post("/auth/sign-up", json=person).raise_for_status()
            share = secrets_route.measure(server, client)
            live = [live_cells.best(server, client, upstream, at_once, _ROUNDS) for at_once in LIMITS]
            return _Served(share, live)


def _two_processes(folder: Path) -> list[live_cells.TwoProcesses]:
    env = _environment(_made(folder)) | {"GRIDOS_PLUGINS_DIR": str(write_plugins(folder / "plugins"))}
    with (
        EmbeddedServer(folder / "data") as database,
        running("bench.upstream", log=folder / "upstream.log") as upstream,
    ):
        migrate(database.url())
        make_logins(database.url())
        env |= {
            "GRIDOS_DATABASE_URL": database.url(),
            "GRIDOS_DATABASE_USER_URL": database.url("gridos_user"),
            "GRIDOS_DATABASE_SERVICE_URL": database.url("gridos_service"),
            "GRIDOS_UPSTREAM_BENCH_URL": upstream.url,
        }
        with (
            running("bench.server", log=folder / "first.log", env=env) as first,
            running("bench.server", log=folder / "second.log", env=env) as second,
            httpx2.Client(base_url=first.url, timeout=60) as here,
            httpx2.Client(base_url=second.url, timeout=60) as there,
        ):
            return [
                live_cells.best_of_two((first, second), (here, there), upstream, at_once, _ROUNDS) for at_once in LIMITS
            ]


def _environment(folder: Path) -> dict[str, str]:
    return {
        "GRIDOS_MODE": "saas",
        "GRIDOS_SIGN_UP": "open",
        "GRIDOS_PORT": "0",
        "GRIDOS_DATA_DIR": str(folder / "data"),
        "GRIDOS_ROOT_KEY": new_key_line(),
    }


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()
