"""Upstreams that behave, that refuse, and that do not speak HTTP at all; all on loopback sockets."""

import asyncio
import gzip
import json
import logging
import socket
import ssl
import struct
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gridos.fetching import Patience
from gridos.fetching.names import Names
from gridos.grid import CellError
from tests.fetching.raw_server import RAW, drip, raw_server, reset, sending, silence, slow_head
from tests.fetching.stage import KEY, Clock, NameTable, Stage, answering, until

ASCII_KEY = "sk_test_canary_4242"

RESPONSE = """
def register(kernel):
    @kernel.formula("PROBE")
    async def probe(method="GET", path="/value", body=None):
        answer = await kernel.http.request(method, path, json=body)
        return f"{answer.status} {answer.headers.get('x-kind')} {answer.body.decode()}"
"""

POST = """
def register(kernel):
    @kernel.formula("PROBE")
    async def probe(_):
        return (await kernel.http.post_json("/graphql", {"query": "{ shop }"}))["value"]
"""


def bomb() -> bytes:
    """200 MB of zeros in a few hundred kilobytes."""
    packed = gzip.compress(bytes(200 * 1024 * 1024), 1)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    return head.encode() + packed


@pytest.mark.parametrize(
    ("handle", "code"),
    [
        (sending(b""), "#PROBE_OFFLINE!"),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"), "#PROBE_OFFLINE!"),
        (sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}"), "#PROBE_OFFLINE!"),
        (reset, "#PROBE_OFFLINE!"),
        (silence, "#PROBE_OFFLINE!"),
        (drip, "#PROBE_OFFLINE!"),
        (sending(b"SSH-2.0-OpenSSH\r\n\r\n"), "#PROBE_ERROR!"),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}"), "#PROBE_ERROR!"),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"), "#PROBE_ERROR!"),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b" " * 9_000_000), "#PROBE_ERROR!"),
        (sending(bomb()), "#PROBE_ERROR!"),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "#PROBE_ERROR!"),
        (sending(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"value": 42}'), "#PROBE_ERROR!"),
        (sending(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"), "#PROBE_ERROR!"),
        (sending(b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n"), "#PROBE_ERROR!"),
        (slow_head, "#PROBE_OFFLINE!"),
    ],
)
async def test_bad_days(stage: Stage, handle: RAW, code: str) -> None:
    """Whatever an upstream does to its connection is an error in words of our own, within the time allowed."""
    async with raw_server(handle) as address:
        await stage.start(stand_in=address, patience=Patience(connect=0.3, request=0.4))
        error = await stage.error(stage.connect(TOKEN=ASCII_KEY))
    assert error.code == code
    assert error.title
    assert error.detail.endswith(".")
    assert "127.0.0.1" not in repr(error)
    assert ASCII_KEY not in repr(error)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
async def test_an_answer_has_eight_megabytes_at_most(stage: Stage, *, packed: bool) -> None:
    """The last byte of eight megabytes still counts, and one more refuses it all, however small it was packed."""
    largest = b'{"value": 42}'.ljust(8 * 1024 * 1024)
    for body, shown in ((largest, 42), (largest + b" ", "#PROBE_ERROR!")):
        content = gzip.compress(body, 1) if packed else body
        encoding = b"Content-Encoding: gzip\r\n" if packed else b""
        head = b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n" % (encoding, len(content))
        async with raw_server(sending(head + content)) as address:
            await stage.start(stand_in=address)
            value = await stage.value(stage.connect())
            assert (value.code if isinstance(value, CellError) else value) == shown
    assert isinstance(value, CellError)
    assert "larger than 8 MB" in value.detail


async def test_hints_without_end(stage: Stage) -> None:
    """More hints than anybody sends before an answer are no HTTP as it should be."""
    async with raw_server(sending(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1_000)) as address:
        await stage.start(stand_in=address)
        error = await stage.error(stage.connect())
    assert (error.code, "not HTTP" in error.detail) == ("#PROBE_ERROR!", True)


async def test_a_reset_at_connect(stage: Stage) -> None:
    """An upstream that hangs up on whoever connects is offline."""

    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        linger = struct.pack("ii", 1, 0)  # closing sends a reset
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        await stage.start(stand_in=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        error = await stage.error(stage.connect())
    assert error.code == "#PROBE_OFFLINE!"
    assert "127.0.0.1" not in repr(error)


async def test_a_name_that_nobody_knows(stage: Stage) -> None:
    """A host without an address is offline, in words that do not name it."""

    class Nobody(NameTable):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list[ResolveResult]:
            raise OSError(socket.EAI_NONAME, f"{host} is not known")

    await stage.start(stand_in="", names=Nobody())
    error = await stage.error(stage.connect())
    assert (error.code, "api.probe.test" in repr(error)) == ("#PROBE_OFFLINE!", False)
    assert error.detail.startswith("No connection could be made.")


async def test_nobody_listens(stage: Stage) -> None:
    """A closed port is offline, since when and until when."""
    async with raw_server(silence) as address:
        pass
    clock = Clock()
    await stage.start(stand_in=address, clock=clock)
    error = await stage.error(stage.connect())
    assert (error.code, error.retry_at) == ("#PROBE_OFFLINE!", clock.now + 15)
    assert "Since 08:00 UTC" in error.detail


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's certificate for 127.0.0.1 that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


async def test_an_identity_nobody_vouches_for(stage: Stage, tmp_path: Path) -> None:
    """The secret is sent to no server that cannot prove who it is, stand-in or not."""
    async with raw_server(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), self_signed(tmp_path)) as address:
        await stage.start(stand_in=address)
        error = await stage.error(stage.connect())
    assert error.code == "#PROBE_OFFLINE!"
    assert "TLS" in error.detail


async def test_a_slow_upstream_delays_only_itself(stage: Stage) -> None:
    """While one request hangs, the loop goes on and others are answered."""
    hang = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        if request.path.endswith("/slow"):
            await hang.wait()
        return web.json_response({"value": 1})

    stage.upstream.handler = handler
    await stage.start()
    ref = stage.connect()
    slow = asyncio.create_task(stage.ask(ref, "/slow"))
    await until(lambda: stage.upstream.running)
    assert await stage.value(ref, "/quick") == 1
    hang.set()
    await slow


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/elsewhere", "http://169.254.169.254/latest", "https://evil.test/"])
async def test_redirects_are_not_followed(stage: Stage, status: int, location: str) -> None:
    """A redirect is an error, and nothing is sent where it points."""
    stage.upstream.handler = answering({}, status, {"Location": location})
    await stage.start()
    error = await stage.error(stage.connect())
    assert error.code == "#PROBE_ERROR!"
    assert location not in repr(error)
    assert len(stage.upstream.requests) == 1


@pytest.mark.parametrize("body", ["<html>Sign in</html>", "", "{", "NaN", '{"value": Infinity}', "[" * 100_000, "\xff"])
async def test_what_is_not_json(stage: Stage, body: str) -> None:
    """HTML, half an answer and what only Python calls JSON are errors."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body.encode("latin-1"), content_type="text/html")

    stage.upstream.handler = handler
    await stage.start()
    assert (await stage.error(stage.connect())).code == "#PROBE_ERROR!"


async def test_cookies_are_not_kept(stage: Stage) -> None:
    """What one answer sets is sent with no other request, of the same owner or another."""
    stage.upstream.handler = answering({"value": 1}, headers={"Set-Cookie": "session=canary; Path=/"})
    await stage.start()
    ref = stage.connect()
    for path in ("/a", "/b"):
        await stage.ask(ref, path)
    await stage.ask(stage.connect())
    assert [request.headers.get("Cookie") for request in stage.upstream.requests] == [None] * 3


async def test_the_environment_has_no_effect(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a proxy nor a .netrc of the operator touches a call."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\n")
    netrc.chmod(0o600)
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(netrc))
    await stage.start(connection={"auth": [{}]})
    assert await stage.value(stage.connect()) == 42
    assert "Authorization" not in stage.upstream.requests[0].headers


async def test_the_request(stage: Stage) -> None:
    """Upstream gets the base path, the manifest's headers, the owner's secret, and nothing of the plugin's making."""
    await stage.start(connection={"headers": {"Probe-Version": "2026-10"}})
    await stage.ask(stage.connect(TOKEN=ASCII_KEY), "/v1/things?a=1")
    request = stage.upstream.requests[0]
    assert request.raw_path == "/base/v1/things?a=1"
    assert request.headers["Probe-Version"] == "2026-10"
    assert request.headers["Authorization"] == f"Bearer {ASCII_KEY}"
    assert request.headers["User-Agent"] == "GridOS"


async def test_a_post(stage: Stage) -> None:
    """A POST carries its body as JSON, and equal ones are never merged."""
    await stage.start(POST)
    ref = stage.connect()
    assert await asyncio.gather(stage.value(ref, 1), stage.value(ref, 2)) == [42, 42]
    assert [request.method for request in stage.upstream.requests] == ["POST", "POST"]
    assert await stage.upstream.requests[0].json() == {"query": "{ shop }"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/value"),
        ("DELETE", "/value"),
        ("POST", "/graphql/x"),
        ("PUT", "/graphql"),
        ("GET", "https://evil.test/"),
        ("GET", "http://169.254.169.254/latest/meta-data"),
        ("GET", "https://127.0.0.1/"),
        ("GET", "//evil.test/"),
        ("GET", "/../admin"),
        ("GET", "/a%2f..%2fb"),
        ("GET", "/a\r\nHost: evil.test"),
        ("BREW", "/value"),
        ("GET /graphql", "/value"),
    ],
)
async def test_requests_that_the_guard_stops(stage: Stage, method: str, path: str) -> None:
    """Other methods, other hosts and other paths than the manifest lists never leave."""
    await stage.start(RESPONSE)
    error = await stage.error(stage.connect(), method, path)
    assert error.code == "#BLOCKED!"
    assert "evil" not in repr(error)
    assert not stage.upstream.requests


async def test_request_gives_any_status(stage: Stage) -> None:
    """`request` hands over a refusal as it came, headers in lower case."""
    stage.upstream.handler = answering({"no": 1}, 418, {"X-Kind": "teapot"})
    await stage.start(RESPONSE)
    assert await stage.value(stage.connect(), "post", "/graphql", {}) == '418 teapot {"no": 1}'


AUTH: list[tuple[list[dict[str, Any]], str, str]] = [
    ([{"header": "X-Key", "value": "{TOKEN}"}], "X-Key", ASCII_KEY),
    ([{"basic": ["{TOKEN}", ""]}], "Authorization", "Basic " + b64encode(f"{ASCII_KEY}:".encode()).decode()),
    ([{"basic": ["{SHOP}", "{TOKEN}"]}, {"header": "X-Key", "value": "{TOKEN}"}], "X-Key", ASCII_KEY),
]


@pytest.mark.parametrize(("auth", "header", "value"), AUTH)
async def test_ways_to_authenticate(stage: Stage, auth: list[dict[str, Any]], header: str, value: str) -> None:
    """The first way whose keys are all set is used."""
    await stage.start(connection={"auth": auth})
    await stage.ask(stage.connect(TOKEN=ASCII_KEY))
    assert stage.upstream.requests[0].headers[header] == value


async def test_the_query_way(stage: Stage) -> None:
    """A key in the query is added behind the plugin's own parameters, quoted, and a plugin cannot set it."""
    await stage.start(connection={"auth": [{"query": "key", "value": "{TOKEN}"}]})
    ref = stage.connect(TOKEN="a&b=c/d é")
    await stage.ask(ref, "/v?x=1")
    assert stage.upstream.requests[0].raw_path == "/base/v?x=1&key=a%26b%3Dc%2Fd%20%C3%A9"
    assert (await stage.error(ref, "/v?key=mine")).code == "#BLOCKED!"


@pytest.mark.parametrize("secrets", [{"SHOP": "a"}, {"TOKEN": ""}])
async def test_no_complete_way(stage: Stage, secrets: dict[str, str]) -> None:
    """Without the keys of any way nothing is sent, whatever the environment holds."""
    await stage.start()
    assert (await stage.error(stage.connect(None, **secrets))).code == "#PROBE_AUTH!"
    assert not stage.upstream.requests


async def test_anonymous(stage: Stage) -> None:
    """A manifest that ends in `{}` asks without a secret when there is none."""
    await stage.start(connection={"auth": [*[{"header": "X-Key", "value": "{TOKEN}"}], {}]})
    assert await stage.value(stage.connect(SHOP="a")) == 42
    assert "X-Key" not in stage.upstream.requests[0].headers


SHOP: dict[str, Any] = {
    "secrets": [{"key": "TOKEN"}, {"key": "SHOP", "sensitive": False, "pattern": r"[a-z0-9-]+\.probe\.test"}],
    "connection": {"base_url": "https://{SHOP}/admin"},
}


@pytest.mark.parametrize(
    "shop",
    [
        "localhost",
        "shop.probe.test.evil.com",
        "evil.com/shop.probe.test",
        "evil.com#shop.probe.test",
        "user@shop.probe.test",
        "shop。probe.test",
        "shop.probe.test\n",
        "shop.probe.test:8443",
        "127.0.0.1",
    ],
)
async def test_a_base_address_is_checked_at_use(stage: Stage, shop: str) -> None:
    """A stored value that no longer has its form steers no request, however it came to be stored."""
    await stage.start(**SHOP)
    error = await stage.error(stage.connect(TOKEN=ASCII_KEY, SHOP=shop))
    assert error.code == "#BLOCKED!"
    assert shop not in repr(error)
    assert not stage.upstream.requests


async def test_a_base_address_with_a_value(stage: Stage) -> None:
    """A stand-in takes the place of scheme, host and port; the base path is kept."""
    await stage.start(**SHOP)
    assert await stage.value(stage.connect(TOKEN=ASCII_KEY, SHOP="shop.probe.test"), "/orders") == 42
    assert stage.upstream.requests[0].path == "/admin/orders"


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1"])
async def test_a_name_that_leads_inside(stage: Stage, address: str) -> None:
    """A declared host whose name leads to a private network is never dialled."""
    await stage.start(stand_in="", names=NameTable(api=[address]))
    error = await stage.error(stage.connect())
    assert error.code == "#BLOCKED!"
    assert address not in repr(error)


async def test_the_systems_resolver() -> None:
    """A name's addresses come with the port that was asked for."""
    names = Names()
    found = await names.resolve("localhost", 443, socket.AF_INET)
    assert [(answer["host"], answer["port"]) for answer in found] == [("127.0.0.1", 443)]
    await names.close()


@pytest.mark.parametrize("address", ["127.0.0.1:9901", "ftp://127.0.0.1", "/sandbox", "https://"])
async def test_a_stand_in_that_is_no_address(stage: Stage, address: str) -> None:
    """A stand-in that cannot be one stops the server at its start."""
    with pytest.raises(ValueError, match=r"stand-in|URL|host"):
        await stage.start(stand_in=address)


async def test_further_hosts_get_no_secret(stage: Stage) -> None:
    """A whole address is fetched without the owner's secret and without the manifest's headers."""
    await stage.start(RESPONSE, connection={"headers": {"Probe-Version": "1"}})
    address = f"{stage.address}bulk/file?sig=%2B"
    assert (await stage.value(stage.connect(), "GET", address)).startswith("200")
    request = stage.upstream.requests[0]
    assert request.raw_path == "/bulk/file?sig=%2B"
    assert not {"Authorization", "Probe-Version"} & set(request.headers)


MINT: dict[str, Any] = {
    "secrets": [{"key": "ID", "sensitive": False}, {"key": "SECRET"}],
    "connection": {
        "auth": [{"header": "X-Access", "mint": "/oauth/token", "client_id": "{ID}", "client_secret": "{SECRET}"}]
    },
}


class Mint:
    """Mints numbered tokens and takes only the newest."""

    def __init__(self) -> None:
        self.minted = 0
        self.forms: list[dict[str, Any]] = []
        self.answer: dict[str, Any] | None = None
        self.status = 200

    async def __call__(self, request: web.Request) -> web.Response:
        """Mint, or answer whoever brings the newest token."""
        if request.path == "/base/oauth/token":
            self.minted += 1
            self.forms.append(dict(await request.post()))
            fresh = {"access_token": f"minted_token_{self.minted}", "expires_in": 1000}
            return web.json_response(fresh if self.answer is None else self.answer, status=self.status)
        if request.headers.get("X-Access") != f"minted_token_{self.minted}":
            return web.json_response({}, status=401)
        return web.json_response({"value": self.minted})


async def test_minting(stage: Stage) -> None:
    """A token is minted once for all calls of a connection, and used by each."""
    mint = stage.upstream.handler = Mint()
    await stage.start(**MINT)
    ref = stage.connect(ID="me", SECRET="my secret+&")
    values = await asyncio.gather(*(stage.value(ref, f"/value/{number}") for number in range(20)))
    assert values == [1] * 20
    assert mint.forms == [{"grant_type": "client_credentials", "client_id": "me", "client_secret": "my secret+&"}]


async def test_minting_with_one_request_at_a_time(stage: Stage) -> None:
    """The request for a token takes a turn of its own, so a connection of one turn does not wait for itself."""
    stage.upstream.handler = Mint()
    await stage.start(secrets=MINT["secrets"], connection=MINT["connection"] | {"at_once": 1})
    assert await stage.value(stage.connect(ID="me", SECRET="my secret")) == 1


async def test_a_token_is_renewed_in_time(stage: Stage) -> None:
    """At four fifths of its life a token is replaced."""
    mint, clock = Mint(), Clock()
    stage.upstream.handler = mint
    await stage.start(clock=clock, **MINT)
    ref = stage.connect(ID="me", SECRET="my secret")
    await stage.ask(ref, "/1")
    clock.now += 799
    await stage.ask(ref, "/2")
    assert mint.minted == 1
    clock.now += 2
    assert await stage.value(ref, "/3") == 2


async def test_a_token_is_renewed_once_after_a_401(stage: Stage) -> None:
    """A token that upstream has dropped is replaced and the request repeated, once."""
    mint = stage.upstream.handler = Mint()
    await stage.start(**MINT)
    ref = stage.connect(ID="me", SECRET="my secret")
    await stage.ask(ref, "/1")
    mint.minted += 1
    assert await stage.value(ref, "/2") == 3
    mint.answer = {"access_token": "never_accepted"}
    mint.minted += 1
    assert (await stage.error(ref, "/3")).code == "#PROBE_AUTH!"
    assert len([request for request in stage.upstream.requests if request.path == "/base/3"]) == 2


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (400, {"error": "invalid_client"}, "#PROBE_AUTH!"),
        (401, {}, "#PROBE_AUTH!"),
        (429, {}, "#PROBE_429!"),
        (500, {}, "#PROBE_500!"),
        (200, {"token": "?"}, "#PROBE_ERROR!"),
        (200, {"access_token": "a\r\nb"}, "#PROBE_ERROR!"),
    ],
)
async def test_minting_refused(stage: Stage, status: int, answer: dict[str, Any], code: str) -> None:
    """When no token comes, the call is not sent and the cell says why."""
    mint = stage.upstream.handler = Mint()
    mint.status, mint.answer = status, answer
    await stage.start(**MINT)
    assert (await stage.error(stage.connect(ID="me", SECRET="my secret"))).code == code
    assert len(stage.upstream.requests) == 1


