"""What every answer carries (`web/traffic.py`), and how mistakes of ours are answered (`web/errors.py`)."""

import logging
from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter, FastAPI
from psycopg.errors import UniqueViolation

from gridos import errors
from gridos.accounts import Caller
from gridos.accounts.service import LOCAL_USER
from gridos.web.application import create_app
from gridos.web.errors import STATUS
from gridos.web.guarding import Guard, GuardedRoute
from tests.web.serving import Person, Site, listening

SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
CANARY = "sk_live_canary"


def failing(is_https: bool = False) -> FastAPI:  # noqa: FBT001, FBT002 -- one switch
    """A server with a route that fails in whatever way its path names."""
    routes = APIRouter(route_class=GuardedRoute)

    @routes.get("/settings/fail/{how}")
    async def fail(how: str) -> None:
        kinds = {"bug": RuntimeError(CANARY), "database": UniqueViolation(CANARY), "collision": errors.EditsCollide(7)}
        raise kinds[how] if how in kinds else getattr(errors, how)

    async def identify(_cookie: str | None, _authorization: str | None, _client: str) -> Caller:
        return Caller(LOCAL_USER)

    return create_app(Guard(identify, "gridos"), [routes], is_https=is_https)


@pytest.fixture
async def broken(saas: Site) -> AsyncIterator[Site]:
    """That server, on a socket."""
    async with listening(failing()) as url:
        site = Site(url, saas.server, saas.database)
        yield site
        await site.leave()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/docs", 200),
        ("GET", "/no/such/route", 404),
        ("PUT", "/workbooks", 405),
        ("GET", "/workbooks", 401),
        ("POST", "/auth/sign-in", 422),
        ("GET", "/metrics", 403),
    ],
)
async def test_every_answer_has_the_security_headers(saas: Site, method: str, path: str, status: int) -> None:
    """Also errors, and also what no route answered."""
    client = await saas.client(**{"x-forwarded-for": "203.0.113.7"})
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert SECURITY.items() <= dict(answer.headers).items()
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize("how", ["bug", "database"])
async def test_a_mistake_of_ours_is_told_without_its_words(
    broken: Site, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """500 with a sentence and all headers; the browser gets no word of the exception, the log its traceback."""
    answer = await (await broken.client()).get(f"/settings/fail/{how}")
    assert answer.status_code == 500
    assert answer.json() == {"detail": "Something went wrong in GridOS. The server's log says what."}
    assert {**SECURITY, "cache-control": "no-store"}.items() <= dict(answer.headers).items()
    assert any(record.exc_info for record in caplog.records if record.name == "uvicorn.error")


async def test_https_is_told_to_stay(saas: Site) -> None:
    """HSTS is sent only where the public address is https."""
    async with listening(failing(is_https=True)) as url:
        site = Site(url, saas.server, saas.database)
        answer = await (await site.client()).get("/settings/fail/bug")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        await site.leave()


@pytest.mark.parametrize(
    "kind", [kind for kind in STATUS if kind is not errors.EditsCollide], ids=lambda kind: kind.__name__
)
async def test_the_table_decides(broken: Site, kind: type[errors.GridOSError]) -> None:
    """Each of our errors answers its status and its own sentence."""
    answer = await (await broken.client()).get(f"/settings/fail/{kind.__name__}")
    assert (answer.status_code, answer.json()) == (STATUS[kind], {"detail": str(kind())})


async def test_errors_with_more_to_say(broken: Site) -> None:
    """A locked vault has a code, a collision its seq, and what passes says when to try again."""
    client = await broken.client()
    locked = await client.get("/settings/fail/VaultLocked")
    assert (locked.status_code, locked.json()["detail"].keys()) == (503, {"code", "message"})
    assert (locked.json()["detail"]["code"], locked.headers["retry-after"]) == ("vault_locked", "5")
    collision = await client.get("/settings/fail/collision")
    assert (collision.status_code, collision.json().keys(), collision.json()["seq"]) == (409, {"detail", "seq"}, 7)
    assert (await client.get("/settings/fail/TooManyTries")).headers["retry-after"] == "60"
    assert (await client.get("/settings/fail/SignInRequired")).headers["www-authenticate"] == "Bearer"


async def test_every_error_a_request_can_meet_has_a_status() -> None:
    """Only what ends a start, a command or a plugin's call has none."""
    outside = {"DatabaseWillNotStart", "MigrationRefused", "PortTaken", "BadSetting"}
    kinds = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.GridOSError) and kind is not errors.GridOSError
    }
    assert {name for name, kind in kinds.items() if not issubclass(kind, tuple(STATUS))} == outside


@pytest.mark.parametrize(
    "path",
    [
        "/settings/plugin-secrets/shop",
        "/settings/plugin-secrets/unknown",
        "/settings/none",
        "/auth/whoami",
        "/auth/none",
    ],
)
async def test_settings_and_sign_in_are_stored_nowhere(saas: Site, ada: Person, path: str) -> None:
    """`no-store` on every answer below these two, signed in or not, found or not."""
    for client in (ada.http, await saas.client()):
        assert (await client.get(path)).headers["cache-control"] == "no-store"
    assert "cache-control" not in (await ada.http.get("/workbooks")).headers


async def test_the_log_has_a_line_without_the_query(
    saas: Site, ada: Person, workbook: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Method, path, status and time; a query may hold an invite's token, a path any bytes."""
    with caplog.at_level(logging.INFO, "gridos.access"):
        await ada.send("GET", f"/workbook/{workbook}/cells?sheet={CANARY}")
        await ada.send("GET", "/%0a%1b[31m\u00e9")
    lines = [record.getMessage() for record in caplog.records if record.name == "gridos.access"]
    assert lines[0].startswith(f"GET /workbook/{workbook}/cells 422 ")
    assert not any(CANARY in line for line in lines)
    assert all(line.isprintable() and line.isascii() for line in lines)
