"""The embedded server: started, stopped, killed, refused."""

import os
import pwd
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import PGconn

from gridos.db import EmbeddedServer, find_running_url
from gridos.db.binaries import _copy_beside, major_of, reachable_copy  # pyright: ignore[reportPrivateUsage] -- a race
from gridos.errors import DatabaseWillNotStart
from tests.db.binaries import BINARIES, SIXTEEN, WHEEL

QUICK = {"fsync": "off"}
ORDINARY = str(pwd.getpwnam("daemon").pw_uid)
ACCOUNTS = ["", ORDINARY] if os.geteuid() == 0 else [""]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A directory every account may enter."""
    directory = Path(tempfile.mkdtemp(prefix="gridos-tests-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory / "data"
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data directory that has been started before."""
    directory = Path(tempfile.mkdtemp(prefix="gridos-tests-", dir="/tmp"))
    directory.chmod(0o755)
    with EmbeddedServer(directory / "data", settings=QUICK) as server:
        remember(server)
    yield directory / "data"
    shutil.rmtree(directory)


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for something another process does."""
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def is_alive(pid: int) -> bool:
    """Whether a process still runs; a zombie does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def run_dir_of(url: str) -> Path:
    """The directory of an address's socket."""
    return Path(str(conninfo_to_dict(url)["host"]))


def remember(server: EmbeddedServer) -> None:
    """Write one row."""
    with psycopg.connect(server.url()) as connection:
        connection.execute("create table if not exists memory as select 42 as answer")


def recall(url: str) -> Any:
    """Read it back."""
    with psycopg.connect(url) as connection:
        return connection.execute("select answer from memory").fetchall()


@contextmanager
def supervisor(data_dir: Path, pg_bin: Path = WHEEL, uid: str = "", **how: Any) -> Generator[subprocess.Popen[str]]:
    """Another GridOS with a server in `data_dir`."""
    script = Path(__file__).with_name("supervisor.py")
    command = [sys.executable, str(script), str(data_dir), str(pg_bin), *([uid] if uid else [])]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, **how) as process:
        yield process  # leaving closes its standard input, and it stops


def told(process: subprocess.Popen[str]) -> tuple[int, str]:
    """What a supervisor says once its server answers: process id and address."""
    assert process.stdout is not None
    pid, url = process.stdout.readline().strip(), process.stdout.readline().strip()
    return int(pid), url


def refusal(process: subprocess.Popen[str]) -> str:
    """What a supervisor says when its server does not start."""
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == ("", 1)
    return err.strip()


@pytest.mark.parametrize("binaries", BINARIES, ids=lambda folder: f"{major_of(folder)}-{folder.parts[1]}")
def test_first_and_warm_start(data_dir: Path, binaries: Path) -> None:
    """Every PostgreSQL at hand makes its directory on the first start and finds its rows on the second."""
    server = EmbeddedServer(data_dir, binaries, QUICK)
    with server:
        remember(server)
    with server, psycopg.connect(server.url()) as connection:
        assert recall(server.url()) == [(42,)]
        assert connection.info.encoding == "utf-8"
        assert connection.info.server_version // 10000 == major_of(binaries)


def test_stop_leaves_nothing_behind(made: Path) -> None:
    """After stopping there is no process, no socket and no lock; stopping again is no error."""
    server = EmbeddedServer(made, settings=QUICK)
    with server:
        pid, run_dir = server.pid, run_dir_of(server.url())
        assert run_dir.stat().st_mode & 0o777 == 0o700
    server.stop()
    assert not is_alive(pid)
    assert not run_dir.exists()
    assert not (made / "postgres/postmaster.pid").exists()


def test_killed_server_loses_nothing(made: Path) -> None:
    """A SIGKILL of PostgreSQL, clients connected, costs no committed row, and the next start takes up from there."""
    server = EmbeddedServer(made, settings=QUICK)
    with server:
        remember(server)
        with psycopg.connect(server.url()):
            os.kill(server.pid, signal.SIGKILL)
            eventually(lambda: not is_alive(server.pid))
    with server:
        assert recall(server.url()) == [(42,)]