async def test_a_replaced_connection_mints_anew(stage: Stage) -> None:
    """A token belongs to one version, and Disconnect ends it."""
    mint = stage.upstream.handler = Mint()
    fetcher = await stage.start(**MINT)
    old = stage.connect(ID="me", SECRET="my secret")
    await stage.ask(old)
    new = stage.connect(old, ID="you", SECRET="your secret")
    await stage.ask(new)
    fetcher.forget(new.id)
    await stage.ask(new)
    assert [form["client_id"] for form in mint.forms] == ["me", "you", "you"]


NOW = Clock().now

STATUSES: list[tuple[int, dict[str, str], str, float | None]] = [
    (400, {}, "#PROBE_400!", None),
    (401, {}, "#PROBE_AUTH!", None),
    (403, {}, "#PROBE_FORBIDDEN!", None),
    (404, {}, "#PROBE_404!", None),
    (451, {}, "#PROBE_451!", None),
    (500, {}, "#PROBE_500!", NOW + 15),
    (429, {}, "#PROBE_429!", NOW + 30),
    (429, {"Retry-After": "7"}, "#PROBE_429!", NOW + 7),
    (429, {"Retry-After": "0"}, "#PROBE_429!", NOW + 1),
    (429, {"Retry-After": "-5"}, "#PROBE_429!", NOW + 30),
    (429, {"Retry-After": "999999999"}, "#PROBE_429!", NOW + 3600),
    (429, {"Retry-After": "soon"}, "#PROBE_429!", NOW + 30),
    (
        429,
        {"Retry-After": format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True)},
        "#PROBE_429!",
        NOW + 90,
    ),
    (403, {"Retry-After": "60"}, "#PROBE_RATE_LIMIT!", NOW + 60),
    (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{NOW + 120:.0f}"}, "#PROBE_RATE_LIMIT!", NOW + 120),
    (403, {"X-RateLimit-Remaining": "0"}, "#PROBE_RATE_LIMIT!", NOW + 60),
    (403, {"X-RateLimit-Remaining": "10"}, "#PROBE_FORBIDDEN!", None),
    (429, {"X-RateLimit-Remaining": "10", "Retry-After": "5"}, "#PROBE_RATE_LIMIT!", NOW + 5),
]


