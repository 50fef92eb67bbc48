"""`gridos serve` on one's own machine: no sign-in, and keys from the environment."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridos.sandbox import STRIPE_KEYS
from tests.journeys.conftest import Env, NewDatabase
from tests.journeys.running import Process, finish

STRIPE = "/settings/plugin-secrets/stripe"


@pytest.fixture(scope="module")
def env(new_database: NewDatabase, sandbox: Process) -> Iterator[Env]:
    """One address for everything: an operator's PostgreSQL, single-user."""
    with new_database() as database:
        shared = {name: database[name] for name in ("GRIDOS_DATABASE_URL", "GRIDOS_PORT")}
        yield {**shared, "GRIDOS_UPSTREAM_STRIPE_URL": sandbox.url, "GRIDOS_METRICS_TOKEN": ""}


@pytest.fixture(scope="module")
def server(home: Path, env: Env) -> Iterator[Process]:
    """A server with Ada's key in its environment."""
    with Process("serve", log=home / "log", env={**env, "STRIPE_SECRET_KEY": STRIPE_KEYS["ada"]}) as process:
        yield process


def test_the_number_arrives_without_a_sign_in(server: Process) -> None:
    """A formula shows the number of the account whose key stands in the environment."""
    somebody = server.person()
    assert somebody.get("/auth/whoami")["mode"] == "oss"
    workbook = somebody.post("/workbooks", {"title": "Mine"})["id"]
    somebody.type(workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")
    cell = somebody.read(workbook, "A1")
    assert (cell["state"], cell["value"] > 0) == ("ok", True)
    listed = {plugin["slug"]: plugin for plugin in somebody.get("/marketplace/list")["plugins"]}
    assert listed["stripe"]["configured"]


def test_there_are_no_settings_for_secrets(server: Process) -> None:
    """The five endpoints, and everything else of many users, do not exist."""
    for method, path in (
        ("GET", STRIPE),
        ("PUT", STRIPE),
        ("DELETE", STRIPE),
        ("GET", f"{STRIPE}/status"),
        ("POST", f"{STRIPE}/verify"),
        ("POST", "/auth/sign-in"),
        ("POST", "/auth/sign-up"),
        ("GET", "/workbook/shared-with-me"),
    ):
        body = {"secrets": {"SECRET_KEY": "x"}} if method == "PUT" else None
        assert server.person().request(method, path, json=body).status_code == 404, (method, path)


def test_a_page_of_another_site_is_refused(server: Process) -> None:
    """Neither a rebound host name nor a foreign origin reaches the one user's workbooks."""
    port = server.url.rpartition(":")[2]
    for headers in (
        {"host": "evil.example"},
        {"host": f"evil.example:{port}", "origin": f"http://evil.example:{port}"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        answer = server.person().request("POST", "/workbooks", json={"title": "x"}, headers=headers)
        assert answer.status_code == 403, headers
    assert server.person().request("GET", "/workbooks", headers={"host": "evil.example"}).status_code == 403
    assert server.person().request("GET", "/workbooks", headers={"host": f"localhost:{port}"}).status_code == 200


def test_without_the_variable_the_cell_says_so(home: Path, env: Env) -> None:
    """Without a key the number is an auth error, not a guess."""
    with Process("serve", log=home / "bare", env=env) as process:
        somebody = process.person()
        workbook = somebody.post("/workbooks", {"title": "Bare"})["id"]
        somebody.type(workbook, "A1", "=STRIPE_MRR()")
        assert somebody.read(workbook, "A1")["value"] == "#STRIPE_AUTH!"


def test_one_login_for_both_doors_is_told(home: Path, env: Env) -> None:
    """One address for everything works, and the doctor says what it costs."""
    code, said = finish("doctor", home=home, env=env)
    assert code == 0, said
    assert "Both doors share one database login" in said


def test_a_crash_leaves_no_memory_behind(server: Process) -> None:
    """A core file would hold every open secret."""
    limits = Path(f"/proc/{server.pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)
