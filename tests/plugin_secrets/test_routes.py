"""The three routes that store under /settings/plugin-secrets, to the byte."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from gridos.accounts import Caller, User
from gridos.errors import SignInRequired, StorageUnavailable
from gridos.live import Verifying
from gridos.plugin_secrets import Envelopes, InvitationStore, KeyRing, SecretStore, Vault
from gridos.web.errors import add_error_handlers
from gridos.web.guarding import Guard
from gridos.web.plugin_secrets import router
from gridos.web.traffic import Traffic
from tests.plugin_secrets.conftest import PLUGINS, SHOPIFY, STRIPE, new_ring, secrets
from tests.plugin_secrets.dictionary_store import DictionarySecretStore

CANARY = "shpat_canary_0123456789abcdef"
SHOP = "/settings/plugin-secrets/shopify"
EXAMPLE = {"secrets": {"STORE_DOMAIN": "myshop.myshopify.com", "ADMIN_TOKEN": "shpat_..."}}
SUCCESS = b'{"status":"Success","plugin_slug":"shopify"}'


@pytest.fixture
def store() -> SecretStore:
    """The routes need no PostgreSQL: the vault's own tests run on both."""
    return DictionarySecretStore()


async def tell_nobody(owner: UUID, plugin: str) -> None:
    """No workbook is open."""


def client_of(
    vault: Vault,
    user: UUID | None,
    changed: Callable[[UUID, str], Awaitable[None]] = tell_nobody,
    verifying: Verifying | None = None,
) -> httpx2.AsyncClient:
    """A client of a server with this vault, signed in or not."""

    async def identify(cookie: str | None, authorization: str | None, client: str) -> Caller:
        if user is None:
            raise SignInRequired
        return Caller(User(user, "ada@example.com"))

    app = FastAPI()
    app.state.guard = Guard(identify, "gridos")
    add_error_handlers(app)
    envelopes = Envelopes(new_ring()[0], cast("InvitationStore", None))
    app.include_router(router(vault, envelopes, PLUGINS, changed, cast("Verifying", verifying)))
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(Traffic(app, is_https=False)), base_url="http://gridos.test"
    )


@pytest.fixture
async def ada(vault: Vault, owner: UUID) -> AsyncIterator[httpx2.AsyncClient]:
    """Ada, signed in."""
    async with client_of(vault, owner) as client:
        yield client


async def put(client: httpx2.AsyncClient, body: Any, path: str = SHOP) -> httpx2.Response:
    """PUT a body: bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.put(path, content=content, headers={"Content-Type": "application/json"})


async def test_the_way_back(vault: Vault, owner: UUID) -> None:
    """After a replacement 200 once, with nothing of a value; then 409, and 404 for a plugin that is not there."""
    told: list[tuple[UUID, str]] = []

    async def tell(user: UUID, plugin: str) -> None:
        told.append((user, plugin))

    async with client_of(vault, owner, tell) as ada:
        assert (await ada.post(f"{SHOP}/roll-back")).status_code == 409
        for value in (CANARY, CANARY[::-1]):
            await put(ada, {"secrets": {"ADMIN_TOKEN": value}})
        told.clear()
        answer = await ada.post(f"{SHOP}/roll-back")
        assert (answer.status_code, answer.content) == (200, SUCCESS)
        assert answer.headers["cache-control"] == "no-store"
        assert told == [(owner, "shopify")]
        again = await ada.post(f"{SHOP}/roll-back")
        assert (again.status_code, list(again.json())) == (409, ["detail"])
        assert (await ada.post("/settings/plugin-secrets/nowhere/roll-back")).status_code == 404
        foreign = await ada.post(f"{SHOP}/roll-back", headers={"Origin": "https://evil.example", "Cookie": "gridos=x"})
        assert foreign.status_code == 403
    async with client_of(vault, None) as stranger:
        assert (await stranger.post(f"{SHOP}/roll-back")).status_code == 401


async def test_get_has_three_members(ada: httpx2.AsyncClient) -> None:
    """GET gives the slug, what the manifest declares in its order, and which of it is set, and nothing else."""
    await put(ada, {"secrets": {"ADMIN_TOKEN": CANARY}})
    answer = await ada.get(SHOP)
    assert answer.status_code == 200
    assert list(answer.json()) == ["plugin_slug", "declared", "set_keys"]
    assert answer.json()["plugin_slug"] == "shopify"
    assert answer.json()["set_keys"] == ["ADMIN_TOKEN"]
    assert answer.json()["declared"] == SHOPIFY.declared()
    assert list(answer.json()["declared"][0])[:4] == ["key", "label", "placeholder", "help"]
    assert answer.json()["declared"][1]["tip"] == 1
    assert answer.headers["cache-control"] == "no-store"
    for trace in (CANARY, CANARY[:8], CANARY[-8:], CANARY.encode().hex()):
        assert trace not in answer.text + str(answer.headers)


async def test_the_documented_bodies_are_accepted(ada: httpx2.AsyncClient) -> None:
    """The contract's example is stored as it stands, and each answer is the documented one, byte for byte."""
    answer = await put(ada, EXAMPLE)
    assert (answer.status_code, answer.content) == (200, SUCCESS)
    assert answer.headers["cache-control"] == "no-store"
    assert (await ada.get(SHOP)).json()["set_keys"] == ["STORE_DOMAIN", "ADMIN_TOKEN"]
    for _ in range(2):
        answer = await ada.delete(SHOP)
        assert (answer.status_code, answer.content) == (200, SUCCESS)
    assert (await ada.get(SHOP)).json()["set_keys"] == []


