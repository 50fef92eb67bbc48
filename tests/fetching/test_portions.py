"""What floods is taken in a portion a turn, on either event loop, and what is whole stays whole."""

import asyncio
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import pytest
import uvloop
from aiohttp.client_proto import ResponseHandler

from gridos.fetching.portions import MOST_UNREAD, PortionsConnector
from tests.fetching.test_http import self_signed

Talk: TypeAlias = Callable[[socket.socket], object]
Run: TypeAlias = Callable[[Coroutine[Any, Any, Any]], Any]

OK = b"HTTP/1.1 200 OK\r\n"
HINT = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
FLOODS = {
    "hints": (b"", HINT * 1_000),
    "answers": (OK + b"Content-Length: 2\r\n\r\n{}", (OK + b"Content-Length: 0\r\n\r\n") * 1_000),
    "body": (OK + b"Content-Length: 4000000\r\n\r\n", b" " * 65_536),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 10_000),
    "extension": (OK + b"Transfer-Encoding: chunked\r\n\r\n5;", b"a" * 65_536),
}
PORTION = 16_384
BODY = bytes(range(256)) * 4_000


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Generator[Run]:
    """Runs a coroutine on Python's own event loop, and the same test again on the server's."""
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner.run


@contextmanager
def upstream(talk: Talk, tls: ssl.SSLContext | None = None) -> Generator[str]:
    """Answers every request of a connection as the test says, in threads, as fast as it can; gives its address."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=converse, args=(connection,)).start()

    def converse(connection: socket.socket) -> None:
        try:
            with tls.wrap_socket(connection, server_side=True) if tls else connection as spoken:
                while spoken.recv(65_536):
                    talk(spoken)
        except OSError:
            pass  # the client has had enough, which is what these tests are about

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)


async def read(session: aiohttp.ClientSession, address: str) -> bytes:
    """The body of one answer."""
    async with session.get(address, timeout=aiohttp.ClientTimeout(total=20)) as answer:
        return await answer.read()


async def read_once(address: str) -> bytes:
    """The body of the only answer of a connection."""
    async with aiohttp.ClientSession(connector=PortionsConnector(ssl=False)) as session:
        return await read(session, address)


@pytest.mark.parametrize("what", FLOODS)
def test_a_turn_takes_in_one_portion(run: Run, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """However much has come, everybody else has a turn before more of it is looked at."""
    first, more = FLOODS[what]
    taken: Counter[int] = Counter()
    turn = 0
    enough = asyncio.Event()
    parse = ResponseHandler.data_received

    def flood(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(more)

    def counted(self: ResponseHandler, data: bytes) -> None:
        if not enough.is_set():
            taken[turn] += len(data)
        if taken.total() > 40 * PORTION:
            enough.set()
        parse(self, data)

    async def count_turns() -> None:
        nonlocal turn
        while not enough.is_set():
            turn += 1
            await asyncio.sleep(0)

    async def ask(address: str) -> None:
        counting = asyncio.create_task(count_turns())
        asking = asyncio.create_task(read_once(address))
        await asyncio.wait({asking, counting}, return_when=asyncio.FIRST_COMPLETED)
        enough.set()
        asking.cancel()
        await asyncio.gather(asking, counting, return_exceptions=True)

    monkeypatch.setattr(ResponseHandler, "data_received", counted)
    with upstream(flood) as address:
        run(ask(address))
    assert taken
    # uvloop looks at its sockets between two turns, so that one connection may begin again in the second.
    assert max(taken.values()) <= 2 * PORTION


def test_a_few_hints_are_heard(run: Run) -> None:
    """They may come before an answer."""
    with upstream(lambda connection: connection.sendall(HINT * 20 + OK + b"Content-Length: 2\r\n\r\n{}")) as address:
        assert run(read_once(address)) == b"{}"


def test_hints_without_end_are_no_answer(run: Run) -> None:
    """More of them than anybody sends end the connection, whatever follows."""
    hints = HINT * 10 * MOST_UNREAD + OK + b"Content-Length: 2\r\n\r\n{}"
    with (
        upstream(lambda connection: connection.sendall(hints)) as address,
        pytest.raises(aiohttp.ClientResponseError),
    ):
        run(read_once(address))


@pytest.mark.parametrize("when", ["at once", "later"])
def test_what_comes_unasked_answers_nobody(run: Run, when: str) -> None:
    """An answer behind the answer is not taken for that of the next request: that one gets a connection of its own."""
    bodies = iter((b"one", b"two"))
    was_read, is_sent = threading.Event(), threading.Event()

    def talk(connection: socket.socket) -> None:
        answer = OK + b"Content-Length: 3\r\n\r\n"
        connection.sendall(answer + next(bodies) + (answer + b"bad" if when == "at once" else b""))
        if when == "later" and was_read.wait(10) and not is_sent.is_set():
            connection.sendall(answer + b"bad")
            is_sent.set()

    async def read_twice(address: str) -> list[bytes]:
        async with aiohttp.ClientSession(connector=PortionsConnector()) as session:
            first = await read(session, address)
            was_read.set()
            await asyncio.to_thread(is_sent.wait, 10 if when == "later" else 0)
            for _ in range(10):
                await asyncio.sleep(0)
            return [first, await read(session, address)]

    with upstream(talk) as address:
        assert run(read_twice(address)) == [b"one", b"two"]


WHOLE = {
    "by its length": OK + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    "by its end": OK + b"Connection: close\r\n\r\n" + BODY,
    "in chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("how", WHOLE)
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_what_is_sent_arrives(run: Run, tmp_path: Path, how: str, *, secure: bool) -> None:
    """Every byte, in order, also when the connection ends right behind it."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(WHOLE[how])
        if how == "by its end":
            end = connection.unwrap() if isinstance(connection, ssl.SSLSocket) else connection
            end.close()

    with upstream(talk, self_signed(tmp_path) if secure else None) as address:
        assert run(read_once(address)) == BODY
