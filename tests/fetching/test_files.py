"""Files of any size, read line by line from a host that gets no secret."""

import asyncio
import gzip
import zlib
from typing import Any

import pytest
from aiohttp import web

from gridos.fetching import Patience
from tests.fetching.raw_server import RAW, raw_server, sending, silence
from tests.fetching.stage import KEY, NameTable, Stage, shared, until

HOSTS: dict[str, Any] = {"connection": {"hosts": ["files.probe.test"], "headers": {"Probe-Version": "1"}}}
FILE = "https://files.probe.test/bulk/1%2F2?sig=%2B"

LINES = """
def register(kernel):
    @kernel.formula("PROBE")
    async def probe(address):
        return [[line] async for line in kernel.http.lines(address)]
"""

MEASURED = """
from tests.fetching.stage import shared

def register(kernel):
    @kernel.formula("PROBE")
    async def probe(address):
        count = size = 0
        async for line in kernel.http.lines(address):
            count, size = count + 1, size + len(line)
        return f"{count} {size}"
"""

FIRST_AND_MORE = """
def register(kernel):
    @kernel.formula("PROBE")
    async def probe(address):
        async for line in kernel.http.lines(address):
            return line + str(await kernel.http.get_json("/value"))
"""

LATE = """
import asyncio
from tests.fetching.stage import shared

async def read_on(lines):
    try:
        async for line in lines:
            shared.seen.append(line)
            await asyncio.sleep(0)
    except BaseException as ended:
        shared.seen.append(type(ended).__name__)

def register(kernel):
    @kernel.formula("PROBE")
    async def probe(address):
        shared.task = asyncio.create_task(read_on(kernel.http.lines(address)))
        while not shared.seen:
            await asyncio.sleep(0.001)
        return 1
"""


def file(body: bytes, encoding: str = "") -> RAW:
    """An answer that says how long it is."""
    packed = f"Content-Encoding: {encoding}\r\n" if encoding else ""
    return sending(f"HTTP/1.1 200 OK\r\n{packed}Content-Length: {len(body)}\r\n\r\n".encode() + body)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b"", []),
        (b"one", ["one"]),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\r\n\r\ntwo", ["one", "", "two"]),
        ("a\u2028b\x0bc\x1dd\ne".encode(), ["a\u2028b\x0bc\x1dd", "e"]),
        (b"x" * 5000 + b"\n" + b"y" * 32_767, ["x" * 5000, "y" * 32_767]),
    ],
)
@pytest.mark.parametrize("encoding", ["", "gzip", "identity"])
async def test_lines(stage: Stage, body: bytes, lines: list[str], encoding: str) -> None:
    """Only a line feed ends a line, however the body is packed, and the last one needs none."""
    async with raw_server(file(gzip.compress(body) if encoding == "gzip" else body, encoding)) as address:
        await stage.start(LINES, stand_in=address, **HOSTS)
        value = await stage.value(stage.connect(), FILE)
    assert value == ([[line or ""] for line in lines] or None)


async def test_several_gzip_members(stage: Stage) -> None:
    """A gzip file that was put together from several is read to its end."""
    async with raw_server(file(gzip.compress(b"one\nt") + gzip.compress(b"wo\n"), "gzip")) as address:
        await stage.start(LINES, stand_in=address, **HOSTS)
        assert await stage.value(stage.connect(), FILE) == [["one"], ["two"]]


async def test_a_file_larger_than_any_answer(stage: Stage) -> None:
    """A file that no request could carry is read, chunk by chunk, as one request."""
    line = b"0123456789abcde\n"

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(200):
            await response.write(line * 4096)
        return response

    stage.upstream.handler = handler
    fetcher = await stage.start(MEASURED, **HOSTS)
    assert await stage.value(stage.connect(), FILE) == f"{200 * 4096} {200 * 4096 * 15}"
    assert fetcher.counts.requests["probe"] == 1