@pytest.mark.usefixtures("once")
@pytest.mark.parametrize(("status", "headers", "code", "retry_at"), STATUSES)
async def test_statuses(stage: Stage, status: int, headers: dict[str, str], code: str, retry_at: float | None) -> None:
    """Each status has its error, and a limit says when it ends."""
    stage.upstream.handler = answering({"message": KEY}, status, headers)
    await stage.start(clock=Clock())
    error = await stage.error(stage.connect())
    assert (error.code, error.retry_at, error.plugin) == (code, retry_at, "probe")
    assert error.title


async def test_githubs_words_for_a_limit(stage: Stage) -> None:
    """A 403 that speaks of a secondary rate limit is one, for at least a minute."""
    stage.upstream.handler = answering({"message": "You have exceeded a secondary rate limit."}, 403)
    await stage.start(clock=Clock())
    error = await stage.error(stage.connect())
    assert (error.code, error.retry_at) == ("#PROBE_RATE_LIMIT!", NOW + 60)


async def test_what_upstream_may_add_to_an_error(stage: Stage) -> None:
    """A request's id and a scope's name are shown; markup in their place is not."""
    await stage.start()
    stage.upstream.handler = answering({}, 404, {"Request-Id": "req_123"})
    assert "req_123" in (await stage.error(stage.connect())).detail
    stage.upstream.handler = answering({}, 404, {"Request-Id": "<b>x</b>"})
    assert "<b>" not in (await stage.error(stage.connect())).detail
    stage.upstream.handler = answering({}, 403, {"X-Accepted-OAuth-Scopes": "repo, read:org"})
    assert "repo, read:org" in (await stage.error(stage.connect())).detail


