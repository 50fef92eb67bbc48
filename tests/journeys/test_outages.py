"""An operator's PostgreSQL goes away and comes back; a vault without its key."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import psycopg
import pytest

from gridos.db import EmbeddedServer
from gridos.plugin_secrets import new_key_line
from gridos.sandbox import STRIPE_KEYS
from tests.journeys.issuing import JWT_SECRET, bearer, newcomer
from tests.journeys.running import Person, Process, eventually, finish

STRIPE = "/settings/plugin-secrets/stripe"
KEY = {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}}


@pytest.fixture(scope="module")
def theirs() -> Iterator[EmbeddedServer]:
    """An operator's PostgreSQL that may be stopped and started at the same address."""
    directory = Path(tempfile.mkdtemp(prefix="gridos-tests-", dir="/tmp"))
    try:
        with EmbeddedServer(directory, settings={"fsync": "off"}) as server:
            yield server
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def env(theirs: EmbeddedServer, sandbox: Process) -> dict[str, str]:
    """The settings of a server for many users."""
    return {
        "GRIDOS_MODE": "saas",
        "GRIDOS_PORT": "0",
        "GRIDOS_DATABASE_URL": theirs.url(),
        "GRIDOS_JWT_SECRET": JWT_SECRET,
        "GRIDOS_ROOT_KEY": new_key_line(),
        "GRIDOS_UPSTREAM_STRIPE_URL": sandbox.url,
    }


@pytest.fixture(scope="module")
def server(home: Path, env: dict[str, str]) -> Iterator[Process]:
    """A server for many users, which is never restarted."""
    with Process("serve", log=home / "log", env=env) as process:
        yield process


def end(database: EmbeddedServer, how: signal.Signals) -> None:
    """Stop PostgreSQL, well or badly, and wait until it is gone."""
    os.kill(database.pid, how)
    eventually(lambda: "\nState:\tZ" in Path(f"/proc/{database.pid}/status").read_text())


def come_back(database: EmbeddedServer, server: Process) -> None:
    """Start PostgreSQL again and wait until the server has noticed."""
    assert database.revive()
    person = server.person()
    eventually(lambda: person.request("GET", "/readyz").status_code == 200)


def test_a_missing_database_is_never_a_missing_key(server: Process, theirs: EmbeddedServer) -> None:
    """While the database is away every request is 503 and says nothing of keys; afterwards all is as it was."""
    ada = newcomer(server)
    workbook = ada.post("/workbooks", {"title": "Mine"})["id"]
    ada.put(STRIPE, KEY)
    ada.type(workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")
    before = ada.read(workbook, "A1")
    assert before["state"] == "ok"
    end(theirs, signal.SIGINT)

    edit = {"edits": [{"op": "set", "sheet": "Sheet1", "cell": "A2", "input": "lost"}]}
    requests: list[tuple[str, str, Any]] = [
        ("GET", "/readyz", None),
        ("GET", "/workbooks", None),
        ("GET", f"/workbook/{workbook}/cells", None),
        ("POST", f"/workbook/{workbook}/edits", edit),
        ("POST", f"/workbook/{workbook}/refresh", {}),
        ("POST", f"/workbook/{workbook}/eval", {"formulas": ["=STRIPE_MRR()"]}),
        ("GET", STRIPE, None),
        ("PUT", STRIPE, KEY),
        ("DELETE", STRIPE, None),
        ("GET", "/marketplace/list", None),
    ]
    with ThreadPoolExecutor(len(requests)) as pool:
        sent = [pool.submit(ada.request, method, path, json=body) for method, path, body in requests]
        answers = [one.result() for one in sent]
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["detail"] for answer in answers} <= {
        "The database does not answer.",
        "The database does not answer. Try again shortly.",
    }
    assert ada.request("GET", "/healthz").status_code == 200

    come_back(theirs, server)
    assert ada.get(STRIPE)["set_keys"] == ["SECRET_KEY"]
    ada.post(f"/workbook/{workbook}/refresh", {})
    eventually(lambda: ada.read(workbook, "A1")["state"] == "ok")
    assert ada.read(workbook, "A1")["value"] == before["value"]
    assert ada.read(workbook, "A2") is None
    ada.type(workbook, "A2", "=A1+1")
    assert ada.read(workbook, "A2")["value"] == before["value"] + 1


def test_no_acknowledged_edit_is_lost(server: Process, theirs: EmbeddedServer) -> None:
    """PostgreSQL is killed in the midst of edits: what was acknowledged is there, in its order."""
    ada = newcomer(server)
    workbook = ada.post("/workbooks", {"title": "Mine"})["id"]
    is_over = Event()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write, ada, workbook, is_over)
        eventually(lambda: ada.get(f"/workbook/{workbook}")["seq"] > 10)
        end(theirs, signal.SIGKILL)
        come_back(theirs, server)
        seq = newest(ada, workbook)
        eventually(lambda: newest(ada, workbook) > seq + 5)
        is_over.set()
        acknowledged = writing.result()
    cells = ada.get(f"/workbook/{workbook}/cells", params={"range": "A:A"})["cells"]
    shown = {int(cell["cell"][1:]): cell["value"] for cell in cells}
    assert shown.items() >= acknowledged.items()
    # A row that was refused may stand too: its commit arrived, and only the acknowledgement was lost.
    assert all(row == value for row, value in shown.items())


