"""What stands before every route (`web/guarding.py`), and in which order."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest

from tests.accounts.given import PASSWORD
from tests.web.serving import Json, Person, Site

FOREIGN = "https://evil.example"


@pytest.fixture(scope="module")
async def cookie(saas: Site) -> Mapping[str, str]:
    """The header of a browser that has signed in."""
    client = await saas.client()
    form = {"email": f"{uuid4()}@example.com", "password": PASSWORD}
    answer = await client.post("/auth/sign-up", json=form)
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


@pytest.fixture
async def browser(saas: Site, cookie: Mapping[str, str]) -> httpx2.AsyncClient:
    """A signed-in browser that names no origin by itself."""
    return await saas.client(**cookie)


OURS: list[dict[str, str]] = [
    {},
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "same-origin", "origin": "{url}"},
    {"origin": "{url}"},
    {"referer": "{url}/workbook/1"},
]
THEIRS: list[dict[str, str]] = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "{url}"},
    {"origin": FOREIGN},
    {"origin": "null"},
    {"origin": "http://localhost"},
    {"origin": "http://127.0.0.1"},
    {"origin": "http://["},
    {"origin": "http://[evil]"},
    {"origin": "{url}.evil.example"},
    {"origin": "http://evil.example@{host}"},
    {"referer": f"{FOREIGN}/page"},
    {"referer": "http://[/"},
    {"origin": FOREIGN, "referer": "{url}/"},
]


def filled(headers: Mapping[str, str], url: str) -> dict[str, str]:
    """Headers with this server's address in their gaps."""
    return {name: value.format(url=url, host=urlsplit(url).netloc) for name, value in headers.items()}