@pytest.mark.parametrize("where", ["body", "reversed", "header"])
async def test_an_echo_is_blocked(stage: Stage, where: str) -> None:
    """An upstream that sends the secret back gets `#BLOCKED!` into the cell, and nothing else."""

    async def handler(request: web.Request) -> web.Response:
        sent = request.headers["Authorization"].removeprefix("Bearer ")
        if where == "header":
            return web.json_response({}, status=404, headers={"Request-Id": sent})
        return web.json_response({"value": f"You sent {sent[::-1] if where == 'reversed' else sent}"})

    stage.upstream.handler = handler
    await stage.start()
    ref = stage.connect(TOKEN=ASCII_KEY)
    error = await stage.error(ref)
    assert error.code == "#BLOCKED!"
    assert ASCII_KEY not in repr(error)


async def test_a_minted_token_is_a_secret_too(stage: Stage) -> None:
    """A token that the host minted is looked for in answers like any stored secret."""

    async def handler(request: web.Request) -> web.Response:
        if request.path.endswith("/token"):
            return web.json_response({"access_token": "minted_token_1"})
        return web.json_response({"value": request.headers["X-Access"]})

    stage.upstream.handler = handler
    await stage.start(**MINT)
    assert (await stage.error(stage.connect(ID="me", SECRET="my secret"))).code == "#BLOCKED!"


