"""API keys at the real server: the routes, what a key may do, and sockets opened with one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import pytest

from tests.accounts.given import PASSWORD
from tests.web.serving import Json, Person, Site, succeeded
from tests.web.watching import at_socket

KEYS = "/settings/api-keys"


async def made(person: Person, *scopes: str) -> Json:
    """A new key of somebody's."""
    body: dict[str, Json] = {"name": "a script", "scopes": list(scopes)} if scopes else {"name": "a script"}
    return await person.post(KEYS, body)


async def client_with(site: Site, key: str, **headers: str) -> httpx2.AsyncClient:
    """A program that holds a key."""
    return await site.client(**{"authorization": f"Bearer {key}", **headers})


async def test_a_key_is_shown_once(saas: Site, ada: Person) -> None:
    """POST answers with the key's text; the list has everything but that."""
    answer = await ada.http.post(KEYS, json={"name": " a script "})
    key = answer.json().pop("key")
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    new = {name: value for name, value in answer.json().items() if name != "key"}
    assert new == {
        "id": new["id"],
        "name": "a script",
        "scopes": ["read", "write"],
        "created_at": new["created_at"],
        "last_used_at": None,
        "expires_at": None,
    }
    listed = await ada.http.get(KEYS)
    assert listed.json() == {"api_keys": [new]}
    assert key not in listed.text
    assert (await (await client_with(saas, key)).get("/auth/whoami")).json()["email"] == ada.email