def write(person: Person, workbook: str, is_over: Event) -> dict[int, int]:
    """Write one row after another, and say which were acknowledged."""
    acknowledged: dict[int, int] = {}
    row = 0
    while not is_over.is_set():
        row += 1
        edits = [{"op": "set", "sheet": "Sheet1", "cell": f"A{row}", "input": str(row)}]
        answer = person.request("POST", f"/workbook/{workbook}/edits", json={"edits": edits})
        assert answer.status_code in {200, 503}
        if answer.status_code == 200:
            acknowledged[row] = row
    return acknowledged


def newest(person: Person, workbook: str) -> int:
    """A workbook's seq."""
    seq: int = person.get(f"/workbook/{workbook}")["seq"]
    return seq


def test_a_wrong_root_key_locks_and_the_right_one_heals(server: Process, home: Path, env: dict[str, str]) -> None:
    """Under a wrong key nothing is sealed or opened, listing and deleting go on, and nothing is spoilt."""
    sign_in, other = bearer("ada"), bearer("ben")
    ada, ben = server.person(**sign_in), server.person(**other)
    workbook = ada.post("/workbooks", {"title": "Mine"})["id"]
    for person in (ada, ben):
        person.put(STRIPE, KEY)
    ada.type(workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")
    value = ada.read(workbook, "A1")["value"]

    wrong = {**env, "GRIDOS_ROOT_KEY": new_key_line()}
    with Process("serve", log=home / "wrong", env=wrong) as process:
        ada = process.person(**sign_in)
        refused = ada.request("PUT", STRIPE, json=KEY)
        assert is_locked(refused)
        assert is_locked(newcomer(process).request("PUT", STRIPE, json=KEY))
        assert ada.get(STRIPE)["set_keys"] == ["SECRET_KEY"]
        ada.type(workbook, "A2", "=STRIPE_MRR()")
        assert ada.read(workbook, "A2")["value"] == "#VAULT!"
        assert process.person(**other).delete(STRIPE)["status"] == "Success"
        assert "vault is locked" in process.log.read_text()
    code, said = finish("vault", "status", home=home, env=wrong)
    assert code == 1
    missing = said.split("lacks a line: ")[1].split(".")[0]
    assert missing in (home / "wrong").read_text()
    code, said = finish("vault", "rotate", home=home, env=wrong)
    assert (code, "vault is locked" in said) == (1, True)
    assert finish("doctor", home=home, env=wrong).code == 1

    ada = server.person(**sign_in)
    ada.type(workbook, "A3", "=STRIPE_CUSTOMER_COUNT()+0")
    assert ada.read(workbook, "A3")["value"] == value
    assert server.person(**other).get(STRIPE)["set_keys"] == []


def is_locked(answer: httpx2.Response) -> bool:
    """Whether it is the contract's refusal of a locked vault."""
    detail = answer.json()["detail"]
    assert set(detail) == {"code", "message"}
    return (answer.status_code, detail["code"]) == (503, "vault_locked")


def test_a_renewal_that_is_killed_loses_nothing(
    server: Process, theirs: EmbeddedServer, home: Path, env: dict[str, str]
) -> None:
    """Killed between two values, everything opens and goes back as before, and the next one takes it up."""
    ada = newcomer(server)
    workbook = ada.post("/workbooks", {"title": "Mine"})["id"]
    ada.put(STRIPE, KEY)
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": "sk_test_mistyped"}})
    owner = ada.get("/auth/whoami")["id"]
    renewing = Process("vault", "rotate", "--data-keys", log=home / "killed", env=env)
    with psycopg.connect(theirs.url(), autocommit=True) as held:
        held.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (f"{owner}/stripe",))
        renewing.launch()
        eventually(
            lambda: held.execute("select from pg_locks where locktype = 'advisory' and not granted").rowcount > 0
        )
        renewing.kill()

    ada.post(f"{STRIPE}/roll-back", {})
    ada.type(workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")
    assert ada.read(workbook, "A1")["state"] == "ok"
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": "sk_test_mistyped"}})
    assert finish("vault", "rotate", "--data-keys", home=home, env=env).code == 0
    with psycopg.connect(theirs.url()) as database:
        assert database.execute("select from public.user_data_keys where not active").rowcount == 0
    ada.post(f"{STRIPE}/roll-back", {})
    ada.type(workbook, "A2", "=STRIPE_MRR()")
    assert ada.read(workbook, "A2")["state"] == "ok"


def test_rotating_fails_no_read(server: Process, home: Path, env: dict[str, str]) -> None:
    """With a new first line every key is wrapped or made anew, beside a server that knows both, and no read fails."""
    both = {**env, "GRIDOS_ROOT_KEY": f"{new_key_line()}\n{env['GRIDOS_ROOT_KEY']}"}
    newcomer(server).put(STRIPE, KEY)  # under the old key
    with Process("serve", log=home / "both", env=both) as process:
        ada = newcomer(process)
        workbook = ada.post("/workbooks", {"title": "Mine"})["id"]
        ada.put(STRIPE, KEY)
        with ThreadPoolExecutor(1) as pool:
            rotating = pool.submit(finish, "vault", "rotate", "--data-keys", home=home, env=both)
            row = 0
            while not rotating.done():
                row += 1
                ada.type(workbook, f"A{row}", f'=STRIPE_REVENUE({row % 365 + 1}, "usd")')
                cell = ada.read(workbook, f"A{row}")
                assert cell["value"] != "#VAULT!", cell
        code, said = rotating.result()
        assert (code, said.startswith("Rewrapped "), "Renewed the data keys of " in said) == (0, True, True)
    code, said = finish("vault", "status", home=home, env=both)
    assert (code, said.count("Data keys under")) == (0, 1)