async def test_logs_hold_no_secret(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Even at DEBUG, no logger says a secret or an address with a query."""
    caplog.set_level(logging.DEBUG)
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    try:
        await stage.start(connection={"auth": [{"query": "key", "value": "{TOKEN}"}]})
        ref = stage.connect(TOKEN=ASCII_KEY)
        for status in (200, 302, 401, 403, 404, 500, 429):
            stage.upstream.handler = answering(json.dumps({"no": ASCII_KEY}), status, {"Location": f"/{ASCII_KEY}"})
            await stage.ask(ref, f"/{status}?query=canary")
    finally:
        loop.set_debug(False)
    ours = [record for record in caplog.records if record.name != "aiohttp.access"]
    assert not [record for record in ours if ASCII_KEY in record.getMessage() or "canary" in record.getMessage()]


DECODING = """
def register(kernel):
    @kernel.formula("PROBE")
    async def probe(path="/value"):
        response = await kernel.http.request("GET", path)
        return -1 if response.status == 409 else (await kernel.http.decoded(response))["value"]
"""


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (200, {"value": 7}, 7),
        (409, {}, -1),
        (404, {}, "#PROBE_404!"),
        (401, {}, "#PROBE_AUTH!"),
        (429, {}, "#PROBE_429!"),
        (302, {}, "#PROBE_ERROR!"),
    ],
)
async def test_response_is_decoded_after_a_look_at_it(stage: Stage, status: int, body: object, shown: object) -> None:
    """A plugin may make something of one status, and leave the others to mean what they always do."""
    await stage.start(DECODING)
    stage.upstream.handler = answering(body, status)
    value = await stage.value(stage.connect())
    assert (value.code if isinstance(value, CellError) else value) == shown