async def test_a_key_may_expire(ada: Person) -> None:
    """An expiry is kept as the same moment, in whatever zone it was given."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    key = await ada.post(KEYS, {"name": "a script", "expires_at": at.astimezone().isoformat()})
    assert datetime.fromisoformat(key["expires_at"]) == at


async def test_a_revoked_key_is_401(saas: Site, ada: Person, ben: Person) -> None:
    """Only its owner revokes it, and then it opens nothing."""
    key = await made(ada)
    program = await client_with(saas, key["key"])
    assert (await ben.send("DELETE", f"{KEYS}/{key['id']}")).status_code == 404
    assert (await program.get("/workbooks")).status_code == 200
    assert succeeded(await ada.send("DELETE", f"{KEYS}/{key['id']}")) == {"status": "Success"}
    answer = await program.get("/workbooks")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


REFUSED: list[tuple[Json, int]] = [
    ({}, 422),
    ({"name": 7}, 422),
    ({"name": ""}, 422),
    ({"name": "canary\n"}, 422),
    ({"name": "canary\ncanary"}, 422),
    ({"name": "canary" * 1_000}, 422),
    ({"name": "x", "scopes": []}, 422),
    ({"name": "x", "scopes": ["account"]}, 422),
    ({"name": "x", "scopes": ["canary"]}, 422),
    ({"name": "x", "scopes": "canary"}, 422),
    ({"name": "x", "expires_at": "canary"}, 422),
    ({"name": "x", "expires_at": "2020-01-01T00:00:00Z"}, 422),
    ({"name": "x", "expires_at": "2999-01-01T00:00:00"}, 422),
    (["canary"], 422),
]


@pytest.mark.parametrize(("body", "status"), REFUSED[:3] + REFUSED[4:])
async def test_a_refusal_repeats_nothing(ada: Person, body: Json, status: int) -> None:
    """Whatever is wrong with a body, nothing is made and the answer does not contain a piece of it."""
    answer = await ada.http.post(KEYS, json=body)
    assert answer.status_code == status
    assert "canary" not in answer.text
    assert await ada.get(KEYS) == {"api_keys": []}


async def test_the_order_of_checks(saas: Site, oss: Site, ada: Person) -> None:
    """404 in single-user mode, then the origin, the sign-in, the size, the shape."""
    huge = b"{" * 2_000_000
    for method, path in [("GET", KEYS), ("POST", KEYS), ("DELETE", f"{KEYS}/{uuid4()}")]:
        foreign = await oss.client(origin="https://evil.example")
        assert (await foreign.request(method, path, content=huge)).status_code == 404
    foreign = await saas.client(origin="https://evil.example")
    assert (await foreign.post(KEYS, content=huge)).status_code == 403
    assert (await (await saas.client()).post(KEYS, content=huge)).status_code == 401
    assert (await ada.http.post(KEYS, content=huge)).status_code == 413
    assert (await ada.http.post(KEYS, content=b"{")).status_code == 422
    for unknown in (uuid4(), "made-up"):
        assert (await ada.send("DELETE", f"{KEYS}/{unknown}")).status_code == 404


async def test_a_key_cannot_touch_the_account(saas: Site, ada: Person) -> None:
    """A key, whatever its scopes, neither sees nor makes nor revokes keys, ends no session and changes no password."""
    key = await made(ada, "read", "write", "secrets")
    program = await client_with(saas, key["key"])
    for method, path, body in [
        ("GET", KEYS, None),
        ("POST", KEYS, {"name": "a successor"}),
        ("DELETE", f"{KEYS}/{key['id']}", None),
        ("GET", "/auth/password", None),
        ("POST", "/auth/password", {"current": PASSWORD, "new": "battery staple"}),
        ("GET", "/auth/sessions", None),
        ("DELETE", f"/auth/sessions/{uuid4()}", None),
    ]:
        answer = await program.request(method, path, json=body)
        assert answer.status_code == 403, path
        assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
    assert len((await ada.get(KEYS))["api_keys"]) == 1


async def status(program: httpx2.AsyncClient, method: str, path: str, body: Json = None) -> int:
    """What a program is answered."""
    return (await program.request(method, path, json=body)).status_code


SECRETS = "/settings/plugin-secrets/shop"


async def statuses(program: httpx2.AsyncClient, workbook: str) -> Mapping[str, int]:
    """How a key fares at one route of each kind."""
    edit = {"edits": [{"op": "set", "sheet": "Sheet1", "cell": "A1", "input": "1"}]}
    return {
        "see": await status(program, "GET", f"/workbook/{workbook}/cells"),
        "edit": await status(program, "POST", f"/workbook/{workbook}/edits", edit),
        "evaluate": await status(program, "POST", f"/workbook/{workbook}/eval", {"formulas": ["=1"]}),
        "toggle": await status(program, "POST", "/marketplace/toggle", {"slug": "shop", "installed": True}),
        "see secrets": await status(program, "GET", SECRETS),
        "see activity": await status(program, "GET", "/settings/activity"),
        "put secrets": await status(program, "PUT", SECRETS, {"secrets": {}}),
        "wipe secrets": await status(program, "DELETE", SECRETS),
    }


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (["read"], {"see"}),
        (["write"], {"see", "edit", "evaluate", "toggle"}),
        ([], {"see", "edit", "evaluate", "toggle"}),
        (["secrets"], {"see secrets", "see activity", "put secrets", "wipe secrets"}),
    ],
)
async def test_a_key_does_what_its_scopes_say(
    saas: Site, ada: Person, workbook: str, scopes: list[str], allowed: set[str]
) -> None:
    """What a key was not made for is 403, before its body is read."""
    program = await client_with(saas, (await made(ada, *scopes))["key"])
    found = await statuses(program, workbook)
    assert found == {what: 200 if what in allowed else 403 for what in found}


async def test_a_key_passes_from_anywhere(saas: Site, ada: Person) -> None:
    """No page can make a browser send it, so an origin is no reason to refuse it."""
    program = await client_with(saas, (await made(ada))["key"], origin="https://elsewhere.example")
    assert (await program.post("/workbooks", json={})).status_code == 201


async def test_a_key_in_the_address_is_ignored(saas: Site, ada: Person) -> None:
    """Addresses end up in logs."""
    key = (await made(ada))["key"]
    client = await saas.client()
    for name in ("api_key", "key", "token", "access_token", "authorization"):
        assert (await client.get("/workbooks", params={name: key})).status_code == 401


async def test_wrong_keys_are_429_in_the_end(saas: Site, ada: Person) -> None:
    """Guessing is answered with a time to come back at; a right key from the same address is not."""
    wrong = await client_with(saas, "gridos_live_sk_" + "x" * 43)
    answers = [await wrong.get("/workbooks") for _ in range(25)]
    assert answers[0].status_code == 401
    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "60")
    right = await client_with(saas, (await made(ada))["key"])
    assert (await right.get("/workbooks")).status_code == 200


def bearer(key: Json) -> dict[str, str]:
    """The header of a socket."""
    return {"authorization": f"Bearer {key['key']}"}


async def test_a_key_opens_a_socket_and_revoking_closes_it(saas: Site, ada: Person, workbook: str) -> None:
    """A socket opened with a key ends with it, without anything being sent; one of another key goes on."""
    key, other = await made(ada), await made(ada)
    async with (
        at_socket(saas.url, workbook, additional_headers=bearer(other)) as open_still,
        at_socket(saas.url, workbook, additional_headers=bearer(key)) as socket,
    ):
        await open_still.hello()
        await socket.hello()
        await ada.send("DELETE", f"{KEYS}/{key['id']}")
        assert await socket.end() == 4401
        assert socket.told[-1]["reason"] == "signed out"
        assert (await open_still.settled(await open_still.type(A1="1")))["type"] == "ack"


async def test_a_key_that_only_reads_edits_nothing_at_a_socket(saas: Site, ada: Person, workbook: str) -> None:
    """It is shown everything; its edits are refused, and nothing is changed."""
    await ada.type(workbook, A1="7")
    async with at_socket(saas.url, workbook, additional_headers=bearer(await made(ada, "read"))) as socket:
        assert (await socket.hello())["cells"][0]["value"] == 7
        refused = await socket.settled(await socket.type(A1="8"))
        assert (refused["type"], refused["code"]) == ("refused", "scope_missing")
    assert (await ada.read(workbook, "A1"))["A1"]["value"] == 7


async def test_a_key_for_secrets_alone_opens_no_socket(saas: Site, ada: Person, workbook: str) -> None:
    """It is closed before any frame."""
    async with at_socket(saas.url, workbook, additional_headers=bearer(await made(ada, "secrets"))) as socket:
        assert await socket.end() == 4403
        assert socket.told == []


async def test_a_wrong_key_opens_no_socket(saas: Site, workbook: str) -> None:
    """It is closed before any frame: as not signed in, or after too many of them as something to try later."""
    wrong = bearer({"key": "gridos_live_sk_" + "y" * 43})
    async with at_socket(saas.url, workbook, additional_headers=wrong) as socket:
        assert await socket.end() in {4401, 1013}
        assert socket.told == []
