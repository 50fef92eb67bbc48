"""
A long day with secrets that are easy to recognise, through a real server that logs all it can; then the search.

The upstream tells everybody what it was told, the owner is clumsy, a plugin talks, and keys are rotated meanwhile.
"""

import json
import subprocess
import tempfile
import threading
import zlib
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from gridos.db import EmbeddedServer, make_logins, migrate
from gridos.db.binaries import find_binaries
from gridos.plugin_secrets import new_key_line
from gridos.sandbox import STRIPE_KEYS
from tests.journeys.canaries import PIECE, canary, disguises, found, hashes
from tests.journeys.echoing import Echo
from tests.journeys.issuing import JWT_SECRET, bearer
from tests.journeys.running import Person, Process, finish

PLUGINS = Path(__file__).with_name("plugins")
ECHOES, STRIPE, TALKS = (f"/settings/plugin-secrets/{slug}" for slug in ("echoes", "stripe", "talks"))
GOOD, NEWER, WRONG, TELLING = (canary(name) for name in ("good", "newer", "wrong", "telling"))
CLIENT, MINTED, TALKED = (canary(name) for name in ("client", "minted", "talked"))
PASSWORD, CHANGED, GUESSED = (canary(name) for name in ("password", "changed", "guessed"))
LOGINS = {name: canary(name.lower()) for name in ("MIGRATOR", "USER", "SERVICE")}
METRICS = canary("metrics")
TROUBLES = (
    *(f"status/{status}" for status in (400, 401, 403, 404, 418, 429, 500)),
    *("html", "redirect", "garbage", "badheader", "half", "chunks", "packed"),
)


@dataclass
class Day:
    """What happened, what was said to whom, and what must be nowhere."""

    canaries: dict[str, bytes]
    places: dict[str, bytes] = field(default_factory=dict[str, bytes])
    sessions: dict[str, bytes] = field(default_factory=dict[str, bytes])
    shown: dict[str, Any] = field(default_factory=dict[str, Any])
    frames: list[str] = field(default_factory=list[str])


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """Where an operator's PostgreSQL keeps everything."""
    with tempfile.TemporaryDirectory(prefix="gridos-tests-", dir="/tmp") as directory:
        Path(directory).chmod(0o755)  # under root, PostgreSQL runs under another account
        yield Path(directory)


@pytest.fixture(scope="module")
def theirs(data_dir: Path) -> Iterator[EmbeddedServer]:
    """An operator's PostgreSQL that logs every statement."""
    with EmbeddedServer(data_dir, settings={"fsync": "off", "log_statement": "all"}) as server:
        migrate(server.url())
        make_logins(server.url())
        yield server


