"""The processes of a bench: the server, its upstream, and whoever asks them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ANSWERS = re.compile(r"answers at (http://\S+[^\s.])")
_PATIENCE = 60.0


@dataclass(frozen=True)
class Running:
    """A process that answers at an address."""

    process: subprocess.Popen[str]
    url: str
    seconds: float
    """From its start until it said so."""


@contextmanager
def running(module: str, *arguments: str, log: Path, env: Mapping[str, str] | None = None) -> Generator[Running]:
    """Run a module until the context is left; what it prints goes into `log`."""
    start = time.perf_counter()
    with log.open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=output,
            stderr=output,
            text=True,
            env=_environment(log.parent, env),
        )
        try:
            yield Running(process, _address(process, log), time.perf_counter() - start)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE)


def _environment(home: Path, env: Mapping[str, str] | None) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **(env or {})}


def _address(process: subprocess.Popen[str], log: Path) -> str:
    deadline = time.perf_counter() + _PATIENCE
    while not (found := _ANSWERS.search(log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.perf_counter() < deadline, log.read_text()
        time.sleep(0.005)
    return found[1]