def test_server_killed_in_a_long_statement(made: Path) -> None:
    """A backend that outlives its killed postmaster is found, through a symbolic link too, and ended, not run into."""
    link = made.with_name("link")
    link.symlink_to(made)
    server = EmbeddedServer(link, settings=QUICK)
    busy = "do $$ begin loop perform count(*) from generate_series(1, 100000); end loop; end $$"
    with server:
        connection = PGconn.connect(server.url().encode())
        backend = connection.backend_pid
        connection.send_query(busy.encode())
        eventually(lambda: b"\tR" in Path(f"/proc/{backend}/status").read_bytes())
        os.kill(server.pid, signal.SIGKILL)
        eventually(lambda: not is_alive(server.pid))
        assert is_alive(backend)
        server.stop()
        with server:
            assert not is_alive(backend)
        connection.finish()


@pytest.mark.parametrize("uid", ACCOUNTS)
def test_killed_supervisor_takes_its_server_along(data_dir: Path, uid: str) -> None:
    """
    A SIGKILL of GridOS, run by root or by an ordinary account, ends its PostgreSQL, which is never root's.

    Nothing of our environment is in it, and the next start finds every row and leaves no trace in /tmp.
    """
    data_dir.mkdir(mode=0o700)
    if uid:
        os.chown(data_dir, int(uid), int(uid))
    binaries = reachable_copy(WHEEL, data_dir.parent)
    with supervisor(data_dir, binaries, uid, env=os.environ | {"GRIDOS_CANARY": "canary"}) as process:
        pid, url = told(process)
        assert Path(f"/proc/{pid}").stat().st_uid != 0
        assert b"canary" not in Path(f"/proc/{pid}/environ").read_bytes()
        with psycopg.connect(url) as connection:
            connection.execute("create table memory as select 42 as answer")
        process.send_signal(signal.SIGKILL)
        eventually(lambda: not is_alive(pid))
    with supervisor(data_dir, binaries, uid) as process:
        assert recall(told(process)[1]) == [(42,)]
        assert not run_dir_of(url).exists()


@pytest.fixture(scope="module")
def closed_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's binaries in a home directory that only its owner can enter."""
    home = tmp_path_factory.mktemp("home")
    package = WHEEL.parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, home / part.name, symlinks=True)
    home.chmod(0o700)
    return home / WHEEL.relative_to(package.parent)


def test_home_closed_to_others(closed_wheel: Path, tmp_path: Path, data_dir: Path) -> None:
    """Data and binaries may lie where only their owner can enter, as root's home is."""
    with EmbeddedServer(tmp_path / "data", closed_wheel, QUICK, cache=data_dir) as server:
        remember(server)
        assert recall(server.url()) == [(42,)]


def test_copy_for_other_accounts(closed_wheel: Path, tmp_path: Path) -> None:
    """Binaries out of others' reach are copied once; those within reach are used where they are."""
    copy = reachable_copy(closed_wheel, tmp_path / "cache")
    assert copy.is_relative_to(tmp_path / "cache")
    assert major_of(copy) == major_of(closed_wheel)
    made = (copy / "postgres").stat().st_ino
    assert (reachable_copy(closed_wheel, tmp_path / "cache") / "postgres").stat().st_ino == made


def test_foreign_process_under_a_stale_pid(made: Path) -> None:
    """Neither a process that wears a dead server's id nor one that merely stands in its directory is touched."""
    server = EmbeddedServer(made, settings=QUICK)
    with server:
        remember(server)
        os.kill(server.pid, signal.SIGKILL)
    with subprocess.Popen(["sleep", "600"], cwd=made / "postgres") as stranger:
        (made / "postgres/postmaster.pid").write_text(f"{stranger.pid}\n{made / 'postgres'}\n0\n5432\n/\n\n\n")
        with server:
            assert recall(server.url()) == [(42,)]
        assert stranger.poll() is None
        stranger.kill()


def test_second_start_is_refused(made: Path) -> None:
    """A second GridOS on the same directory is told who has it, and the first goes on undisturbed."""
    with EmbeddedServer(made, settings=QUICK) as server:
        remember(server)
        with supervisor(made) as process:
            sentence = refusal(process)
        assert sentence == (
            f"Another GridOS (process {os.getpid()}) uses {made}. Stop it, or set GRIDOS_DATA_DIR to another directory."
        )
        assert recall(server.url()) == [(42,)]


def test_other_commands_find_the_running_server(made: Path) -> None:
    """Another process reaches the server that runs in a data directory, and finds none when it has ended."""
    assert find_running_url(made) is None
    with EmbeddedServer(made, settings=QUICK) as server:
        remember(server)
        url = find_running_url(made)
        assert url is not None
        assert recall(url) == [(42,)]
    assert find_running_url(made) is None