@pytest.mark.parametrize("body", [{}, {"secrets": {}}, {"secrets": {"CLIENT_ID": ""}}])
async def test_nothing_to_change_is_a_success(ada: httpx2.AsyncClient, body: Any) -> None:
    """An empty body, an empty batch and deleting what is not set change nothing and succeed."""
    await put(ada, EXAMPLE)
    answer = await put(ada, body)
    assert (answer.status_code, answer.content) == (200, SUCCESS)
    assert (await ada.get(SHOP)).json()["set_keys"] == ["STORE_DOMAIN", "ADMIN_TOKEN"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"canary",
        b'{"secrets": {"ADMIN_TOKEN": "canary"',
        b'{"secrets": {"ADMIN_TOKEN": "canary\xff"}}',
        '{"secrets": {"ADMIN_TOKEN": "canary"}}'.encode("utf-16"),
        b"\xef\xbb\xbf" + json.dumps(EXAMPLE).encode(),
        b'{"secrets": {"ADMIN_TOKEN": "canary", "ADMIN_TOKEN": "canary2"}}',
        b'{"secrets": {"ADMIN_TOKEN": "canary"}, "secrets": {}}',
        b'{"secrets": {"ADMIN_TOKEN": "canary\\ud800"}}',
        b'{"secrets": {"ADMIN_TOKEN": NaN}}',
        b'{"secrets": {"ADMIN_TOKEN": ' + b"9" * 5000 + b"}}",
        b"[" * 60_000,
        b'{"secrets":' * 5_000,
        None,
        [],
        "canary",
        {"secrets": None},
        {"secrets": ["canary"]},
        {"secrets": "canary"},
        {"secret": {"ADMIN_TOKEN": "canary"}},
        {"secrets": {}, "canary": "canary"},
        {"secrets": {"ADMIN_TOKEN": None}},
        {"secrets": {"ADMIN_TOKEN": 12345678}},
        {"secrets": {"ADMIN_TOKEN": True}},
        {"secrets": {"ADMIN_TOKEN": ["canary"]}},
        {"secrets": {"ADMIN_TOKEN": {"value": "canary"}}},
        {"secrets": {"CANARY": "canary"}},
        {"secrets": {"ADMIN_TOKEN": "new", "canary": ""}},
        {"secrets": {"ADMIN_TOKEN": "new", "STORE_DOMAIN": "canary.example.com"}},
        {"secrets": {"ADMIN_TOKEN": "new", "STORE_DOMAIN": "x.myshopify.com.canary.com"}},
        {"secrets": {"ADMIN_TOKEN": "   "}},
        {"secrets": {"ADMIN_TOKEN": "***"}},
        {"secrets": {"ADMIN_TOKEN": "••••••••"}},
        {"secrets": {"ADMIN_TOKEN": "can\0ary"}},
        {"secrets": {"ADMIN_TOKEN": "can\r\nary"}},
        {"secrets": {"ADMIN_TOKEN": "can\x1bary"}},
        {"secrets": {"ADMIN_TOKEN": "é" * 4097}},
        {"secrets": {"ADMIN_TOKEN": "canary" * 1500}},
    ],
)
async def test_a_refused_body_stores_and_repeats_nothing(ada: httpx2.AsyncClient, vault: Vault, body: Any) -> None:
    """Whatever is wrong with a body, the answer is 422 with no piece of it, and what was stored survives."""
    await put(ada, EXAMPLE)
    answer = await put(ada, body)
    assert answer.status_code == 422
    assert list(answer.json()) == ["detail"]
    for trace in ("canary", "12345678", "9999", "example.com"):
        assert trace not in answer.text.lower() + str(answer.headers).lower()
    assert (await ada.get(SHOP)).json()["set_keys"] == ["STORE_DOMAIN", "ADMIN_TOKEN"]


