"""The main job, end to end, through a real server: the owner's number in a shared workbook."""

import base64
import json
import urllib.parse
import zlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gridos.app.demo import ADA, BEN, PEOPLE
from gridos.db import find_running_url
from gridos.sandbox import GITHUB_TOKENS, STRIPE_KEYS
from tests.journeys.running import Person, Process

STRIPE = "/settings/plugin-secrets/stripe"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One `gridos demo` for all of these journeys, on a data directory of its own."""
    home = tmp_path_factory.mktemp("demo")
    arguments = ("demo", "--port", "0", "--data-dir", str(home / "data"))
    with Process(*arguments, log=home / "log", env={"GRIDOS_LOG_LEVEL": "debug"}) as process:
        yield process


def signed_in(demo: Process, email: str) -> Person:
    """One of the demo's people."""
    return demo.person().sign_in(email, PEOPLE[email])


def shared_workbook(ada: Person) -> str:
    """A workbook of Ada's that Ben may edit."""
    workbook: str = ada.post("/workbooks", {"title": "Shared"})["id"]
    ada.post(f"/workbook/{workbook}/collaborators", {"email": BEN, "role": "editor"})
    return workbook


def test_the_owners_number_arrives_in_the_shared_workbook(demo: Process) -> None:
    """Ben's formula in Ada's workbook shows Ada's number, although Ben has a key of his own."""
    ada, ben = signed_in(demo, ADA), signed_in(demo, BEN)
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}})
    ben.put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ben"]}})
    shared, own = shared_workbook(ada), ben.post("/workbooks", {"title": "Ben's"})["id"]

    typed = ben.type(shared, "A1", "=STRIPE_MRR()")
    assert typed["cells"][0]["state"] == "loading"
    ben.type(own, "A1", "=STRIPE_MRR()")
    in_shared, in_own = ben.read(shared, "A1"), ben.read(own, "A1")

    assert in_shared["state"] == in_own["state"] == "ok"
    assert in_shared["value"] == ada.read(shared, "A1")["value"]
    assert in_shared["value"] != in_own["value"]
    assert in_shared["connection"] == {"plugin": "stripe", "owner_email": ADA}
    assert in_shared["fetched_at"]


def test_a_stranger_finds_nothing(demo: Process) -> None:
    """A workbook that is not Eve's does not exist for her, whatever she tries."""
    shared = shared_workbook(signed_in(demo, ADA))
    eve = demo.person().sign_up("eve@example.com", "eve-listens-in")
    edit = {"edits": [{"op": "set", "sheet": "Sheet1", "cell": "A1", "input": "1"}]}
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/cells", None),
        ("POST", "/edits", edit),
        ("POST", "/eval", {"formulas": ["=STRIPE_MRR()"]}),
        ("POST", "/refresh", {}),
        ("PATCH", "", {"title": "Mine"}),
        ("DELETE", "", None),
        ("GET", "/collaborators", None),
    ):
        assert eve.request(method, f"/workbook/{shared}{path}", json=body).status_code == 404, (method, path)


def test_disconnecting_ends_the_number(demo: Process) -> None:
    """After DELETE the cell shows `#STRIPE_AUTH!`, at once and for everybody."""
    ada = signed_in(demo, ADA)
    shared = shared_workbook(ada)
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}})
    assert ada.get(STRIPE)["set_keys"] == ["SECRET_KEY"]
    ada.type(shared, "A1", "=STRIPE_MRR()")
    assert ada.read(shared, "A1")["state"] == "ok"

    assert ada.delete(STRIPE) == {"status": "Success", "plugin_slug": "stripe"}
    cell = signed_in(demo, BEN).read(shared, "A1")
    assert (cell["value"], cell["error"]["code"], cell["state"]) == ("#STRIPE_AUTH!", "#STRIPE_AUTH!", "error")
    assert ada.get(STRIPE)["set_keys"] == []


def test_a_replaced_key_brings_the_other_account(demo: Process) -> None:
    """Replacing the key changes the number, without a restart and without a wait."""
    ada = signed_in(demo, ADA)
    workbook = ada.post("/workbooks", {"title": "Mine"})["id"]
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}})
    ada.type(workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")
    first = ada.read(workbook, "A1")
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ben"]}})
    second = ada.read(workbook, "A1")
    assert first["state"] == second["state"] == "ok"
    assert first["value"] != second["value"]


def test_an_acknowledged_edit_survives_sigkill(demo: Process) -> None:
    """What was answered is there after a crash: cells, secrets and sessions."""
    ada = signed_in(demo, ADA)
    workbook = ada.post("/workbooks", {"title": "Mine"})["id"]
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}})
    for row in range(1, 30):
        ada.type(workbook, f"A{row}", str(row))
    seq = ada.type(workbook, "B1", "=SUM(A:A)*STRIPE_MRR()/STRIPE_MRR()")["seq"]
    demo.kill()

    demo.start()
    again = demo.person(cookie=cookie_of(ada))
    assert again.get(f"/workbook/{workbook}")["seq"] == seq
    assert again.read(workbook, "B1")["value"] == pytest.approx(435)