def test_long_data_directory(data_dir: Path) -> None:
    """The data directory's path may be longer than a socket's."""
    with EmbeddedServer(data_dir / ("d" * 150), settings=QUICK) as server:
        remember(server)


def test_interrupted_first_start(data_dir: Path) -> None:
    """What an interrupted first start left half made is made anew."""
    (data_dir / "postgres.new" / "base").mkdir(parents=True)
    with EmbeddedServer(data_dir, settings=QUICK) as server:
        remember(server)
    assert not (data_dir / "postgres.new").exists()


def test_directory_that_cannot_be_made(data_dir: Path) -> None:
    """A data directory below a file is refused in a sentence."""
    data_dir.write_text("a file")
    with pytest.raises(DatabaseWillNotStart, match=r"data/below cannot be used: Not a directory\.$"):
        EmbeddedServer(data_dir / "below").start()


@pytest.mark.parametrize("uid", ACCOUNTS[-1:])
def test_directory_that_cannot_be_written(data_dir: Path, uid: str) -> None:
    """A data directory we may not write is refused in a sentence, and nothing is left in it."""
    data_dir.mkdir(mode=0o555)
    with supervisor(data_dir, reachable_copy(WHEEL, data_dir.parent), uid) as process:
        assert refusal(process) == f"{data_dir}/postgres.lock cannot be used: Permission denied."
    assert list(data_dir.iterdir()) == []


def test_full_disk(data_dir: Path) -> None:
    """A disk that fills during the first start is refused in a sentence, and nothing half made stays."""

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    with supervisor(data_dir, preexec_fn=fill) as process:
        assert refusal(process).startswith(f"{data_dir}/postgres cannot be made: ")
    assert [entry.name for entry in data_dir.iterdir()] == ["postgres.lock"]


def test_directory_of_another_version(data_dir: Path) -> None:
    """A directory made by another major version is left alone, and the sentence says what to do."""
    with EmbeddedServer(data_dir, SIXTEEN, QUICK):
        pass
    with pytest.raises(DatabaseWillNotStart, match="made by PostgreSQL 16, and here is 18") as refused:
        EmbeddedServer(data_dir, WHEEL, QUICK).start()
    assert "GRIDOS_PG_BIN" in str(refused.value)
    with EmbeddedServer(data_dir, SIXTEEN, QUICK):
        pass


def test_broken_directory(data_dir: Path) -> None:
    """A damaged directory gives PostgreSQL's own reason, in one line."""
    server = EmbeddedServer(data_dir, settings=QUICK)
    with server:
        pass
    (data_dir / "postgres/global/pg_control").write_bytes(b"")
    with pytest.raises(DatabaseWillNotStart, match=r"^PostgreSQL does not start in .*/postgres: .+$"):
        server.start()


def test_no_binaries(data_dir: Path) -> None:
    """A GRIDOS_PG_BIN without PostgreSQL is refused, never passed over."""
    with pytest.raises(DatabaseWillNotStart, match="does not hold postgres and initdb"):
        EmbeddedServer(data_dir, data_dir).start()


def test_only_the_main_thread_starts(data_dir: Path) -> None:
    """A start from a thread is refused: the server would end with it."""
    refused: list[BaseException] = []

    def start() -> None:
        try:
            EmbeddedServer(data_dir).start()
        except AssertionError as error:
            refused.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert len(refused) == 1


def test_log_prints_no_row(made: Path) -> None:
    """Neither a refused row nor a failed statement's text reaches the server's log."""
    with (
        EmbeddedServer(made, settings=QUICK) as server,
        psycopg.connect(server.url(), autocommit=True) as connection,
    ):
        connection.execute("create table vault (value text check (value <> value))")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("insert into vault values ('canary')")
    log = (made / "postgres.log").read_text()
    assert "vault_value_check" in log
    assert "canary" not in log


def test_whoever_copies_second_takes_the_first_copy(tmp_path: Path) -> None:
    """Two processes that copy the binaries at once both go on, and what came first stays."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "postgres").touch()
    copy = tmp_path / "cache" / "copy"
    _copy_beside(package, copy)
    made = copy.stat().st_ino
    _copy_beside(package, copy)
    assert copy.stat().st_ino == made
    assert [found.name for found in copy.parent.iterdir()] == ["copy"]