async def test_eight_kilobytes_are_accepted(ada: httpx2.AsyncClient) -> None:
    """The limit of 8 KB counts bytes and includes the last one."""
    assert (await put(ada, {"secrets": {"ADMIN_TOKEN": "é" * 4096}})).status_code == 200


@pytest.mark.parametrize("size", [65_537, 100_000, 2_000_000])
async def test_a_large_body_is_cut_off(ada: httpx2.AsyncClient, size: int) -> None:
    """More than 64 KB is refused with 413, whether its length was announced or not; exactly 64 KB is still read."""

    async def streamed() -> AsyncIterator[bytes]:
        yield b" " * (size // 2)
        yield b" " * (size - size // 2)

    assert (await put(ada, b" " * size)).status_code == 413
    assert (await ada.put(SHOP, content=streamed())).status_code == 413
    assert (await put(ada, b"{}" + b" " * 65_534)).status_code == 200


@pytest.mark.parametrize(
    "slug", ["never_heard_of", "Shopify", "x", "1abc", "a-b", "a%2fb", "..%2fx", "%00", "shopify%0a", "é", "a" * 10_240]
)
async def test_an_unknown_slug_is_not_found(ada: httpx2.AsyncClient, slug: str) -> None:
    """GET and PUT of a slug that is no plugin's, and DELETE of one that could be none's, are 404 without an echo."""
    path = f"/settings/plugin-secrets/{slug}"
    wiped = 200 if slug == "never_heard_of" else 404
    for answer, status in (
        (await ada.get(path), 404),
        (await put(ada, EXAMPLE, path), 404),
        (await ada.delete(path), wiped),
    ):
        assert answer.status_code == status
        assert status == 200 or slug not in answer.text


async def test_deleting_leaves_other_rows(ada: httpx2.AsyncClient, vault: Vault, owner: UUID, other: UUID) -> None:
    """Disconnecting one plugin leaves another plugin's and another user's secrets."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    await vault.put(other, SHOPIFY, secrets(ADMIN_TOKEN="t"))
    await ada.delete(SHOP)
    assert await vault.get_set_keys(owner, STRIPE) == ["API_KEY"]
    assert await vault.get_set_keys(other, SHOPIFY) == ["ADMIN_TOKEN"]


async def test_open_workbooks_hear_of_a_change_first(vault: Vault, owner: UUID) -> None:
    """A success is answered only after what is open was told; a refusal and a GET tell nobody."""
    told: list[tuple[UUID, str, list[str]]] = []

    async def changed(user: UUID, plugin: str) -> None:
        told.append((user, plugin, await vault.get_set_keys(user, SHOPIFY)))

    async with client_of(vault, owner, changed) as client:
        await put(client, {"secrets": {"STORE_DOMAIN": "canary.example.com"}})
        await client.get(SHOP)
        assert told == []
        await put(client, {"secrets": {"ADMIN_TOKEN": "t"}})
        await client.delete(SHOP)
    assert told == [(owner, "shopify", ["ADMIN_TOKEN"]), (owner, "shopify", [])]


async def test_the_order_of_refusals(store: SecretStore, owner: UUID, vault: Vault) -> None:
    """Sign-in, size, shape, slug, values, lock: the first that fails is the answer."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    nowhere = "/settings/plugin-secrets/nowhere"
    large, shapeless, undeclared = b" " * 70_000, b"[", {"secrets": {"X": "x"}}
    async with client_of(vault, None) as stranger:
        assert (await put(stranger, large, nowhere)).status_code == 401
    async with client_of(Vault(store, new_ring()[0]), owner) as client:
        assert (await put(client, large, nowhere)).status_code == 413
        assert (await put(client, shapeless, nowhere)).status_code == 422
        assert (await put(client, undeclared, nowhere)).status_code == 404
        assert (await put(client, undeclared)).status_code == 422
        assert (await put(client, EXAMPLE)).status_code == 503


@pytest.mark.parametrize("ring_now", [KeyRing([]), new_ring()[0]], ids=["missing", "wrong"])
async def test_a_locked_vault_says_so(store: SecretStore, vault: Vault, owner: UUID, ring_now: KeyRing) -> None:
    """While the vault is locked every PUT is 503 with its code, and GET and DELETE work."""
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="t"))
    async with client_of(Vault(store, ring_now), owner) as client:
        for body in (EXAMPLE, {}, {"secrets": {"ADMIN_TOKEN": ""}}):
            answer = await put(client, body)
            assert answer.status_code == 503
            assert answer.json()["detail"]["code"] == "vault_locked"
            assert list(answer.json()["detail"]) == ["code", "message"]
        assert (await client.get(SHOP)).json()["set_keys"] == ["ADMIN_TOKEN"]
        assert (await client.delete(SHOP)).content == SUCCESS
        assert (await client.get(SHOP)).json()["set_keys"] == []


