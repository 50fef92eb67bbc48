"""Attacks on the way out, through the whole of it. No packet leaves: there is a fake resolver, and a fake dialler."""

import asyncio
import socket
from typing import Any
from urllib.parse import unquote

import aiohttp
import pytest
from aiohttp.abc import ResolveResult
from yarl import URL

from gridos.fetching import Patience
from gridos.fetching.egress import EgressGuard, EgressRefused, parse_egress_allow
from tests.attacks.conftest import Dialled
from tests.fetching.raw_server import raw_server
from tests.fetching.stage import FETCH, NameTable, Stage
from tests.fetching.test_egress import SPECIAL, SPELLINGS

PUBLIC = ("93.184.216.34", 443)

# fmt: off
LITERALS = [*SPECIAL, *SPELLINGS, "0x7f.1", "0x7f.0x0.0x0.0x1", "0177.1", "127.0.0.1.", "0251.0376.0251.0376",
            "0xa9fea9fe", "2852039166", "169.254.43518", "169.16689662", "0000:0000:0000:0000:0000:0000:0000:0001",
            "::ffff:7f00:1", "0:0:0:0:0:ffff:a9fe:a9fe", "64:ff9b::169.254.169.254", "::169.254.169.254",
            "fe80::1%1", "fe80::a9fe:a9fe%eth0", "①②⑦.0.0.1", "127。0。0。1", "127\uff0e0\uff0e0\uff0e1"]
# fmt: on

ASK = """
def register(kernel):
    @kernel.formula("PROBE")
    async def probe(method, path):
        return (await kernel.http.request(method, path)).status
"""


class Numbers(NameTable):
    """Reads every spelling of an address as the system's own resolver does, and asks nobody about a name."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Its address; OSError when it is no spelling of one."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        self.answers["spelt"] = [str(address[0]) for *_, address in found]
        return await super().resolve("spelt", port, family)


def is_address(text: str) -> bool:
    """Whether the system takes it for one."""
    try:
        return bool(socket.getaddrinfo(text, 443, flags=socket.AI_NUMERICHOST))
    except (OSError, UnicodeError):
        return False


def test_the_spellings_are_addresses() -> None:
    """Most of what is tried below would reach something: the system reads it as an address."""
    assert {"127.1", "0x7f000001", "017700000001", "2130706433", "0"} <= {one for one in LITERALS if is_address(one)}
    assert sum(map(is_address, LITERALS)) > len(LITERALS) * 0.8


@pytest.mark.parametrize("literal", LITERALS)
async def test_no_spelling_of_an_address_is_dialled(stage: Stage, dialled: Dialled, literal: str) -> None:
    """Neither as a host that a plugin writes out, nor behind a declared name, nor as whatever aiohttp makes of it."""
    await stage.start(ASK, stand_in="", names=Numbers(), connection={"hosts": ["files.probe.test"]})
    host = f"[{literal}]" if ":" in literal else literal
    for address in (
        f"https://{host}/",
        f"https://{host}:443/x",
        f"http://{host}/",
        f"https://files.probe.test@{host}/",
    ):
        assert (await stage.error(stage.connect(), "GET", address)).code in {"#BLOCKED!", "#PROBE_OFFLINE!"}
    await stage.start(stand_in="", names=NameTable(api=[literal]))
    assert (await stage.error(stage.connect())).code == "#BLOCKED!"
    await dial_directly(host)
    assert dialled == []


async def dial_directly(host: str) -> None:
    """What a mistake before the guard would do: hand aiohttp the literal itself."""
    guard = EgressGuard(Numbers())
    connector = aiohttp.TCPConnector(resolver=guard, socket_factory=guard.dial)
    async with aiohttp.ClientSession(connector=connector) as session:
        try:
            url = URL(f"https://{host}/")
        except ValueError:
            return  # no address at all
        with pytest.raises((aiohttp.ClientConnectorError, aiohttp.InvalidURL, OSError, UnicodeError)):
            await session.get(url)


async def test_a_public_name_is_dialled(stage: Stage, dialled: Dialled) -> None:
    """The stage works: what is allowed is dialled, once for each try, at the address that was checked."""
    await stage.start(stand_in="", names=NameTable())
    assert (await stage.error(stage.connect())).code == "#PROBE_OFFLINE!"
    assert set(dialled) == {PUBLIC}


@pytest.mark.parametrize(
    "bad", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"]
)
@pytest.mark.parametrize("position", [0, 1, 2])
async def test_mixed_answers_dial_nothing(stage: Stage, dialled: Dialled, bad: str, position: int) -> None:
    """One private address among public ones: not even a public one is dialled."""
    answers = ["93.184.216.34", "2606:4700::1111"]
    answers.insert(position, bad)
    await stage.start(stand_in="", names=NameTable(api=answers))
    assert (await stage.error(stage.connect())).code == "#BLOCKED!"
    assert dialled == []


async def test_a_name_that_is_rebound_between_two_calls(stage: Stage, dialled: Dialled) -> None:
    """What was public for one call is asked again for the next connection, and refused."""
    names = NameTable()
    await stage.start(stand_in="", names=names)
    await stage.error(stage.connect())
    dialled.clear()
    names.answers["api"] = ["127.0.0.1"]
    await stage.start(stand_in="", names=names)
    assert (await stage.error(stage.connect())).code == "#BLOCKED!"
    assert dialled == []


class Turning(NameTable):
    """Exchanges its answer right after it was given."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """A public address, for whoever looks at once."""
        answers = await super().resolve(host, port, family)
        return Sly(answers)


class Sly(list[ResolveResult]):
    """Shows the guard a public address, and whoever looks again the metadata service."""

    def __iter__(self) -> Any:
        """The first look is honest."""
        shown = [ResolveResult(**answer) for answer in super().__iter__()]
        for answer in super().__iter__():
            answer["host"] = "169.254.169.254"
        return iter(shown)


async def test_a_name_that_is_rebound_between_check_and_dial(stage: Stage, dialled: Dialled) -> None:
    """What is dialled is what was checked: the socket's own address is looked at once more."""
    await stage.start(stand_in="", names=Turning())
    await stage.error(stage.connect())
    assert set(dialled) <= {PUBLIC}


