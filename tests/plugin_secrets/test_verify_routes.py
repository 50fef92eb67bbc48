"""The two routes that tell how a connection stands: their shapes, their refusals, and that nothing is echoed."""

import json
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID, uuid4

import httpx2
import pytest

from gridos.fetching import Proof
from gridos.live import HealthWatch, Uses, Verifying
from gridos.live.verifying import TESTS_A_MINUTE
from gridos.plugin_secrets import KeyRing, SecretStore, Vault
from gridos.plugin_secrets.opening import SealedConnections
from gridos.plugins import Manifest, OpenConnection
from tests.plugin_secrets.conftest import PLUGINS, SHOPIFY, STRIPE, new_ring, secrets
from tests.plugin_secrets.dictionary_store import DictionarySecretStore
from tests.plugin_secrets.kept_activity import KeptActivity
from tests.plugin_secrets.test_routes import CANARY, EXAMPLE, GoneStore, client_of, put

SHOP = "/settings/plugin-secrets/shopify"
NOWHERE = "/settings/plugin-secrets/nowhere"
STRIPES = "/settings/plugin-secrets/stripe"


class Upstream:
    """Accepts whatever it is shown, and remembers it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []

    async def verify(self, manifest: Manifest, opened: OpenConnection) -> Proof:
        values = {key: secret.reveal() for key, secret in opened.secrets.items()}
        self.seen.append((manifest.slug, values))
        return Proof("connected", "Connected to Shopify as Ada's shop.", "Ada's shop")


class NoUses:
    """Ada has no workbooks."""

    async def put(self, workbook: UUID, cells: object) -> None:
        """Never called here."""

    async def count(self, owner: UUID, plugin: str) -> Uses:
        return Uses(3, 14)


@pytest.fixture
def store() -> SecretStore:
    """As for the other routes."""
    return DictionarySecretStore()


@pytest.fixture
def upstream() -> Upstream:
    """What a test reaches."""
    return Upstream()


def client(store: SecretStore, ring: KeyRing, user: UUID | None, upstream: Upstream) -> httpx2.AsyncClient:
    """A client of a server with this root key."""
    vault, connections = Vault(store, ring), SealedConnections(store, ring, PLUGINS)
    watch = HealthWatch(PLUGINS, store)
    verifying = Verifying(PLUGINS, vault, store, connections, upstream, NoUses(), watch, KeptActivity(), lambda: 0.0)
    return client_of(vault, user, verifying=verifying)


@pytest.fixture
async def ada(store: SecretStore, ring: KeyRing, owner: UUID, upstream: Upstream) -> AsyncIterator[httpx2.AsyncClient]:
    """Ada, signed in."""
    async with client(store, ring, owner, upstream) as ada:
        yield ada


async def verify(ada: httpx2.AsyncClient, body: Any = None, path: str = SHOP) -> httpx2.Response:
    """POST a body: none, bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return await ada.post(f"{path}/verify", content=content)


async def test_the_status_has_seven_members(ada: httpx2.AsyncClient) -> None:
    """Slug, state, sentence, date, a line for each declared key, what uses it, and a way back; never a value."""
    await put(ada, {"secrets": {"ADMIN_TOKEN": CANARY}})
    answer = await ada.get(f"{SHOP}/status")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert list(body) == ["plugin_slug", "state", "message", "checked_at", "slots", "used_by", "can_roll_back"]
    assert [(slot["key"], slot["is_set"], slot["updated_at"] is not None) for slot in body["slots"]] == [
        ("STORE_DOMAIN", False, False),
        ("ADMIN_TOKEN", True, True),
        ("CLIENT_ID", False, False),
    ]
    assert (body["plugin_slug"], body["state"], body["checked_at"]) == ("shopify", "incomplete", None)
    assert body["used_by"] == {"workbooks": 3, "cells": 14}
    for trace in (CANARY, CANARY[:8], CANARY[-8:], CANARY.encode().hex()):
        assert trace not in answer.text


@pytest.mark.parametrize("body", [None, {}, {"secrets": {}}, EXAMPLE])
async def test_verify_has_four_members(ada: httpx2.AsyncClient, upstream: Upstream, body: Any) -> None:
    """Without a body, an empty one and equal values test what is stored; the status then knows."""
    await put(ada, EXAMPLE)
    answer = await verify(ada, body)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.content == (
        b'{"ok":true,"state":"connected","message":"Connected to Shopify as Ada\'s shop.","account":"Ada\'s shop"}'
    )
    assert upstream.seen == [("shopify", EXAMPLE["secrets"])]
    status = (await ada.get(f"{SHOP}/status")).json()
    assert (status["state"], status["message"]) == ("connected", "Connected to Shopify as Ada's shop.")
    assert status["checked_at"]


async def test_candidates_are_not_stored(ada: httpx2.AsyncClient, upstream: Upstream) -> None:
    """A candidate is sent as it would be stored, beside the stored rest, and is gone afterwards."""
    await put(ada, EXAMPLE)
    answer = await verify(ada, {"secrets": {"STORE_DOMAIN": "https://Other.myshopify.com/", "CLIENT_ID": " c "}})
    assert answer.json()["ok"]
    assert upstream.seen == [
        ("shopify", {"STORE_DOMAIN": "other.myshopify.com", "ADMIN_TOKEN": "shpat_...", "CLIENT_ID": "c"})
    ]
    assert (await ada.get(SHOP)).json()["set_keys"] == ["STORE_DOMAIN", "ADMIN_TOKEN"]
    assert (await ada.get(f"{SHOP}/status")).json()["state"] == "unverified"
    await verify(ada)
    assert upstream.seen[1] == ("shopify", EXAMPLE["secrets"])


