"""The routes of `/auth`, over a real socket."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI

from gridos.accounts import Accounts, Caller
from gridos.web.accounts import local_router, router, session_cookie
from gridos.web.errors import add_error_handlers
from gridos.web.guarding import Guard
from tests.accounts.given import ADA, PASSWORD, token

SIGN_UP = {"email": "ada@example.com", "password": PASSWORD}
Browser = Callable[[], httpx2.AsyncClient]


@asynccontextmanager
async def served(routes: APIRouter, guard: Guard) -> AsyncGenerator[str]:
    """These routes behind a real server; gives its address."""
    app = FastAPI()
    app.state.guard = guard
    add_error_handlers(app)
    app.include_router(routes)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve([listener]))
    try:
        yield "http://{}:{}".format(*listener.getsockname())
    finally:
        server.should_exit = True
        await running
        listener.close()


def client_of(address: str) -> httpx2.AsyncClient:
    """A client that keeps cookies and names its origin, as a browser's page would."""
    return httpx2.AsyncClient(base_url=address, headers={"origin": address}, trust_env=False)


@pytest.fixture
async def open_browser(accounts: Accounts) -> AsyncIterator[Browser]:
    """Makes clients with a cookie jar each, of one server."""
    guard = Guard(accounts.identify, session_cookie(is_https=False).name)
    clients: list[httpx2.AsyncClient] = []
    async with served(router(accounts, is_https=False), guard) as address:

        def browser() -> httpx2.AsyncClient:
            clients.append(client_of(address))
            return clients[-1]

        yield browser
        for client in clients:
            await client.aclose()


@pytest.fixture
async def browser(open_browser: Browser) -> httpx2.AsyncClient:
    """A browser that nobody has signed in with."""
    return open_browser()


async def test_sign_up_signs_in(browser: httpx2.AsyncClient) -> None:
    """A sign-up answers who one is and sets the session's cookie."""
    answer = await browser.post("/auth/sign-up", json=SIGN_UP)
    assert answer.status_code == 201
    who = answer.json()
    assert who == {"id": who["id"], "email": "ada@example.com"}
    assert (await browser.get("/auth/whoami")).json() == {**who, "mode": "saas"}


async def test_the_cookie_is_out_of_reach(browser: httpx2.AsyncClient) -> None:
    """Scripts cannot read it, other sites' forms do not send it, and on loopback it needs no https."""
    answer = await browser.post("/auth/sign-up", json=SIGN_UP)
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("gridos=")
    assert {*map(str.lower, attributes)} == {"httponly", "samesite=lax", "path=/", "max-age=34560000"}


async def test_on_https_the_cookie_is_bound_to_this_host(accounts: Accounts) -> None:
    """`__Host-` and Secure: no other host, path or scheme can set or see it."""
    guard = Guard(accounts.identify, session_cookie(is_https=True).name)
    async with served(router(accounts, is_https=True), guard) as address, client_of(address) as client:
        answer = await client.post("/auth/sign-up", json=SIGN_UP)
        name, *attributes = answer.headers["set-cookie"].split("; ")
        assert name.startswith("__Host-gridos=")
        assert {*map(str.lower, attributes)} == {"httponly", "samesite=lax", "path=/", "max-age=34560000", "secure"}
        assert (await client.get("/auth/whoami", headers={"cookie": name})).status_code == 200
        assert (await client.get("/auth/whoami", headers={"cookie": name.removeprefix("__Host-")})).status_code == 401
        answer = await client.post("/auth/sign-out", headers={"cookie": name})
        assert answer.headers["set-cookie"].startswith('__Host-gridos=""; ')
        assert "secure" in answer.headers["set-cookie"].lower()


async def test_signing_in_again_replaces_this_browsers_session(browser: httpx2.AsyncClient) -> None:
    """A session that was planted or left over does not survive a sign-in."""
    await browser.post("/auth/sign-up", json=SIGN_UP)
    before = browser.cookies["gridos"]
    answer = await browser.post("/auth/sign-in", json=SIGN_UP)
    assert answer.status_code == 200
    assert answer.json()["email"] == "ada@example.com"
    assert browser.cookies["gridos"] != before
    assert len((await browser.get("/auth/sessions")).json()["sessions"]) == 1


