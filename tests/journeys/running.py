"""A real `gridos` process, as a user starts it, and a person with a browser's cookies."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx2

PATIENCE = 30.0
ANSWERS = re.compile(r"GridOS answers at (http://\S+)")


class Process:
    """One `gridos …` command. Everything it prints goes into one file, to be searched afterwards."""

    def __init__(self, *arguments: str, log: Path, env: Mapping[str, str] | None = None) -> None:
        self._arguments = arguments
        self._env = {"PATH": os.environ["PATH"], "HOME": str(log.parent), "LANG": "C.UTF-8", **(env or {})}
        self.log = log
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._people: list[Person] = []

    def person(self, **headers: str) -> "Person":
        """Somebody with a browser of their own, whose connections end with this process."""
        self._people.append(Person(self.url, **headers))
        return self._people[-1]

    def start(self) -> Self:
        """Start it and wait until it answers."""
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gridos", *self._arguments], stdout=log, stderr=log, env=self._env
            )
        deadline = time.monotonic() + PATIENCE
        while not (found := ANSWERS.search(self.log.read_text()[begin:])):
            assert self._process.poll() is None, self.log.read_text()[begin:]
            assert time.monotonic() < deadline, self.log.read_text()[begin:]
            time.sleep(0.05)
        self.url = found[1]
        return self

    def kill(self) -> None:
        """SIGKILL, as a crash or a power cut would."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
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