@pytest.fixture(scope="module")
def day(theirs: EmbeddedServer, data_dir: Path, sandbox: Process, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """The whole day, from the first start to the search."""
    home = tmp_path_factory.mktemp("leaks")
    old, new = new_key_line(), new_key_line()
    day = Day(_known(old, new))
    with Echo(home, MINTED, {GOOD: "Ada's", NEWER: "Ada's", TELLING: TELLING}) as echo:
        env = _settings(theirs, sandbox, echo)
        with Process("serve", log=home / "log", env=env | {"GRIDOS_ROOT_KEY": f"{old}\n{new}"}) as server:
            _spend(day, server, sandbox)
            for command in (("vault", "status"), ("vault", "rotate", "--data-keys"), ("users", "list"), ("doctor",)):
                done = finish(*command, home=home, env=env | {"GRIDOS_ROOT_KEY": f"{new}\n{old}"})
                day.places[f"gridos {' '.join(command)}"] = done.said.encode()
        day.places["log"] = server.log.read_bytes()
    _look_into(day, theirs, data_dir)
    return day


def test_it_was_a_long_day(day: Day) -> None:
    """Everything that was meant to happen did, so there was much to leak."""
    tests = [day.shown[f"test {name}"] for name in ("good", "wrong", "telling", "stored")]
    assert tests == ["connected", "needs_attention", "needs_attention", "connected"]
    assert [trouble for trouble in TROUBLES if not str(day.shown[trouble]).startswith("#ECHOES_")] == []
    assert day.shown["stripe {'status': 401}"] == "#STRIPE_AUTH!"
    assert day.shown["actions"] == {"use", "set", "block", "clear", "verify", "replace", "rotate"}
    assert (day.shown["at the end"], day.shown["snapshots"] > 0, len(day.frames) > 100) == (42, True, True)
    assert b"The vault is open" in day.places["gridos vault status"]
    assert b"Rewrapped 1 data keys" in day.places["gridos vault rotate --data-keys"]
    assert any("pg_wal" in place for place in day.places)


@pytest.mark.parametrize("way", ["token", "minted"])
def test_what_upstream_echoes_is_blocked(day: Day, way: str) -> None:
    """A cell that would show what was sent shows that it was blocked; what raises it shows an error of our own."""
    shown = {formula: day.shown[f"{way} {formula}"] for formula in _echoes()}
    assert {value for formula, value in shown.items() if "RAISES" in formula} == {"#ECHOES_ERROR!"}
    assert {value for formula, value in shown.items() if formula.startswith(("=ECHOES(", "=ECHOES_ALL("))} == {
        "#BLOCKED!",
        42,  # of the answer that has it in its headers, which that function does not look at
    }


@pytest.mark.parametrize("name", ["good", "root key 0", "root key 0, bytes", "bearer's signature"])
def test_the_search_sees(day: Day, name: str) -> None:
    """Each canary would have been found, in whatever it was written."""
    value = day.canaries[name]
    forms = {name: disguises(value) | hashes(value)}
    written = [value, value[::-1], value.hex().encode(), *(b64encode(b"x" * lead + value) for lead in range(3))]
    written += [sha256(value).digest(), value[:PIECE], str({"told": value}).encode()]
    if value.isascii():
        text = json.dumps({"told": value.decode()})
        written += [text.encode(), json.dumps(text).encode(), quote(value.decode(), safe="").encode()]
    assert [one for one in written if found(b"before " + one + b" after", forms) != {name}] == []


def test_no_secret_is_anywhere(day: Day) -> None:
    """Neither whole nor in pieces, neither plain nor in any encoding, nor as a hash unless it is a session's."""
    forms = {name: disguises(value) for name, value in day.canaries.items()}
    for name in forms.keys() - day.sessions.keys():
        forms[name] |= hashes(day.canaries[name])
    assert {place: names for place, content in day.places.items() if (names := found(content, forms))} == {}


def _known(*roots: str) -> dict[str, bytes]:
    stored = {"good": GOOD, "newer": NEWER, "wrong": WRONG, "telling": TELLING, "client": CLIENT, "talked": TALKED}
    told = {"minted": MINTED, "password": PASSWORD, "changed": CHANGED, "guessed": GUESSED, "metrics": METRICS}
    texts = stored | told | LOGINS | {"jwt secret": JWT_SECRET, "stripe": STRIPE_KEYS["ada"]}
    texts |= {f"root key {number}": root for number, root in enumerate(roots)}
    raw = {f"root key {number}, bytes": urlsafe_b64decode(root) for number, root in enumerate(roots)}
    return {name: text.encode() for name, text in texts.items()} | raw


def _settings(theirs: EmbeddedServer, sandbox: Process, echo: Echo) -> dict[str, str]:
    urls = {
        "GRIDOS_DATABASE_URL": make_conninfo(theirs.url(), password=LOGINS["MIGRATOR"]),
        "GRIDOS_DATABASE_USER_URL": make_conninfo(theirs.url("gridos_user"), password=LOGINS["USER"]),
        "GRIDOS_DATABASE_SERVICE_URL": make_conninfo(theirs.url("gridos_service"), password=LOGINS["SERVICE"]),
    }
    return urls | {
        "GRIDOS_MODE": "saas",
        "GRIDOS_PORT": "0",
        "GRIDOS_LOG_LEVEL": "debug",
        "GRIDOS_SIGN_UP": "open",
        "GRIDOS_JWT_SECRET": JWT_SECRET,
        "GRIDOS_METRICS_TOKEN": METRICS,
        "GRIDOS_UPSTREAM_STRIPE_URL": sandbox.url,
        **(echoes := echo.settings()),
        "GRIDOS_PLUGINS_DIR": f"{echoes['GRIDOS_PLUGINS_DIR']}:{PLUGINS}",
    }


def _spend(day: Day, server: Process, sandbox: Process) -> None:
    ada, ben = server.person().sign_up("ada@example.com", PASSWORD), server.person(**(token := bearer("ben")))
    day.canaries["bearer"] = token["authorization"].removeprefix("Bearer ").encode()
    day.canaries["bearer's signature"] = day.canaries["bearer"].rpartition(b".")[2]
    workbook: str = ada.post("/workbooks", {"title": "Mine"})["id"]
    email = ben.get("/auth/whoami")["email"]
    ada.post(f"/workbook/{workbook}/collaborators", {"email": email, "role": "editor"})
    cookie = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())
    with _listening(day, server, workbook, {"cookie": cookie}), _listening(day, server, workbook, token):
        _test_and_store(day, ada)
        _use(day, ada, workbook)
        _meet_trouble(day, ada, ben, workbook, sandbox)
        _work(day, ada, ben, workbook)
        _be_clumsy(ada, workbook)
    day.sessions = {f"session {number}": value.encode() for number, value in enumerate(_sign_ins(ada))}
    day.canaries |= day.sessions
    _look_around(ada, workbook)
    ada.delete(ECHOES)
    ada.post("/auth/sign-out", {})
    # A session is handed over in the one header that is for it, and nowhere else.
    said = "\n".join([*ada.answers, *ben.answers])
    for value in day.sessions.values():
        said = said.replace(f"gridos={value.decode()};", "")
    day.places |= {"answers": said.encode(), "frames": "\n".join(day.frames).encode()}


