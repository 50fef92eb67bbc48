"""What a server does when its database, its process or its machine has a bad day: the embedded database."""

import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from gridos.db import find_running_url
from tests.journeys.running import Person, Process, eventually, finish

PLUGINS = Path(__file__).with_name("plugins")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Process]:
    """A single-user server with a database of its own, used up by one bad day after another."""
    env = {"GRIDOS_PORT": "0", "GRIDOS_DATA_DIR": str(home / "data"), "GRIDOS_PLUGINS_DIR": str(PLUGINS)}
    with Process("serve", log=home / "log", env=env) as process:
        yield process


@pytest.fixture
def somebody(server: Process) -> Iterator[Person]:
    """The local user, in front of a server that is ready."""
    person = server.start().person()
    eventually(lambda: person.request("GET", "/readyz").status_code == 200)
    yield person
    person.leave()


def postmaster(home: Path) -> int:
    """The embedded PostgreSQL's process id."""
    return int((home / "data/postgres/postmaster.pid").read_text().split()[0])


def is_alive(pid: int) -> bool:
    """Whether a process still runs; a zombie does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_a_second_start_is_refused(server: Process, somebody: Person, home: Path) -> None:
    """A second server on the same directory says who has it, and harms nobody."""
    env = {"GRIDOS_PORT": "0", "GRIDOS_DATA_DIR": str(home / "data")}
    code, said = finish("serve", home=home, env=env)
    assert (code, said.count("\n")) == (1, 1)
    assert f"Another GridOS (process {server.pid})" in said
    assert somebody.request("GET", "/readyz").status_code == 200


def test_a_taken_port_is_refused_before_anything_is_made(server: Process, home: Path) -> None:
    """A server that cannot have its port leaves no data directory behind."""
    port = server.start().url.rpartition(":")[2]
    code, said = finish("serve", home=home, env={"GRIDOS_PORT": port, "GRIDOS_DATA_DIR": str(home / "other")})
    assert code == 1
    assert said.startswith(f"gridos: GridOS cannot listen on 127.0.0.1, port {port}: Address already in use.")
    assert not (home / "other").exists()


def test_a_killed_postgresql_comes_back_by_itself(somebody: Person, home: Path) -> None:
    """After a SIGKILL of the embedded PostgreSQL every acknowledged edit is there, without a restart of ours."""
    workbook = somebody.post("/workbooks", {"title": "Mine"})["id"]
    seq = somebody.type(workbook, "A1", "41")["seq"]
    killed = postmaster(home)
    subprocess.run(["kill", "-KILL", str(killed)], check=True)
    eventually(lambda: not is_alive(killed))
    eventually(lambda: somebody.request("GET", f"/workbook/{workbook}").status_code == 200)
    assert somebody.get(f"/workbook/{workbook}")["seq"] == seq
    assert somebody.type(workbook, "A2", "=A1+1")["seq"] == seq + 1
    assert somebody.read(workbook, "A2")["value"] == 42
    assert postmaster(home) != killed


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_it_leaves_when_told(server: Process, somebody: Person, home: Path, told: signal.Signals) -> None:
    """Told to stop it exits with 0, although a connection is open and somebody waits a minute for a cell."""
    workbook = somebody.post("/workbooks", {"title": "Slow"})["id"]
    somebody.type(workbook, "A1", "=SLOW()")
    path = f"/workbook/{workbook}/cells"
    with ThreadPoolExecutor(1) as pool, psycopg.connect(database_url(home)):
        waiting = pool.submit(server.person().request, "GET", path, params={"wait": 60}, timeout=60)
        eventually(lambda: connections(server) == 2)
        somebody.get("/workbooks")  # asked later and answered: by now the other one waits
        running = postmaster(home)
        assert server.stop(told) == 0
        assert waiting.result().json()["cells"][0]["state"] == "loading"
    assert not is_alive(running)
    assert "Traceback" not in server.log.read_text().rpartition("GridOS answers")[2]


def test_a_killed_server_takes_its_database_along(server: Process, somebody: Person, home: Path) -> None:
    """After a SIGKILL of the server nothing of it runs on, and the next start has every acknowledged edit."""
    workbook = somebody.post("/workbooks", {"title": "Mine"})["id"]
    somebody.type(workbook, "A1", "kept")
    running = postmaster(home)
    server.kill()
    eventually(lambda: not is_alive(running))
    again = server.start().person()
    assert again.read(workbook, "A1")["value"] == "kept"


def database_url(home: Path) -> str:
    """The embedded database, as its superuser."""
    url = find_running_url(home / "data")
    assert url
    return url


def connections(server: Process) -> int:
    """How many browsers' connections the server has open."""
    port = int(server.url.rpartition(":")[2])
    lines = [line.split() for line in Path(f"/proc/{server.pid}/net/tcp").read_text().splitlines()[1:]]
    return sum(line[1].endswith(f":{port:04X}") and line[3] == "01" for line in lines)