@pytest.mark.parametrize("headers", OURS)
async def test_our_own_pages_may_write(saas: Site, browser: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    """What a browser sends from our own origin, or by hand, or a script that names none."""
    answer = await browser.post("/workbooks", json={"title": "Sales"}, headers=filled(headers, saas.url))
    assert answer.status_code == 201


@pytest.mark.parametrize("headers", THEIRS)
async def test_other_sites_may_not_write(saas: Site, browser: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    """A foreign origin with our cookie is 403 for every unsafe method, whatever the body and the workbook."""
    for method, path in [("POST", "/workbooks"), ("PATCH", f"/workbook/{uuid4()}"), ("DELETE", f"/workbook/{uuid4()}")]:
        answer = await browser.request(method, path, content=b"{", headers=filled(headers, saas.url))
        assert (answer.status_code, answer.json().keys()) == (403, {"detail"})


@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/sign-up", "/auth/sign-out"])
async def test_other_sites_may_not_sign_anybody_in_or_out(saas: Site, path: str) -> None:
    """Open routes refuse a foreign origin too."""
    answer = await (await saas.client()).post(path, json={}, headers={"origin": FOREIGN})
    assert answer.status_code == 403


@pytest.mark.parametrize("headers", THEIRS)
async def test_reading_needs_no_origin(saas: Site, browser: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    """A link from elsewhere may open a page: the browser does not let the other site read it."""
    assert (await browser.get("/workbooks", headers=filled(headers, saas.url))).status_code == 200


async def test_a_bearer_is_judged_alone(ada: Person, cookie: Mapping[str, str]) -> None:
    """No browser adds an Authorization header by itself: it passes from anywhere, and a cookie beside it is ignored."""
    answer = await ada.http.get("/auth/whoami", headers={"origin": FOREIGN, **cookie})
    assert answer.json()["id"] == str(ada.id)
    assert (await ada.http.post("/workbooks", json={}, headers={"origin": FOREIGN})).status_code == 201
    answer = await ada.http.get("/auth/whoami", headers={"authorization": "Bearer wrong", **cookie})
    assert answer.status_code == 401


@pytest.mark.parametrize("authorization", ["Basic eDp5", "basic eDp5", "Digest x", "Bearer", ""])
async def test_what_a_browser_may_add_by_itself_is_no_bearer(
    saas: Site, oss: Site, cookie: Mapping[str, str], authorization: str
) -> None:
    """`ws://x:y@host` makes a browser send `Basic`: only a bearer, which no page can forge, may come from anywhere."""
    for site in (saas, oss):
        client = await site.client(authorization=authorization, origin=FOREIGN, **cookie)
        assert (await client.post("/workbooks", json={})).status_code == 403


async def test_strangers_learn_nothing(saas: Site) -> None:
    """401 on every guarded route, whatever the body, and before its size counts."""
    client = await saas.client()
    paths: Json = (await client.get("/openapi.json")).json()["paths"]
    open_paths = {"/healthz", "/readyz", "/metrics", "/auth/sign-in", "/auth/sign-up", "/auth/sign-out"}
    open_paths |= {"/auth/methods", "/auth/oidc/login", "/auth/oidc/callback", "/.well-known/security.txt"}
    asked = [
        (method, path.replace("{", "").replace("}", "")) for path in paths.keys() - open_paths for method in paths[path]
    ]
    assert len(asked) > 20
    for method, path in asked:
        answer = await client.request(method, path, content=b"{" * 3_000_000)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), f"{method} {path}"


async def test_the_order_of_checks(saas: Site, ada: Person, browser: httpx2.AsyncClient, workbook: str) -> None:
    """Mode 404, origin 403, 401, 413, 422 for the shape, 404, role 403, 422 for the content, in this order."""
    ben = await saas.person("ben")
    huge, path, origin = b"[" * 17_000_000, f"/workbook/{workbook}/edits", {"origin": FOREIGN}
    odd: Json = {"edits": [{"op": "none"}]}
    stranger = await saas.client()
    assert (await stranger.post("/no/such/route", content=huge, headers=origin)).status_code == 404
    assert (await stranger.post(path, content=huge, headers=origin)).status_code == 403
    assert (await stranger.post(path, content=huge)).status_code == 401
    assert (await browser.post(path, content=huge)).status_code == 413
    assert (await browser.post(path, content=b"[")).status_code == 422
    assert (await browser.post(path, json=odd)).status_code == 404
    await ada.share(workbook, ben, "viewer")
    assert (await ben.http.post(path, json=odd)).status_code == 403
    assert (await ada.http.post(path, json=odd)).status_code == 422


@pytest.mark.parametrize(("path", "limit"), [("/workbooks", 2**20), ("/settings/plugin-secrets/shop", 2**16)])
async def test_a_body_that_says_it_is_too_large_is_not_read(ada: Person, path: str, limit: int) -> None:
    """413 by the length alone; one byte less is read."""
    method = "POST" if path == "/workbooks" else "PUT"
    exact = b'{"title": ""}' if path == "/workbooks" else b'{"secrets": {}}'
    ada.http.headers["content-type"] = "application/json"
    assert (await ada.send(method, path, content=exact.ljust(limit))).is_success
    answer = await ada.send(method, path, content=exact.ljust(limit + 1))
    assert (answer.status_code, answer.json().keys()) == (413, {"detail"})


async def test_a_body_that_hides_its_length_is_cut_off(ada: Person) -> None:
    """A chunked body is counted as it comes."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    assert (await ada.http.post("/workbooks", content=chunks())).status_code == 413


async def raw(url: str, request: bytes) -> bytes:
    """Send exactly these bytes; gives the answer's status line."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.readline(), 10)
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "head",
    [
        b"POST /auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5_000,
        b"POST /auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -1",
        b"POST /auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3",
        b"POST /auth/sign-in HTTP/1.0\r\nOrigin: null",
        b"POST /auth/sign-in HTTP/1.0\r\nOrigin: http://[",
        b"GET /workbooks HTTP/1.1\r\nHost: x\r\nCookie: gridos=\xff\xfe; =; ;;",
        b"GET /workbooks HTTP/1.1\r\nHost: x\r\nAuthorization: \xff\xfe",
        b"GET /workbooks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xe9.\xe9.\xe9",
        b"GET /workbooks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer gridos_live_sk_\xff",
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Real-IP: 1\r\nAuthorization: \xff",
        b"GET /workbook/%ff%00%ed%a0%80 HTTP/1.1\r\nHost: x",
        b"GET //evil.example/%2e%2e/settings HTTP/1.1\r\nHost: [",
    ],
)
async def test_odd_bytes_are_refused_in_order(saas: Site, head: bytes) -> None:
    """Whatever a header holds, the answer is a refusal of the 400s."""
    status = await raw(saas.url, head + b"\r\n\r\n")
    assert status.split()[1][:1] == b"4", status


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "localhost.evil.example", "[", "", "0x7f.1"])
async def test_oss_answers_to_its_own_names_only(oss: Site, host: str) -> None:
    """In single-user mode a foreign Host is 403 on every guarded route, which stops DNS rebinding."""
    client = await oss.client(host=host)
    for method, path in [
        ("GET", "/workbooks"),
        ("GET", "/auth/whoami"),
        ("GET", "/marketplace/list"),
        ("POST", "/workbooks"),
    ]:
        assert (await client.request(method, path)).status_code == 403, path


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "LOCALHOST", "[::1]"])
async def test_oss_answers_to_loopback(oss: Site, name: str) -> None:
    """By each of its names, with any port."""
    client = await oss.client(host=f"{name}:1234")
    assert (await client.get("/workbooks")).status_code == 200


@pytest.mark.parametrize("headers", THEIRS)
async def test_oss_lets_no_other_site_write(oss: Site, headers: dict[str, str]) -> None:
    """There is no sign-in, so the origin is all that keeps other sites' pages out."""
    client = await oss.client()
    assert (await client.post("/workbooks", json={}, headers=filled(headers, oss.url))).status_code == 403


async def test_a_lone_surrogate_is_refused(ada: Person, workbook: str) -> None:
    """Half a character is 422 wherever it stands, escaped or in bytes; a whole pair is one character."""
    path, json = f"/workbook/{workbook}", {"content-type": "application/json"}
    for body in (rb'{"title": "\ud800"}', rb'{"title": "x", "\udfff": 1}', rb'{"title": "\udc00\ud800"}'):
        assert (await ada.http.patch(path, content=body, headers=json)).status_code == 422
    typed = '{"edits": [{"op": "set", "sheet": "Sheet1", "cell": "A1", "input": "한\ud800"}]}'
    for encoding in ("utf-8", "utf-16", "utf-16-be", "utf-32-le"):
        body = typed.encode(encoding, "surrogatepass")
        assert (await ada.http.post(f"{path}/edits", content=body, headers=json)).status_code == 422
    answer = await ada.http.patch(path, content=rb'{"title": "\ud83d\ude00"}', headers=json)
    assert answer.json()["title"] == "\U0001f600"
