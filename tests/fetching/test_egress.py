"""Where no request may ever go. No packet leaves here: a table answers for names, and no socket is connected."""

import socket

import aiohttp
import pytest
from yarl import URL

from gridos.fetching.egress import Allowed, EgressGuard, EgressRefused, parse_egress_allow
from tests.fetching.stage import NameTable

HOSTS = {"api.stripe.com"}


def guard(allow: str = "", upstream: tuple[str, int] | None = None, **answers: list[str]) -> EgressGuard:
    """A guard over such names."""
    return EgressGuard(NameTable(**answers), parse_egress_allow(allow), upstream)


# fmt: off
SPECIAL = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.1.2.3",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1",
    "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::127.0.0.1", "::ffff:127.0.0.1",
    "::ffff:8.8.8.8", "::ffff:a9fe:a9fe", "64:ff9b::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1",
    "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::",
    "3fff::1", "5f00::1", "4000::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1",
    "2606:4700::1111%lo",
]
# fmt: on

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]

# fmt: off
SPELLINGS = [
    "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0", "00000177.1",
    "127.0.0.1.", "[127.0.0.1]", "1e9", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "localhost",
    "4294967295", "-1", "127.0.0.1:443", "256.1.1.1",
]
# fmt: on


@pytest.mark.parametrize("address", [*SPECIAL, *SPELLINGS, ""])
def test_special_addresses_are_refused(address: str) -> None:
    """No special range and nothing that is not a plain address is ever dialled."""
    with pytest.raises(EgressRefused):
        guard().check_address(address, 443)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_for_https_only(address: str) -> None:
    """A public address may be dialled on port 443 and on no other."""
    guard().check_address(address, 443)
    for port in (80, 22, 8443, 0):
        with pytest.raises(EgressRefused):
            guard().check_address(address, port)