async def test_signing_out_is_idempotent(browser: httpx2.AsyncClient) -> None:
    """Signing out ends the session and takes the cookie, also a second time."""
    await browser.post("/auth/sign-up", json=SIGN_UP)
    session = browser.cookies["gridos"]
    for _ in range(2):
        answer = await browser.post("/auth/sign-out")
        assert (answer.status_code, answer.json()) == (200, {"status": "Success"})
    assert "gridos" not in browser.cookies
    refused = await browser.get("/auth/whoami", headers={"cookie": f"gridos={session}"})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"


async def test_one_sees_and_ends_ones_sessions(open_browser: Browser) -> None:
    """The list shows each browser without its secret; ending one signs it out."""
    here, there = open_browser(), open_browser()
    await here.post("/auth/sign-up", json=SIGN_UP, headers={"user-agent": "Here"})
    await there.post("/auth/sign-in", json=SIGN_UP, headers={"user-agent": "There"})
    answer = await here.get("/auth/sessions")
    listed = {session["user_agent"]: session for session in answer.json()["sessions"]}
    assert [name for name, session in listed.items() if session["current"]] == ["Here"]
    assert set(listed["There"]) == {"id", "created_at", "last_seen_at", "user_agent", "current"}
    assert there.cookies["gridos"] not in answer.text
    ended = await here.delete(f"/auth/sessions/{listed['There']['id']}")
    assert (ended.status_code, ended.json()) == (200, {"status": "Success"})
    assert (await there.get("/auth/whoami")).status_code == 401
    assert (await here.get("/auth/whoami")).status_code == 200


async def test_an_unknown_session_is_404(browser: httpx2.AsyncClient) -> None:
    """What is no session of one's own cannot be ended."""
    await browser.post("/auth/sign-up", json=SIGN_UP)
    for session in (ADA, "made-up"):
        assert (await browser.delete(f"/auth/sessions/{session}")).status_code == 404


async def test_a_new_password_signs_other_browsers_out(open_browser: Browser) -> None:
    """The browser that changed it stays; a wrong current password is 401 and changes nothing."""
    here, there = open_browser(), open_browser()
    await here.post("/auth/sign-up", json=SIGN_UP)
    await there.post("/auth/sign-in", json=SIGN_UP)
    wrong = await here.post("/auth/password", json={"current": "wrong horse", "new": "battery staple"})
    assert wrong.status_code == 401
    assert (await there.get("/auth/whoami")).status_code == 200
    assert (await here.get("/auth/password")).json() == {"is_set": True}
    changed = await here.post("/auth/password", json={"current": PASSWORD, "new": "battery staple"})
    assert (changed.status_code, changed.json()) == (200, {"status": "Success"})
    assert (await here.get("/auth/whoami")).status_code == 200
    assert (await there.get("/auth/whoami")).status_code == 401