@pytest.mark.parametrize(
    "body",
    [
        b"canary",
        b'{"secrets": {"ADMIN_TOKEN": "canary", "ADMIN_TOKEN": "canary2"}}',
        [],
        {"secrets": None},
        {"secrets": {"ADMIN_TOKEN": None}},
        {"secrets": {"ADMIN_TOKEN": 12345678}},
        {"secrets": {"CANARY": "canary"}},
        {"secrets": {"ADMIN_TOKEN": "   "}},
        {"secrets": {"ADMIN_TOKEN": "••••••••"}},
        {"secrets": {"ADMIN_TOKEN": "can\r\nary"}},
        {"secrets": {"ADMIN_TOKEN": "canary" * 1500}},
        {"secrets": {"STORE_DOMAIN": "canary.example.com"}},
        {"secrets": {"STORE_DOMAIN": "x.myshopify.com@canary.example.com"}},
        {"secrets": {}, "host": "canary.example.com"},
        {"secrets": {}, "base_url": "https://canary.example.com"},
        {"secrets": {}, "connection_id": "canary"},
        {"secrets": {}, "user_id": "canary"},
        {"secrets": {}, "verify": {"path": "/canary"}},
    ],
)
async def test_a_foreign_host_or_connection_is_refused(
    ada: httpx2.AsyncClient, vault: Vault, owner: UUID, upstream: Upstream, body: Any
) -> None:
    """CVE-2026-42226: no body names a host, a path or a connection. 422, nothing sent, nothing stored, no echo."""
    await put(ada, EXAMPLE)
    answer = await verify(ada, body)
    assert answer.status_code == 422
    assert list(answer.json()) == ["detail"]
    for trace in ("canary", "12345678", "example.com"):
        assert trace not in answer.text.lower() + str(answer.headers).lower()
    assert upstream.seen == []
    assert await vault.get_set_keys(owner, SHOPIFY) == ["STORE_DOMAIN", "ADMIN_TOKEN"]


async def test_another_users_connection_is_out_of_reach(
    store: SecretStore, ring: KeyRing, vault: Vault, ada: httpx2.AsyncClient, other: UUID, upstream: Upstream
) -> None:
    """What Ada stored is neither tested for Ben nor told to him."""
    await put(ada, EXAMPLE)
    async with client(store, ring, other, upstream) as ben:
        assert (await verify(ben)).json()["state"] == "not_set"
        assert (await ben.get(f"{SHOP}/status")).json()["state"] == "not_set"
        assert not (await verify(ben, {"secrets": {"STORE_DOMAIN": "a.myshopify.com"}})).json()["ok"]
    assert upstream.seen == []


async def test_the_order_of_refusals(store: SecretStore, vault: Vault, owner: UUID, upstream: Upstream) -> None:
    """Sign-in, size, shape, slug, values, lock: the first that fails is the answer, as for PUT."""
    await vault.put(owner, STRIPE, secrets(API_KEY="k"))
    large, shapeless, undeclared = b" " * 70_000, b"[", {"secrets": {"X": "x"}}
    async with client(store, new_ring()[0], None, upstream) as stranger:
        assert (await verify(stranger, large, NOWHERE)).status_code == 401
        assert (await stranger.get(f"{NOWHERE}/status")).status_code == 401
    async with client(store, new_ring()[0], owner, upstream) as ada:
        assert (await verify(ada, large, NOWHERE)).status_code == 413
        assert (await verify(ada, shapeless, NOWHERE)).status_code == 422
        assert (await verify(ada, undeclared, NOWHERE)).status_code == 404
        assert (await verify(ada, undeclared)).status_code == 422
        locked = await verify(ada, EXAMPLE)
        assert (locked.status_code, locked.json()["detail"]["code"]) == (503, "vault_locked")
        assert (await ada.get(f"{NOWHERE}/status")).status_code == 404
        assert (await ada.get(f"{STRIPES}/status")).json()["state"] == "unreadable"
    assert upstream.seen == []


async def test_a_foreign_page_tests_nothing(ada: httpx2.AsyncClient, upstream: Upstream) -> None:
    """A test sends one's secret, so a page of another site cannot ask for it."""
    await put(ada, EXAMPLE)
    headers = {"Origin": "https://evil.example", "Cookie": "gridos=x"}
    assert (await ada.post(f"{SHOP}/verify", headers=headers)).status_code == 403
    assert upstream.seen == []


async def test_too_many_tests(ada: httpx2.AsyncClient, upstream: Upstream) -> None:
    """The twenty-first test of a minute is 429, with when to try again; what is refused for its body still is."""
    await put(ada, EXAMPLE)
    for _ in range(TESTS_A_MINUTE):
        assert (await verify(ada)).status_code == 200
    answer = await verify(ada)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert (await verify(ada, {"secrets": {"X": "x"}})).status_code == 422
    assert len(upstream.seen) == TESTS_A_MINUTE


async def test_a_database_that_is_gone_is_no_state(ring: KeyRing, upstream: Upstream) -> None:
    """When the storage fails both routes answer 503, never "not set"."""
    async with client(cast("SecretStore", GoneStore()), ring, uuid4(), upstream) as ada:
        assert (await ada.get(f"{SHOP}/status")).status_code == 503
        assert (await verify(ada)).status_code == 503