async def test_a_foreign_page_stores_nothing(ada: httpx2.AsyncClient, vault: Vault, owner: UUID) -> None:
    """PUT and DELETE from another origin are refused before the sign-in is looked at."""
    await vault.put(owner, SHOPIFY, secrets(ADMIN_TOKEN="t"))
    headers = {"Origin": "https://evil.example", "Cookie": "gridos=x"}
    assert (await ada.put(SHOP, json=EXAMPLE, headers=headers)).status_code == 403
    assert (await ada.delete(SHOP, headers=headers)).status_code == 403
    assert await vault.get_set_keys(owner, SHOPIFY) == ["ADMIN_TOKEN"]


class GoneStore:
    """A storage whose database does not answer, whatever it is asked."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[None]]:
        async def fail(*_: object) -> None:
            raise StorageUnavailable

        return fail


async def test_a_database_that_is_gone_is_no_empty_list(ring: KeyRing, owner: UUID) -> None:
    """When the storage fails, every route answers 503, never "nothing is set"."""
    async with client_of(Vault(cast("SecretStore", GoneStore()), ring), owner) as client:
        for answer in (await client.get(SHOP), await put(client, EXAMPLE), await client.delete(SHOP)):
            assert answer.status_code == 503
            assert answer.json() == {"detail": str(StorageUnavailable())}


async def test_the_schema_shows_the_body_and_no_value(ada: httpx2.AsyncClient) -> None:
    """The published description names what to send, so that a client can be made from it."""
    described = (await ada.get("/openapi.json")).json()["paths"]["/settings/plugin-secrets/{plugin_slug}"]
    body = described["put"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["secrets"]["additionalProperties"] == {"type": "string"}