def test_the_key_is_nowhere(demo: Process) -> None:
    """No answer, log line, row of the database or file in the data directory holds the key, in any encoding."""
    ada = signed_in(demo, ADA)
    key = STRIPE_KEYS["ada"]
    workbook = ada.post("/workbooks", {"title": "Mine"})["id"]
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": key}})
    ada.type(workbook, "A1", "=STRIPE_MRR()")
    assert ada.read(workbook, "A1")["state"] == "ok"
    for path in (STRIPE, f"{STRIPE}/status", "/marketplace/list", "/metrics", "/openapi.json", "/docs", "/workbooks"):
        ada.request("GET", path)
    for body in ({}, {"SECRET_KEY": key}, {"SECRET_KEY": f"{key}?"}, {key: key}, {"SECRET_KEY": [key]}):
        ada.request("POST", f"{STRIPE}/verify", json={"secrets": body})
    ada.request("PUT", STRIPE, json={"secrets": {key: key}})
    ada.request("PUT", STRIPE, json={"secrets": {"SECRET_KEY": [key]}})
    ada.request("PUT", STRIPE, json={"secrets": {"SECRET_KEY": f"{key}\0"}})
    ada.request("PUT", STRIPE, json={"secrets": {"SECRET_KEY": key}}, headers={"origin": "https://evil.example"})
    ada.request("PUT", STRIPE, content=f'{{"secrets": {{"SECRET_KEY": "{key}"')
    ada.request("POST", "/workbooks", json={"title": "x", "owner": key})
    ada.request("POST", "/auth/sign-in", json={"email": key, "password": key})
    ada.request("GET", f"/workbook/{workbook}", params={"key": key})

    # The banner prints the sandbox's invented keys for the person at the terminal; nothing else may.
    log = demo.log.read_text().replace(f"  ada    {key}", "")
    places = {"answers": "\n".join(ada.answers), "log": log, "database": dump(demo)}
    raw = {str(file): file.read_bytes() for file in data_dir(demo).rglob("*") if file.is_file()}
    assert any("pg_wal" in name for name in raw)
    for form in forms_of(key):
        for name, text in places.items():
            assert form not in text, f"the key is in the {name}"
        for name, content in raw.items():
            assert form.encode() not in content, f"the key is in {name}"


def cookie_of(person: Person) -> str:
    """A browser's cookies, as a header."""
    return "; ".join(f"{name}={value}" for name, value in person.cookies.items())


def forms_of(secret: str) -> list[str]:
    """A secret as it may hide: plain, encoded for JSON, addresses, bytes in hex and base64."""
    encoded = secret.encode()
    return [
        secret,
        json.dumps(secret)[1:-1],
        urllib.parse.quote(secret, safe=""),
        encoded.hex(),
        secret[::-1],
        *(base64.b64encode(b"x" * lead + encoded).decode()[4:-4] for lead in range(3)),
    ]


def dump(demo: Process) -> str:
    """Every row of every table, as the superuser sees it."""
    url = find_running_url(data_dir(demo))
    assert url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("checkpoint")  # the files then have what the tables have
        snapshots = connection.execute("select state from public.workbook_snapshot").fetchall()
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        rows = (row for (table,) in tables for row in connection.execute(f"select t::text from {table} t".encode()))
        return "\n".join(
            [*(str(text) for (text,) in rows), *(zlib.decompress(state).decode() for (state,) in snapshots)]
        )


def data_dir(demo: Process) -> Path:
    """Where a demo keeps everything."""
    return demo.log.parent / "data"


def test_stars_of_a_public_repository_need_no_token(demo: Process) -> None:
    """In the demo a stranger's cell shows a public repository at once, and a private one when its owner's token is."""
    ada, ben = signed_in(demo, ADA), signed_in(demo, BEN)
    shared = shared_workbook(ada)
    ben.type(shared, "A1", '=GITHUB_STARS("acme/rocket")')
    ben.type(shared, "A2", '=GITHUB_STARS("ada/ledger")')
    public, private = ada.read(shared, "A1"), ada.read(shared, "A2")
    assert (public["state"], private["error"]["code"]) == ("ok", "#GITHUB_NOT_FOUND!")

    ada.put("/settings/plugin-secrets/github", {"secrets": {"TOKEN": GITHUB_TOKENS["ada"]}})
    found = ada.read(shared, "A2")
    assert (found["state"], found["connection"]) == ("ok", {"plugin": "github", "owner_email": ADA})
    assert ada.read(shared, "A1")["value"] == public["value"]
