"""
Sends GET requests over keep-alive connections and says how it went, as JSON. `python -m bench.load` runs it.

It is a process of its own and knows just enough HTTP, so that it costs the measured server as little as possible.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_BEGINS = "begins\n"


@dataclass
class Load:
    """Requests to one path. `pause` is how many seconds each connection rests between two of them."""

    url: str
    path: str
    cookie: str
    connections: int
    seconds: float
    pause: float = 0.0
    took: list[float] = field(default_factory=list[float])

    async def run(self) -> None:
        """Send until the time is over."""
        until = time.perf_counter() + self.seconds
        await asyncio.gather(*(self._connection(until) for _ in range(self.connections)))

    async def _connection(self, until: float) -> None:
        to = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(to.hostname, to.port)
        request = f"GET {self.path} HTTP/1.1\r\nHost: {to.netloc}\r\nCookie: {self.cookie}\r\n\r\n".encode()
        while (start := time.perf_counter()) < until:
            writer.write(request)
            await _read_answer(reader)
            self.took.append(time.perf_counter() - start)
            if self.pause:
                await asyncio.sleep(self.pause)
        writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert head.startswith(b"http/1.1 200"), head
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))


def start_load(
    url: str, path: str, cookie: str = "", *, connections: int = 1, seconds: float, pause: float = 0.0
) -> subprocess.Popen[str]:
    """Run a load in a process of its own, and return as soon as it sends."""
    arguments = [url, path, cookie, str(connections), str(seconds), str(pause)]
    process = subprocess.Popen([sys.executable, "-m", "bench.load", *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == _BEGINS
    return process


def result_of(process: subprocess.Popen[str]) -> Any:
    """What a load found: `per_second` and `slowest`, in seconds."""
    printed, _ = process.communicate()
    assert process.returncode == 0, printed
    return json.loads(printed)


def _main(url: str, path: str, cookie: str, connections: str, seconds: str, pause: str) -> None:
    load = Load(url, path, cookie, int(connections), float(seconds), float(pause))
    print(_BEGINS, end="", flush=True)
    asyncio.run(load.run())
    print(json.dumps({"per_second": len(load.took) / load.seconds, "slowest": max(load.took)}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
