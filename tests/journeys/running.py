"""A real `gridos` process, as a user starts it, and a person with a browser's cookies."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx2

PATIENCE = 30.0
ANSWERS = re.compile(r"(?:GridOS|It) answers at (http://\S+[^\s.])")


class Finished(NamedTuple):
    """How a command ended, and all it printed."""

    code: int
    said: str


def finish(*arguments: str, home: Path, env: Mapping[str, str] | None = None, typed: str = "", **how: Any) -> Finished:
    """Run one `gridos …` command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "gridos", *arguments],
        env=_environment(home, env),
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
        **how,
    )
    return Finished(done.returncode, done.stdout)


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _environment(home: Path, env: Mapping[str, str] | None) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **(env or {})}


class Process:
    """One `gridos …` command. Everything it prints goes into one file, to be searched afterwards."""

    def __init__(self, *arguments: str, log: Path, env: Mapping[str, str] | None = None) -> None:
        self._arguments = arguments
        self._env = _environment(log.parent, env)
        self.log = log
        self.url = ""
        self._begin = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._people: list[Person] = []

    def person(self, **headers: str) -> "Person":
        """Somebody with a browser of their own, whose connections end with this process."""
        self._people.append(Person(self.url, **headers))
        return self._people[-1]

    def start(self) -> Self:
        """Start it, unless it runs, and wait until it answers."""
        if self._process is None or self._process.poll() is not None:
            self.launch()
        eventually(self._answers)
        return self

    def launch(self) -> None:
        """Start it without waiting."""
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gridos", *self._arguments], stdout=log, stderr=log, env=self._env
            )

    def _answers(self) -> bool:
        assert self._process
        said = self.log.read_text()[self._begin :]
        assert self._process.poll() is None, said
        found = ANSWERS.search(said)
        self.url = found[1] if found else ""
        return bool(found)

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, as a crash or a power cut would."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self, told: signal.Signals = signal.SIGTERM) -> int:
        """SIGTERM or Ctrl-C, and the exit code."""
        assert self._process
        self._process.send_signal(told)
        return self._process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        for person in self._people:
            person.leave()
        if self._process and self._process.poll() is None:
            self.stop()


class Person:
    """Somebody with a browser: cookies are kept, and every answer is remembered for the search of leaks."""

    def __init__(self, url: str, **headers: str) -> None:
        self._client = httpx2.Client(base_url=url, timeout=PATIENCE, headers=headers, trust_env=False)
        self.answers: list[str] = []

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies it has been given."""
        return dict(self._client.cookies)

    def leave(self) -> None:
        """Close the browser."""
        self._client.close()

    def request(self, method: str, path: str, **how: Any) -> httpx2.Response:
        """Send one request."""
        answer = self._client.request(method, path, **how)
        self.answers.append(f"{answer.headers}\n{answer.text}")
        return answer

    def get(self, path: str, **how: Any) -> Any:
        """The JSON of a GET that must succeed."""
        return self._json(self.request("GET", path, **how))

    def post(self, path: str, body: Any) -> Any:
        """The JSON of a POST that must succeed."""
        return self._json(self.request("POST", path, json=body))

    def put(self, path: str, body: Any) -> Any:
        """The JSON of a PUT that must succeed."""
        return self._json(self.request("PUT", path, json=body))

    def delete(self, path: str) -> Any:
        """The JSON of a DELETE that must succeed."""
        return self._json(self.request("DELETE", path))

    def sign_in(self, email: str, password: str) -> Self:
        """Get a session's cookie."""
        self.post("/auth/sign-in", {"email": email, "password": password})
        return self

    def sign_up(self, email: str, password: str) -> Self:
        """Get an account and a session's cookie."""
        self.post("/auth/sign-up", {"email": email, "password": password})
        return self

    def type(self, workbook: str, cell: str, text: str) -> Any:
        """Type into a cell of the first sheet."""
        edits = [{"op": "set", "sheet": "Sheet1", "cell": cell, "input": text}]
        return self.post(f"/workbook/{workbook}/edits", {"edits": edits})

    def read(self, workbook: str, cell: str, wait: float = 20) -> Any:
        """What a cell shows, once it is no longer loading."""
        cells = self.get(f"/workbook/{workbook}/cells", params={"sheet": "Sheet1", "range": cell, "wait": wait})[
            "cells"
        ]
        return cells[0] if cells else None

    def _json(self, answer: httpx2.Response) -> Any:
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json()