@pytest.mark.parametrize(
    "address",
    [
        "https://files.probe.test@evil.test/",
        "https://user:word@files.probe.test/",
        "https://files.probe.test:8443/",
        "https://files.probe.test:80/",
        "https://files.probe.test:0/",
        "http://files.probe.test/",
        "ftp://files.probe.test/",
        "https://files.probe.test./",
        "https://files.probe.test.evil.test/",
        "https://evil.test/files.probe.test",
        "https://evil.test#files.probe.test",
        "https://evil.test?files.probe.test",
        "https://evil.test\\@files.probe.test/",
        "https://files.probe.test\\.evil.test/",
        "https://files。probe。test/",
        "https://files\uff0eprobe\uff0etest/",
        "https://ﬁles.probe.test/",
        "https://files.probe.te\u00adst/",
        "https://xn--files-0na.probe.test/",
        "https://files.pro\tbe.test/",
        "https://files.probe.test/\r\nHost: evil.test",
        "https://[files.probe.test]/",
        "https:///files.probe.test/",
        "https://",
        "https://files.probe.test%2eevil.test/",
        "https://%66iles.probe.test/",
    ],
)
async def test_a_host_that_only_looks_declared(stage: Stage, dialled: Dialled, address: str) -> None:
    """Userinfo, ports, other schemes, dots of other alphabets, punycode, escapes: nothing of it is sent anywhere."""
    await stage.start(ASK, stand_in="", names=NameTable(), connection={"hosts": ["files.probe.test"]})
    error = await stage.error(stage.connect(), "GET", address)
    assert error.code in {"#BLOCKED!", "#PROBE_ERROR!"}
    assert dialled == []


async def test_proxies_and_netrc_of_the_operator(
    stage: Stage, dialled: Dialled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An https request goes to its host and to no proxy that the environment names."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    await stage.start(stand_in="", names=NameTable())
    await stage.error(stage.connect())
    assert set(dialled) == {PUBLIC}


async def test_a_manifest_opens_no_port(stage: Stage, dialled: Dialled) -> None:
    """Only the operator does: a port in a manifest's base address is a port that nobody may use."""
    await stage.start(FETCH, stand_in="", names=NameTable(), connection={"base_url": "https://api.probe.test:5432"})
    assert (await stage.error(stage.connect())).code == "#BLOCKED!"
    assert dialled == []


@pytest.mark.parametrize("port", [443, 5432, 9900, 9902])
def test_what_the_operator_allows_is_one_port(port: int) -> None:
    """127.0.0.1:9901 does not open its neighbours."""
    guard = EgressGuard(NameTable(), parse_egress_allow("127.0.0.1/32:9901"))
    with pytest.raises(EgressRefused):
        guard.check_address("127.0.0.1", port)
    guard.check_address("127.0.0.1", 9901)


FLOODS = {
    "status line": (b"HTTP/1.1 200 ", b"A" * 65_536),
    "header": (b"HTTP/1.1 200 OK\r\nX: ", b"A" * 65_536),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: aaaaaaaaaaaaaaaa\r\n" * 3_000),
    "hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" * 100),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", b" " * 65_536),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 1_000),
    "chunk's extension": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"a" * 65_536),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: aaaaaaaa\r\n" * 3_000),
}


@pytest.mark.parametrize("what", FLOODS)
async def test_an_upstream_that_never_stops(stage: Stage, what: str) -> None:
    """Whichever part of an answer has no end, the call has one, and others are answered meanwhile."""
    first, more = FLOODS[what]

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(more)
            await writer.drain()

    async with raw_server(flood) as address:
        await stage.start(stand_in=address, patience=Patience(connect=1, request=0.5, tries=1))
        flooded = asyncio.create_task(stage.error(stage.connect()))
        await stage.start()
        assert await stage.value(stage.connect()) == 42
        assert (await flooded).code in {"#PROBE_ERROR!", "#PROBE_OFFLINE!"}


@pytest.mark.parametrize(
    "argument", ["evil.com", "//evil.com", "../../x", "30&x=y", "a#b", "a?b=c", "%2e%2e", 1e308, "x" * 10_000]
)
async def test_arguments_make_no_other_address(stage: Stage, argument: object) -> None:
    """Whatever is typed into a formula is an error, or a part of a path below the declared address."""
    source = FETCH.replace("get_json(path)", 'get_json(f"/v1/{path}", {"days": path})')
    await stage.start(source)
    await stage.ask(stage.connect(), argument)
    for request in stage.upstream.requests:
        assert request.raw_path.startswith("/base/v1/")
        assert ".." not in unquote(request.raw_path.partition("?")[0]).split("/")
        assert list(request.query) in (["days"], ["b", "days"])
        assert "evil" not in request.host
