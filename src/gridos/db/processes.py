"""Whose the embedded server's processes are, how they are tied to ours, found again, and ended. Linux."""

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_FAREWELL = 15.0  # seconds to end by itself, before the next and ruder signal
_CLEAN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}  # never our environment: SQL can read the server's
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec nothing may be


class Account:
    """Whom PostgreSQL runs as: ourselves, but under root `nobody`, because it refuses to be root."""

    def __init__(self) -> None:
        self._nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @property
    def is_other(self) -> bool:
        """Whether it is not ourselves."""
        return self._nobody is not None

    def give(self, directory: Path) -> Path:
        """Hand a directory over."""
        if self._nobody:
            os.chown(directory, self._nobody.pw_uid, self._nobody.pw_gid)
        return directory

    @contextmanager
    def reaching(self, directory: Path) -> Generator[tuple[str, dict[str, Any]]]:
        """
        A name under which the account's process reaches a directory of its own, and how to start that process.

        root's home is closed to nobody, but a directory that was opened before stays open.
        """
        how: dict[str, Any] = {"cwd": "/", "env": _CLEAN, "stdin": subprocess.DEVNULL, "preexec_fn": _tie_to_us()}
        if not self._nobody:
            yield str(directory), how
            return
        opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            how |= {"user": self._nobody.pw_uid, "group": self._nobody.pw_gid, "extra_groups": [], "pass_fds": [opened]}
            yield f"/proc/self/fd/{opened}", how
        finally:
            os.close(opened)


def servers_in(data: Path) -> list[int]:
    """
    The PostgreSQL processes at work in a data directory, whoever started them.

    A process id in a stale postmaster.pid may be anybody's by now; a PostgreSQL works in its own directory.
    """
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _is_server(entry, data)]


def end(pids: Iterable[int], is_gone: Callable[[], bool]) -> None:
    """Ask to end at once, and insist when nothing happens."""
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, how)
        deadline = time.monotonic() + _FAREWELL
        while time.monotonic() < deadline:
            if is_gone():
                return
            time.sleep(0.005)


def _is_server(entry: Path, data: Path) -> bool:
    try:
        return (entry / "cwd").readlink() == data and (entry / "comm").read_text().startswith("postgres")
    except OSError:  # gone meanwhile, a zombie, or somebody else's
        return False


def _tie_to_us() -> Callable[[], None]:
    """
    What a child runs between fork and exec so that the kernel ends it with us.

    More exactly: with the *thread* that forks, so that has to be the main one.
    """
    parent = os.getpid()

    def tie() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:  # we were killed before the kernel knew
            os._exit(1)

    return tie