async def test_guessing_is_429_within_twenty_tries(browser: httpx2.AsyncClient) -> None:
    """Wrong passwords are 401, then 429 with a time to come back at."""
    await browser.post("/auth/sign-up", json=SIGN_UP)
    answers = [await browser.post("/auth/sign-in", json={**SIGN_UP, "password": "wrong horse"}) for _ in range(20)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert answers[-1].headers["retry-after"] == "60"


REFUSALS = [
    ("/auth/sign-up", {"email": "canary", "password": PASSWORD}, 422),
    ("/auth/sign-up", {"email": "ada@example.com", "password": "canary"}, 422),
    ("/auth/sign-up", {"email": "ada@example.com", "password": {"canary": 1}}, 422),
    ("/auth/sign-up", {"email": "ada@example.com", "password": PASSWORD, "invite": "canary"}, 404),
    ("/auth/sign-up", {"email": "canary" * 100, "password": PASSWORD}, 422),
    ("/auth/sign-up", {"email": ["canary"]}, 422),
    ("/auth/sign-in", {"email": "canary@example.com", "password": "canary canary"}, 401),
    ("/auth/sign-in", {"email": "canary\0", "password": "canary\0"}, 401),
    ("/auth/sign-in", {"email": "ada@example.com", "password": 7}, 422),
    ("/auth/sign-in", "canary", 422),
    ("/auth/password", {"current": None, "new": "canary"}, 401),
]


async def test_a_refusal_repeats_nothing(browser: httpx2.AsyncClient) -> None:
    """Whatever is wrong with a body, the answer does not contain a piece of it."""
    for path, body, status in REFUSALS:
        answer = await browser.post(path, json=body)
        assert (answer.status_code, path, body) == (status, path, body)
        assert "canary" not in answer.text
        assert "set-cookie" not in answer.headers


async def test_half_a_character_is_refused(browser: httpx2.AsyncClient) -> None:
    """JSON can spell texts that UTF-8 cannot, and no route takes them."""
    body = rb'{"email": "ada@example.com", "password": "\ud800 and more"}'
    for path in ("/auth/sign-up", "/auth/sign-in"):
        answer = await browser.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422


async def test_a_taken_address_is_409(browser: httpx2.AsyncClient) -> None:
    """Another account with the address is a conflict, in whatever case it is written."""
    await browser.post("/auth/sign-up", json=SIGN_UP)
    answer = await browser.post("/auth/sign-up", json={**SIGN_UP, "email": "ADA@example.com"})
    assert answer.status_code == 409


async def test_another_sites_page_is_403(browser: httpx2.AsyncClient) -> None:
    """A page elsewhere can neither sign anybody in, with its own account, nor out."""
    await browser.post("/auth/sign-up", json=SIGN_UP)
    for path in ("/auth/sign-up", "/auth/sign-in", "/auth/sign-out", "/auth/password"):
        for headers in ({"origin": "https://evil.example.com"}, {"sec-fetch-site": "cross-site"}):
            answer = await browser.post(path, json={**SIGN_UP, "email": "eve@example.com"}, headers=headers)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
    assert (await browser.get("/auth/whoami")).json()["email"] == "ada@example.com"


async def test_a_token_speaks_for_its_user(browser: httpx2.AsyncClient) -> None:
    """A bearer token needs no cookie and outweighs the one that is there."""
    await browser.post("/auth/sign-up", json={**SIGN_UP, "email": "ben@example.com"})
    answer = await browser.get("/auth/whoami", headers={"authorization": f"Bearer {token()}"})
    assert answer.json() == {"id": str(ADA), "email": "ada@example.com", "mode": "saas"}
    sessions = await browser.get("/auth/sessions", headers={"authorization": f"Bearer {token()}"})
    assert sessions.json() == {"sessions": []}


async def test_a_token_in_the_address_is_ignored(browser: httpx2.AsyncClient) -> None:
    """Addresses end up in logs and histories, so nothing in them signs anybody in."""
    for name in ("token", "access_token", "authorization", "jwt"):
        for value in (token(), f"Bearer {token()}"):
            assert (await browser.get("/auth/whoami", params={name: value})).status_code == 401


async def test_single_user_mode_knows_whoami_alone(accounts: Accounts) -> None:
    """Without sign-in everybody is the local user, and the other routes do not exist."""
    user = await accounts.ensure_local_user()

    async def identify(_session: str | None, _authorization: str | None, _client: str) -> Caller:
        return Caller(user)

    guard = Guard(identify, session_cookie(is_https=False).name, frozenset({"127.0.0.1"}))
    async with served(local_router(), guard) as address, client_of(address) as client:
        answer = await client.get("/auth/whoami")
        assert answer.json() == {"id": str(user.id), "email": user.email, "mode": "oss"}
        assert (await client.get("/auth/whoami", headers={"host": "evil.example.com"})).status_code == 403
        for path in ("/auth/sign-up", "/auth/sign-in", "/auth/sign-out", "/auth/password"):
            assert (await client.post(path, json=SIGN_UP)).status_code == 404
        assert (await client.get("/auth/sessions")).status_code == 404