def _sign_ins(ada: Person) -> Generator[str]:
    """Change the password, sign in anew, and give every session's id."""
    yield from ada.cookies.values()
    ada.post("/auth/password", {"current": PASSWORD, "new": CHANGED})
    yield from ada.cookies.values()
    ada.request("POST", "/auth/sign-in", json={"email": "ada@example.com", "password": GUESSED})
    ada.sign_in("ada@example.com", CHANGED)
    yield from ada.cookies.values()
    ada.get("/auth/sessions")


def _test_and_store(day: Day, ada: Person) -> None:
    for name, key in (("good", GOOD), ("wrong", WRONG), ("telling", TELLING)):
        day.shown[f"test {name}"] = ada.post(f"{ECHOES}/verify", {"secrets": {"TOKEN": key}})["state"]
    _store(ada, TOKEN=GOOD)
    day.shown["test stored"] = ada.request("POST", f"{ECHOES}/verify").json()["state"]
    ada.put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}})
    ada.put(TALKS, {"secrets": {"TOKEN": TALKED}})


def _store(ada: Person, **secrets: str) -> None:
    """Replace everything, so that what upstream did to the connection before is forgotten."""
    ada.put(ECHOES, {"secrets": {"TOKEN": "", "ID": "", "SECRET": "", **secrets}})


def _use(day: Day, ada: Person, workbook: str) -> None:
    talks = ("PRINTS", "LATER", "LOGS", "FORGETS", "RAISES", "RETURNS")
    formulas = ["=STRIPE_MRR()", '=ECHOES("/value")', *(f"=TALKS_{how}()" for how in talks)]
    for way, secrets in (("token", {"TOKEN": NEWER}), ("minted", {"ID": CLIENT, "SECRET": CLIENT})):
        _store(ada, **secrets)
        for formula in [*formulas, *_echoes()]:
            day.shown[f"{way} {formula}"] = _shown(ada, workbook, "A1", formula)
        formulas = ['=ECHOES("/value/again")']


def _echoes() -> list[str]:
    functions = ("ECHOES", "ECHOES_ALL", "ECHOES_RAISES", "ECHOES_PRINTS", "ECHOES_ERROR")
    paths = ("echo", "echo64", "echo64/x", "echo64/xx", "headers")
    return [f'={function}("/{path}")' for function in functions for path in paths]


def _meet_trouble(day: Day, ada: Person, ben: Person, workbook: str, sandbox: Process) -> None:
    for trouble in TROUBLES:
        _store(ada, TOKEN=GOOD)
        day.shown[trouble] = _shown(ben, workbook, "A1", f'=ECHOES("/{trouble}")')
    for fault in ({"status": 401}, {"status": 500}, {"html": True}, {"close": True}, {"redirect": "https://evil.test"}):
        ada.put(STRIPE, {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}})
        httpx2.post(f"{sandbox.url}/_sandbox/faults", json={"account": "ada", **fault}).raise_for_status()
        try:
            day.shown[f"stripe {fault}"] = _shown(ada, workbook, "A1", "=STRIPE_CUSTOMER_COUNT()")
            ada.request("POST", f"{STRIPE}/verify")
        finally:
            httpx2.delete(f"{sandbox.url}/_sandbox/faults")


def _shown(person: Person, workbook: str, cell: str, formula: str) -> object:
    """What a cell shows; the whole of it is among the answers."""
    person.type(workbook, cell, formula)
    return person.read(workbook, cell)["value"]


def _work(day: Day, ada: Person, ben: Person, workbook: str) -> None:
    """Edit, undo, copy, ask again, and fill a log until there is a snapshot."""
    _store(ada, TOKEN=NEWER)
    ada.type(workbook, "B1", '=ECHOES("/value")')
    for person in (ada, ben):
        edits = [{"op": "insert_rows", "sheet": "Sheet1", "at": 1, "count": 1}, {"op": "undo"}, {"op": "redo"}]
        for edit in edits:
            person.request("POST", f"/workbook/{workbook}/edits", json={"edits": [edit]})
        person.post(f"/workbook/{workbook}/eval", {"formulas": ['=ECHOES("/echo")', "=STRIPE_MRR()"]})
        person.post(f"/workbook/{workbook}/refresh", {})
    copy = ada.post("/workbooks", {"title": "Copy", "copy_of": workbook})["id"]
    ada.get(f"/workbook/{copy}/cells")
    for row in range(300):
        ada.type(workbook, f"D{row % 20 + 1}", f"{row}")
    day.shown["at the end"] = _shown(ada, workbook, "C1", '=ECHOES("/value/end")')


