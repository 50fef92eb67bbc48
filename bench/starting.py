"""How long a start takes until the first answer, and how much memory the server then holds."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bench.processes import running

_WARM_STARTS = 3
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Starts:
    """Seconds from the start of the process to its first answer. `bare` is an interpreter that does nothing."""

    cold: float
    warm: float
    bare: float
    idle_megabytes: float
    """Resident memory of the server's process after its first answers, without PostgreSQL's."""


def measure(folder: Path, env: Mapping[str, str]) -> Starts:
    """Start on an empty data directory, then a few times on that same one."""
    cold, memory = _start(folder / "start.log", env)
    warm = [_start(folder / "start.log", env) for _ in range(_WARM_STARTS)]
    return Starts(cold, min(seconds for seconds, _ in warm), _bare(), max(memory, *(held for _, held in warm)))


def _start(log: Path, env: Mapping[str, str]) -> tuple[float, float]:
    start = time.perf_counter()
    with running("gridos", "serve", log=log, env=env) as server:
        httpx2.get(f"{server.url}/healthz").raise_for_status()
        seconds = time.perf_counter() - start
        httpx2.get(f"{server.url}/readyz").raise_for_status()
        return seconds, _resident(server.process) / _MEGABYTE


def _bare() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - start


def _resident(process: subprocess.Popen[str]) -> int:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