@pytest.mark.parametrize("address", SPECIAL)
def test_dialling_checks_once_more(address: str) -> None:
    """The socket for a special address is not even opened, whoever named the address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(EgressRefused):
        guard().dial((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 443)))


def test_dialling_a_public_address() -> None:
    """An address that was checked gets its socket."""
    guard().dial((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("8.8.8.8", 443))).close()


@pytest.mark.parametrize(
    "url",
    [
        "http://api.stripe.com/",
        "ws://api.stripe.com/",
        "https://api.stripe.com:8443/",
        "https://api.stripe.com:80/",
        "https://user@api.stripe.com/",
        "https://user:word@api.stripe.com/",
        "https://api.stripe.com@evil.com/",
        "https://evil.com/",
        "https://api.stripe.com.evil.com/",
        "https://api.stripe.com./",
        "https://sub.api.stripe.com/",
        "https://stripe.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://xn--strpe-3ra.com/",
        "https://api.str\u0131pe.com/",
        "file:///etc/passwd",
        "//api.stripe.com/",
        "/v1/charges",
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    """Only https, port 443, no user and exactly a declared host will do."""
    with pytest.raises(EgressRefused):
        guard().check_url(URL(url), HOSTS)


@pytest.mark.parametrize(
    "url", ["https://api.stripe.com/v1", "https://API.Stripe.com/v1", "https://api.stripe.com:443/"]
)
def test_urls_that_are_allowed(url: str) -> None:
    """A declared host may be asked, in any case."""
    guard().check_url(URL(url), HOSTS)


async def test_names_are_checked() -> None:
    """A name that leads to a private network is refused, and a public one is not."""
    for address in SPECIAL:
        with pytest.raises(EgressRefused):
            await guard(bad=[address]).resolve("bad.test", 443)
    assert len(await guard().resolve("good.test", 443)) == 1


@pytest.mark.parametrize("bad", ["127.0.0.1", "169.254.169.254", "::1"])
@pytest.mark.parametrize("position", [0, 1, 2])
async def test_mixed_answers_are_refused_whole(bad: str, position: int) -> None:
    """One private address among public ones refuses them all."""
    answers = ["8.8.8.8", "2606:4700::1111"]
    answers.insert(position, bad)
    with pytest.raises(EgressRefused):
        await guard(mixed=answers).resolve("mixed.test", 443)


async def test_rebinding() -> None:
    """What was public a moment ago is checked again when it is resolved again, and when it is dialled."""
    names = NameTable(turning=["8.8.8.8"])
    watching = EgressGuard(names)
    await watching.resolve("turning.test", 443)
    names.answers["turning"] = ["127.0.0.1"]
    with pytest.raises(EgressRefused):
        await watching.resolve("turning.test", 443)
    with pytest.raises(EgressRefused):
        watching.dial((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 443)))


async def test_the_operators_list_is_exact() -> None:
    """What the operator opens is one network on one port, and nothing beside it."""
    open_one = guard("127.0.0.1/32:9901")
    open_one.check_address("127.0.0.1", 9901)
    open_one.check_url(URL("https://api.stripe.com:9901/"), HOSTS)
    for address, port in [("127.0.0.1", 5432), ("127.0.0.1", 443), ("127.0.0.2", 9901), ("8.8.8.8", 9901)]:
        with pytest.raises(EgressRefused):
            open_one.check_address(address, port)
    with pytest.raises(EgressRefused):
        open_one.check_url(URL("https://api.stripe.com:5432/"), HOSTS)
    with pytest.raises(EgressRefused):
        open_one.check_url(URL("http://127.0.0.1:9901/"), HOSTS)


async def test_a_stand_in_is_exact() -> None:
    """The operator's stand-in may be reached over http and wherever it is; its neighbours may not."""
    standing = guard("", ("sandbox.local", 9902), sandbox=["10.1.2.3"], other=["10.1.2.3"])
    standing.check_url(URL("http://sandbox.local:9902/v1"), HOSTS)
    await standing.resolve("sandbox.local", 9902)
    standing.dial((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.1.2.3", 9902))).close()
    for url in ("http://sandbox.local:9903/", "http://user@sandbox.local:9902/", "http://other.local:9902/"):
        with pytest.raises(EgressRefused):
            standing.check_url(URL(url), HOSTS)
    with pytest.raises(EgressRefused):
        await standing.resolve("other.local", 9902)
    with pytest.raises(EgressRefused):
        standing.dial((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.1.2.3", 443)))


async def test_a_stand_in_by_address() -> None:
    """A stand-in given as an address needs no resolver, and vouches for that port alone."""
    standing = guard("", ("127.0.0.1", 9902))
    standing.dial((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 9902))).close()
    with pytest.raises(EgressRefused):
        standing.dial((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 5432)))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "bad.test", "127.1"])
async def test_aiohttp_asks_the_guard(host: str) -> None:
    """Through a real session, neither a literal nor a name reaches a forbidden address."""
    watching = guard(bad=["127.0.0.1"])
    connector = aiohttp.TCPConnector(resolver=watching, socket_factory=watching.dial)
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises((aiohttp.ClientConnectorError, aiohttp.InvalidURL)) as caught:
            await session.get(f"https://{host}/")
    error = caught.value
    assert isinstance(error, aiohttp.InvalidURL) or isinstance(error.os_error, EgressRefused)


def test_reading_the_operators_list() -> None:
    """Entries are networks with a port, IPv6 with or without brackets; blanks do not matter."""
    parsed = parse_egress_allow(" 127.0.0.1/32:9901, [::1]/128:9902 ,10.0.0.0/8:443,::1/128:1,")
    assert [f"{entry.network} {entry.port}" for entry in parsed] == [
        "127.0.0.1/32 9901",
        "::1/128 9902",
        "10.0.0.0/8 443",
        "::1/128 1",
    ]
    assert parse_egress_allow("") == ()
    assert isinstance(parsed[0], Allowed)


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "127.0.0.1/32", "localhost:80", "10.0.0.1/8:80", "::1/128:0", "x:1", "1.2.3.4:65536"]
)
def test_a_list_that_cannot_be_read(text: str) -> None:
    """An entry that is not `cidr:port` stops the server with its own words, rather than opening something else."""
    with pytest.raises(ValueError, match=r"is not `cidr:port`"):
        parse_egress_allow(text)