def _be_clumsy(ada: Person, workbook: str) -> None:
    """Put keys where they do not belong."""
    for key in (GOOD, WRONG):
        bodies: list[Any] = [{key: key}, {"TOKEN": [key]}, {"TOKEN": None, key: key}, {"TOKEN": f"{key}\0"}, key, [key]]
        for body in bodies:
            for method, path in (("PUT", ECHOES), ("POST", f"{ECHOES}/verify")):
                ada.request(method, path, json={"secrets": body})
        ada.request("PUT", ECHOES, content=f'{{"secrets": {{"TOKEN": "{key}"')
        ada.request("PUT", ECHOES, json={"secrets": {"TOKEN": key}}, headers={"origin": "https://evil.example"})
        ada.request("PUT", ECHOES, json={"secrets": {"TOKEN": key}}, headers={"content-type": "text/plain"})
        ada.request("PUT", "/settings/plugin-secrets/shopify", json={"secrets": {"STORE_DOMAIN": key}})
        ada.request("PUT", ECHOES, json={"sealed": {"TOKEN": key}, "kid": key})
        ada.request("POST", "/workbooks", json={"title": "x", "owner": key})
        ada.request("POST", "/workbooks", json={"title": ["x"], key: key})
        ada.request("POST", "/auth/sign-in", json={"email": key, "password": key})
        ada.request("POST", "/auth/sign-up", json={"email": key, "password": 1})
        ada.request("POST", "/marketplace/toggle", json={"slug": key, "installed": key})
        ada.request("POST", f"/workbook/{workbook}/edits", json={"edits": [{"op": key, "sheet": key}]})
        ada.request("GET", f"/workbook/{workbook}", params={"key": key, key: key})
        ada.request("GET", "/workbooks", headers={"authorization": f"Bearer {key}", "x-key": key})


def _look_around(ada: Person, workbook: str) -> None:
    for path in ("/openapi.json", "/docs", "/marketplace/list", "/settings/activity", "/settings/activity.csv"):
        assert ada.request("GET", path).status_code == 200
    for path in (ECHOES, f"{ECHOES}/status", STRIPE, f"{STRIPE}/status", "/workbooks", f"/workbook/{workbook}/cells"):
        assert ada.request("GET", path).status_code == 200
    for header in (f"Bearer {METRICS}", f"Bearer {METRICS}?"):
        ada.request("GET", "/metrics", headers={"authorization": header})


@contextmanager
def _listening(day: Day, server: Process, workbook: str, headers: dict[str, str]) -> Generator[None]:
    """A browser's socket, whose frames are all kept."""
    address = f"{server.url.replace('http', 'ws', 1)}/workbook/{workbook}/live"
    with connect(address, additional_headers=headers, proxy=None, max_size=None) as socket:
        listener = threading.Thread(target=_keep, args=(socket, day.frames))
        listener.start()
        socket.send('{"type": "hello"}')
        try:
            yield
        finally:
            socket.close()
            listener.join()


def _keep(socket: ClientConnection, frames: list[str]) -> None:
    with suppress(ConnectionClosed):
        while True:
            frames.append(str(socket.recv()))


def _look_into(day: Day, theirs: EmbeddedServer, data_dir: Path) -> None:
    """The dump, unpacked snapshots, and each file that PostgreSQL keeps: tables, write-ahead log, log of statements."""
    with psycopg.connect(theirs.url(), autocommit=True) as connection:
        connection.execute("checkpoint")  # the files then have what the tables have
        snapshots = connection.execute("select state from public.workbook_snapshot").fetchall()
        actions = connection.execute("select distinct action from public.secret_activity").fetchall()
    day.shown |= {"snapshots": len(snapshots), "actions": {action for (action,) in actions}}
    day.places["snapshots"] = b"\n".join(zlib.decompress(state) for (state,) in snapshots)
    command = [find_binaries() / "pg_dump", "--inserts", "-d", theirs.url()]
    day.places["dump"] = subprocess.run(command, capture_output=True, check=True).stdout
    day.places |= {str(file.relative_to(data_dir)): file.read_bytes() for file in data_dir.rglob("*") if file.is_file()}