async def test_no_secret_goes_to_a_files_host(stage: Stage) -> None:
    """The stand-in stands in for the further hosts, path and query as they are, and gets neither secret nor header."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(text="one\n")

    stage.upstream.handler = handler
    await stage.start(LINES, **HOSTS)
    assert await stage.value(stage.connect(), FILE) == [["one"]]
    request = stage.upstream.requests[0]
    assert (request.method, request.raw_path) == ("GET", "/bulk/1%2F2?sig=%2B")
    assert not {"Authorization", "Probe-Version"} & set(request.headers)
    assert KEY not in repr(request.headers)


@pytest.mark.parametrize(
    "address",
    [
        "/value",
        "https://other.test/file",
        "https://api.probe.test/base/value",
        "http://files.probe.test/file",
        "https://files.probe.test:8443/file",
        "https://me@files.probe.test/file",
        "https://files.probe.test.evil.test/file",
        "https://169.254.169.254/latest",
        "ftp://files.probe.test/file",
        "https://files.probe.test/a b",
    ],
)
async def test_a_stand_in_widens_nothing(stage: Stage, address: str) -> None:
    """What would be refused without a stand-in is refused with one."""
    await stage.start(LINES, **HOSTS)
    assert (await stage.error(stage.connect(), address)).code == "#BLOCKED!"
    assert not stage.upstream.requests


async def test_a_files_host_that_leads_inside(stage: Stage) -> None:
    """Without a stand-in the guard sees every address of a file's host."""
    await stage.start(LINES, stand_in="", names=NameTable(files=["127.0.0.1"]), **HOSTS)
    assert (await stage.error(stage.connect(), FILE)).code == "#BLOCKED!"


CUT = gzip.compress(b"one\ntwo\n" * 1000)[:-9]
DEFLATED = zlib.compress(b"one\n")


@pytest.mark.parametrize(
    ("handle", "code"),
    [
        (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\none\ntwo\n"), "#PROBE_OFFLINE!"),
        (sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n"), "#PROBE_OFFLINE!"),
        (silence, "#PROBE_OFFLINE!"),
        (sending(b"HTTP/1.1 200 OK\r\n\r\none\ntwo\n"), "#PROBE_ERROR!"),
        (sending(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\none\n"), "#PROBE_ERROR!"),
        (sending(b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n"), "#PROBE_ERROR!"),
        (sending(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), "#PROBE_403!"),
        (sending(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "#PROBE_404!"),
        (sending(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "#PROBE_503!"),
        (file(CUT, "gzip"), "#PROBE_ERROR!"),
        (file(b"nope", "gzip"), "#PROBE_ERROR!"),
        (file(DEFLATED, "deflate"), "#PROBE_ERROR!"),
        (file(b"\xff\xfe\n"), "#PROBE_ERROR!"),
        (file(b"x" * 1_100_000), "#PROBE_ERROR!"),
        (file(gzip.compress(bytes(200 * 1024 * 1024), 1), "gzip"), "#PROBE_ERROR!"),
    ],
)
async def test_no_part_is_taken_for_the_whole(stage: Stage, handle: RAW, code: str) -> None:
    """A file that does not come whole, or is none of lines, is an error in words of our own."""
    async with raw_server(handle) as address:
        await stage.start(MEASURED, stand_in=address, patience=Patience(request=0.3), **HOSTS)
        error = await stage.error(stage.connect(), FILE)
    assert error.code == code
    assert error.title
    assert "127.0.0.1" not in repr(error)


async def test_silence_in_the_middle(stage: Stage) -> None:
    """An upstream that stops sending in the midst of a file is offline; one that merely takes long is not."""

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\n")
        for _number in range(20):
            writer.write(b"abc\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def stopping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 80\r\n\r\nabc\n")
        await reader.read()

    for handle, value in ((slow, "20 60"), (stopping, "#PROBE_OFFLINE!")):
        async with raw_server(handle) as address:
            await stage.start(MEASURED, stand_in=address, patience=Patience(request=0.5), **HOSTS)
            got = await stage.value(stage.connect(), FILE)
        assert getattr(got, "code", got) == value


async def test_a_file_holds_up_no_request(stage: Stage) -> None:
    """A call that reads a file may ask for more meanwhile, even on a connection of one request at a time."""

    async def handler(request: web.Request) -> web.Response:
        if "bulk" in request.path:
            return web.Response(text="one\ntwo\n")
        return web.json_response(7)

    stage.upstream.handler = handler
    await stage.start(FIRST_AND_MORE, connection=HOSTS["connection"] | {"at_once": 1})
    assert await stage.value(stage.connect(), FILE) == "one7"


async def test_a_file_ends_with_its_call(stage: Stage) -> None:
    """A task that a plugin left behind reads no further once its call has ended."""
    shared.seen.clear()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"line\n")
            await asyncio.sleep(0.005)

    stage.upstream.handler = handler
    await stage.start(LATE, **HOSTS)
    assert await stage.value(stage.connect(), FILE) == 1
    await until(lambda: shared.seen[-1] == "OutsideCall")
