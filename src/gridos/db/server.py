"""
Runs a PostgreSQL of our own inside the data directory, reachable only through a socket in a private directory.

It lives and dies with this process: the kernel ends it when we are killed. PostgreSQL refuses to run as root, so under
root it runs as `nobody`.
"""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import psycopg
from psycopg.conninfo import make_conninfo

from gridos.db.binaries import find_binaries, major_of, reachable_copy
from gridos.db.processes import Account, end, servers_in
from gridos.errors import DatabaseWillNotStart

_PATIENCE = 60.0  # seconds until it answers: replaying the log after a crash takes its time
_RUN_DIR = re.compile(r"/tmp/gridos-[a-z0-9_]{8}")  # noqa: S108 -- what mkdtemp gives
_BUILTIN_LOCALE = 17  # the first version whose UTF-8 collation needs no help from the system
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # A violated constraint would print the row, and a failed statement its text.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_SOCKET_NOTE = "postgres.socket"  # in it the directory of the socket: for other commands, and to clear it away


class EmbeddedServer:
    """
    A PostgreSQL in `<data_dir>/postgres`, for as long as this object runs it.

    `start` belongs to the main thread, because the kernel ends the server with the thread that started it.
    """

    def __init__(
        self,
        data_dir: Path,
        pg_bin: Path | None = None,
        settings: Mapping[str, str] | None = None,
        cache: Path = Path("/var/cache/gridos"),
    ) -> None:
        """
        `pg_bin` is a folder with `postgres` and `initdb`; `settings` are PostgreSQL's own.

        `cache` is for root alone: there binaries are copied that `nobody` cannot reach where they are.
        """
        self._home = data_dir.resolve()  # as the kernel names it, to know our processes by
        self._data = self._home / "postgres"
        self._log = self._home / "postgres.log"
        self._socket_note = self._home / _SOCKET_NOTE
        self._pg_bin = pg_bin
        self._cache = cache
        self._settings = _SETTINGS | dict(settings or {})
        self._account = Account()
        self._lock: TextIO | None = None
        self._run_dir: Path | None = None
        self._process: subprocess.Popen[Any] | None = None
        self._binaries: Path | None = None

    def start(self) -> None:
        """
        Start, making the data directory on the first start and taking up where a killed server stopped.

        Raises `DatabaseWillNotStart` with a sentence for the operator, and leaves nothing half made.
        """
        assert threading.current_thread() is threading.main_thread(), "the server would end with this thread"
        try:
            self._lock = _hold(self._home)
            self._start()
        except OSError as error:
            self.stop()
            raise DatabaseWillNotStart(f"{error.filename or self._home} cannot be used: {error.strerror}.") from None
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server, giving it time to end well. Stopping twice is no error."""
        if self._process is not None:
            end([self._process.pid], self._has_ended)
            self._process = None
        if self._run_dir is not None:
            shutil.rmtree(self._run_dir, ignore_errors=True)
            self._run_dir = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def revive(self) -> bool:
        """
        Launch the server again, at the same address, if somebody ended it; say whether that was so.

        It returns at once: until PostgreSQL has replayed its log, whoever connects is refused.
        """
        if self._process is None or self._process.poll() is None:
            return False
        self._end_remains()
        for left in self.run_dir.iterdir():
            left.unlink()
        assert self._binaries is not None
        self._launch(self._binaries)
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The running server's process id."""
        assert self._process is not None, "the server does not run"
        return self._process.pid

    @property
    def run_dir(self) -> Path:
        """The directory of the running server's socket; another one after every start."""
        assert self._run_dir is not None, "the server does not run"
        return self._run_dir

    def url(self, user: str = "postgres", database: str = "gridos") -> str:
        """A connection string; by default that of the superuser, who migrates."""
        return make_conninfo(host=str(self.run_dir), user=user, dbname=database)

    def _start(self) -> None:
        version = self._data / "PG_VERSION"
        binaries = find_binaries(self._pg_bin, int(version.read_text()) if version.exists() else None)
        if self._account.is_other:
            binaries = reachable_copy(binaries, self._cache)
        if not version.exists():
            self._make(binaries)
        self._clear_away()
        # Not in the data directory: the path of a socket has 107 bytes at most.
        self._run_dir = self._account.give(Path(tempfile.mkdtemp(prefix="gridos-", dir="/tmp")))
        self._socket_note.write_text(str(self._run_dir))
        self._binaries = binaries
        begin = self._log.stat().st_size if self._log.exists() else 0
        self._launch(binaries)
        self._wait_until_it_answers(begin)
        self._create_database()

    def _make(self, binaries: Path) -> None:
        """Make the data directory beside its place and move it there when it is whole."""
        fresh = self._home / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        try:
            with self._account.reaching(self._account.give(fresh)) as (name, how):
                command = [binaries / "initdb", "-D", name, *self._make_options(binaries)]
                made = subprocess.run(command, **how, capture_output=True, text=True, check=False)  # noqa: S603 -- ours
            if made.returncode != 0:
                raise DatabaseWillNotStart(f"{self._data} cannot be made: {_reason(made.stderr)}")
            fresh.rename(self._data)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _make_options(self, binaries: Path) -> list[str]:
        options = ["-U", "postgres", "--auth=trust", "-E", "UTF8"]
        if major_of(binaries) >= _BUILTIN_LOCALE:
            options += ["--locale-provider=builtin", "--locale=C.UTF-8"]
        else:
            options += ["--no-locale"]
        return [*options, "--no-sync"] if self._settings.get("fsync") == "off" else options

    def _clear_away(self) -> None:
        """Clear away what a killed server left: processes still at work, its pid, and the directory of its socket."""
        self._end_remains()
        if self._socket_note.exists() and _RUN_DIR.fullmatch(left := self._socket_note.read_text()):
            shutil.rmtree(left, ignore_errors=True)

    def _end_remains(self) -> None:
        end(servers_in(self._data), lambda: not servers_in(self._data))
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self, binaries: Path) -> None:
        settings = {**self._settings, "unix_socket_directories": str(self._run_dir)}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._account.reaching(self._data) as (name, how), self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- ours
                [binaries / "postgres", "-D", name, *arguments],
                **how,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we end it when we are done with it
            )

    def _wait_until_it_answers(self, begin: int) -> None:
        """Wait; when it does not come up, say why in its own words, which the log has after `begin`."""
        deadline = time.monotonic() + _PATIENCE
        while not _answers(self.url(database="postgres")):
            if self._has_ended() or time.monotonic() > deadline:
                said = self._log.read_bytes()[begin:].decode(errors="replace")
                raise DatabaseWillNotStart(f"PostgreSQL does not start in {self._data}: {_reason(said)}")
            time.sleep(0.01)

    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _create_database(self) -> None:
        with psycopg.connect(self.url(database="postgres"), autocommit=True) as connection:
            if not connection.execute("select from pg_database where datname = 'gridos'").fetchall():
                connection.execute("create database gridos")


def find_running_url(data_dir: Path) -> str | None:
    """The superuser's address of a server that another process runs in `data_dir`, if there is one."""
    note = data_dir / _SOCKET_NOTE
    url = make_conninfo(host=note.read_text(), user="postgres", dbname="gridos") if note.exists() else None
    return url if url and _answers(url) else None


def _hold(home: Path) -> TextIO:
    """One supervisor per data directory; the kernel lets go of the lock when we end, however that happens."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (home / "postgres.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read()
        lock.close()
        raise DatabaseWillNotStart(
            f"Another GridOS (process {holder}) uses {home}. Stop it, or set GRIDOS_DATA_DIR to another directory."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _reason(output: str) -> str:
    """PostgreSQL's last word on why it ends, without the prefix."""
    lines = output.splitlines()
    reasons = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:"))]
    return (reasons or lines or ["it gave no reason"])[-1].split(": ", 1)[-1].strip()
