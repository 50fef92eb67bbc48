"""The addresses of the web app, through the whole application."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from gridos.errors import SignInRequired
from gridos.web import pages
from gridos.web.application import create_app
from gridos.web.errors import add_error_handlers
from gridos.web.guarding import Guard
from gridos.web.traffic import HEADERS, Traffic

PAGE = '<meta property="csp-nonce" nonce="__STYLE_NONCE__"><script type="module" src="/assets/index-abc.js"></script>'
SCRIPT = b"console.log('GridOS')" * 100
ADDRESSES = [
    "/",
    "/sign-in",
    "/sign-in?invite=x",
    "/w/0b8c",
    "/marketplace",
    "/marketplace?configure=x",
    "/account",
    "/activity?plugin=stripe",
]


def client_of(app: FastAPI) -> httpx2.AsyncClient:
    """A browser at this application."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1:8000")


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A web app as the build leaves it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "secret.txt").write_text("outside")
    (tmp_path / "assets" / "index-abc.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "index-abc.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "assets" / "logo-abc.svg").write_text("<svg/>")
    return tmp_path


@pytest.fixture
async def browser(static: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser at the pages alone."""
    app = FastAPI(openapi_url=None)
    add_error_handlers(app)
    app.include_router(pages.router(static))
    app.add_middleware(Traffic, is_https=False)
    async with client_of(app) as client:
        yield client


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_page_is_the_same_page(browser: httpx2.AsyncClient, address: str) -> None:
    """Each address of the web app answers with the page, which is never kept by a cache."""
    answer = await browser.get(address)
    assert answer.status_code == 200
    assert "/assets/index-abc.js" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_nonce_counts_for_one_answer(browser: httpx2.AsyncClient) -> None:
    """Page and policy carry the same nonce, each answer another one, and it is for styles only."""
    nonces: list[str] = []
    for _ in range(2):
        answer = await browser.get("/")
        directives = answer.headers["content-security-policy"].split("; ")
        nonces += re.findall(r'nonce="([^"]+)"', answer.text)
        assert f"style-src 'self' 'nonce-{nonces[-1]}'" in directives
        assert "script-src 'self'" in directives
        assert "unsafe" not in str(directives)
    assert len(set(nonces)) == 2
    assert all(len(nonce) >= 22 for nonce in nonces)


async def test_a_page_keeps_every_other_header(browser: httpx2.AsyncClient) -> None:
    """But for the nonce a page has the policy and the headers that every answer has."""
    answer = await browser.get("/")
    policy = re.sub(r" 'nonce-[^']+'", "", answer.headers["content-security-policy"])
    assert policy == HEADERS["Content-Security-Policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("accepts", ["gzip, br", "identity"])
async def test_a_file_is_kept_for_good(browser: httpx2.AsyncClient, accepts: str) -> None:
    """A file, whose name changes with its content, is packed for whoever unpacks it, and never asked for again."""
    answer = await browser.get("/assets/index-abc.js", headers={"accept-encoding": accepts})
    assert (answer.status_code, answer.content) == (200, SCRIPT)
    assert answer.headers.get("content-encoding", "identity") in accepts
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_a_file_without_a_packed_twin_is_sent_as_it_is(browser: httpx2.AsyncClient) -> None:
    """What the build did not pack arrives all the same."""
    answer = await browser.get("/assets/logo-abc.svg", headers={"accept-encoding": "gzip"})
    assert (answer.status_code, answer.text) == (200, "<svg/>")
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "address",
    [
        "/assets/index-old.js",
        "/assets/",
        "/assets/..%2fsecret.txt",
        "/assets/%2e%2e",
        "/assets/..%5csecret.txt",
        "/assets/%00",
        "/assets/" + 300 * "a",
        "/index.html",
        "/w/0b8c/more",
        "/w/",
        "/nowhere",
        "/marketplace/nowhere",
    ],
)
async def test_what_is_not_there_is_no_page(browser: httpx2.AsyncClient, address: str) -> None:
    """A stale file and an address of nothing are 404 in JSON, never the page, and nothing outside is served."""
    answer = await browser.get(address, follow_redirects=False)
    assert answer.status_code in {404, 307}
    assert "csp-nonce" not in answer.text
    assert "outside" not in answer.text


async def test_a_web_app_that_was_not_built_says_so(tmp_path: Path) -> None:
    """From a checkout without a build the page names the command, and files are 404."""
    app = FastAPI()
    add_error_handlers(app)
    app.include_router(pages.router(tmp_path / "missing"))
    async with client_of(app) as client:
        answer = await client.get("/")
        assert (answer.status_code, answer.text) == (503, pages.NOT_BUILT)
        assert (await client.get("/assets/index-abc.js")).status_code == 404


async def test_the_pages_stand_beside_the_api() -> None:
    """In the whole application the pages are open, in no schema, and take no address from the API."""

    async def nobody(_cookie: str | None, _authorization: str | None, _client: str) -> None:
        raise SignInRequired

    app = create_app(Guard(nobody, "gridos"), [], is_https=False)  # type: ignore[arg-type] -- it never gives a user
    async with client_of(app) as client:
        assert (await client.get("/marketplace")).status_code in {200, 503}  # 503 where nothing was built
        assert (await client.get("/marketplace/list")).status_code == 404
        assert not {"/", "/marketplace", "/assets/{name}"} & (await client.get("/openapi.json")).json()["paths"].keys()
