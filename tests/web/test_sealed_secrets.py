"""Secrets that the browser seals, so that nobody between it and the server can read them."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from gridos.db import EmbeddedServer
from tests.web.serving import Person, Site

STRIPE = "/settings/plugin-secrets/stripe"
CANARY = "sk_test_canary_sealed_0123"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal(invitation: dict[str, Any], value: str, key: str = "SECRET_KEY", plugin: str = "stripe") -> str:
    """What a browser makes of a value, as the API's documentation tells it to."""
    parts = (
        b"gridos/envelope/v1",
        UUID(invitation["kid"]).bytes,
        UUID(invitation["user_id"]).bytes,
        plugin.encode(),
        key.encode(),
    )
    info = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    public_key = X25519PublicKey.from_public_bytes(urlsafe_b64decode(invitation["public_key"] + "="))
    return urlsafe_b64encode(SUITE.encrypt(value.encode(), public_key, info=info)).decode().rstrip("=")


async def invited(person: Person) -> dict[str, Any]:
    """A key to seal with."""
    return await person.get("/settings/plugin-secrets/_sealing-key")


async def put(person: Person, invitation: dict[str, Any], **more: Any) -> httpx2.Response:
    """PUT a batch that names an invitation."""
    return await person.send("PUT", STRIPE, json={"kid": invitation["kid"], **more})


async def set_keys(person: Person) -> list[str]:
    """Which keys are set."""
    return (await person.get(STRIPE))["set_keys"]


async def test_a_sealed_value_is_stored(ada: Person) -> None:
    """As one in the clear, with one difference: the request does not contain it."""
    invitation = await invited(ada)
    answer = await put(ada, invitation, sealed={"SECRET_KEY": seal(invitation, CANARY)})
    assert answer.json() == {"status": "Success", "plugin_slug": "stripe"}
    assert CANARY.encode() not in answer.request.content
    assert await set_keys(ada) == ["SECRET_KEY"]


async def test_a_sealed_value_is_tested(ada: Person) -> None:
    """A test takes sealed values too, and stores none."""
    invitation = await invited(ada)
    body = {"kid": invitation["kid"], "sealed": {"SECRET_KEY": seal(invitation, CANARY)}}
    answer = await ada.send("POST", f"{STRIPE}/verify", json=body)
    assert answer.status_code == 200
    assert await set_keys(ada) == []


async def test_it_is_refused_a_second_time(ada: Person) -> None:
    """A recorded request that is sent again would bring an old value back."""
    invitation = await invited(ada)
    sealed = {"SECRET_KEY": seal(invitation, CANARY)}
    assert (await put(ada, invitation, sealed=sealed)).is_success
    await ada.send("DELETE", STRIPE)
    assert (await put(ada, invitation, sealed=sealed)).status_code == 409
    assert await set_keys(ada) == []


async def test_invitations_are_personal(ada: Person, ben: Person) -> None:
    """Another user's invitation is unknown, and what was sealed for one user does not open for another."""
    of_ada, of_ben = await invited(ada), await invited(ben)
    assert (await put(ben, of_ada, sealed={"SECRET_KEY": seal(of_ada, CANARY)})).status_code == 409
    moved = await put(ben, of_ben, sealed={"SECRET_KEY": seal({**of_ben, "user_id": str(ada.id)}, CANARY)})
    assert moved.status_code == 422
    assert await set_keys(ben) == []


@pytest.mark.parametrize("place", [{"plugin": "shopify"}, {"key": "OTHER"}])
async def test_what_was_sealed_for_another_place_does_not_open(ada: Person, place: dict[str, str]) -> None:
    """Not under another key's name, and not for another plugin."""
    invitation = await invited(ada)
    answer = await put(ada, invitation, sealed={"SECRET_KEY": seal(invitation, CANARY, **place)})
    assert answer.status_code == 422
    assert CANARY not in answer.text
    assert await set_keys(ada) == []


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64!", "é", "A" * 20_000, "A" * 100])
async def test_nonsense_is_refused(ada: Person, sealed: str) -> None:
    """Nothing is stored."""
    invitation = await invited(ada)
    assert (await put(ada, invitation, sealed={"SECRET_KEY": sealed})).status_code == 422
    assert await set_keys(ada) == []


async def test_the_rules_for_values_stay(ada: Person) -> None:
    """A sealed value is checked like any other, all or nothing."""
    for bad in ("••••", "a\nb", "   ", "x" * 9000):
        invitation = await invited(ada)
        assert (await put(ada, invitation, sealed={"SECRET_KEY": seal(invitation, bad)})).status_code == 422
    invitation = await invited(ada)
    both = {"SECRET_KEY": seal(invitation, CANARY), "OTHER": seal(invitation, "x", key="OTHER")}
    assert (await put(ada, invitation, sealed=both)).status_code == 422
    assert await set_keys(ada) == []


async def test_an_empty_sealed_value_deletes(ada: Person) -> None:
    """As `""` does in the clear."""
    await ada.send("PUT", STRIPE, json={"secrets": {"SECRET_KEY": CANARY}})
    invitation = await invited(ada)
    assert (await put(ada, invitation, sealed={"SECRET_KEY": seal(invitation, "")})).is_success
    assert await set_keys(ada) == []


async def test_sealed_and_open_values_go_together(ada: Person) -> None:
    """One batch may have both, but not of one key."""
    invitation = await invited(ada)
    shop = {"ADMIN_TOKEN": seal(invitation, "shpat_x", key="ADMIN_TOKEN", plugin="shopify")}
    body = {"kid": invitation["kid"], "sealed": shop, "secrets": {"STORE_DOMAIN": "a.myshopify.com"}}
    assert (await ada.send("PUT", "/settings/plugin-secrets/shopify", json=body)).is_success
    again = await invited(ada)
    twice = await put(ada, again, sealed={"SECRET_KEY": seal(again, "a")}, secrets={"SECRET_KEY": CANARY})
    assert twice.status_code == 422
    assert CANARY not in twice.text


@pytest.mark.parametrize(
    ("kid", "status"), [(None, 422), ("x", 422), (5, 422), ("00000000-0000-4000-8000-000000000000", 409)]
)
async def test_a_batch_names_its_invitation(ada: Person, kid: Any, status: int) -> None:
    """Without one, or with one that is none, nothing is opened."""
    answer = await ada.send("PUT", STRIPE, json={"kid": kid, "sealed": {"SECRET_KEY": "AAAA"}})
    assert answer.status_code == status


async def test_an_old_invitation_is_refused(ada: Person, saas: Site, postgres: EmbeddedServer) -> None:
    """Ten minutes are enough to press a button."""
    invitation = await invited(ada)
    with psycopg.connect(postgres.url(database=saas.database), autocommit=True) as admin:
        admin.execute("update public.sealing_invitations set expires_at = now() where user_id = %s", (ada.id,))
    assert (await put(ada, invitation, sealed={"SECRET_KEY": seal(invitation, CANARY)})).status_code == 409


async def test_the_key_is_for_those_signed_in(saas: Site, oss: Site) -> None:
    """A stranger gets 401; a single user has no such routes."""
    path = "/settings/plugin-secrets/_sealing-key"
    assert (await (await saas.client()).get(path)).status_code == 401
    assert (await (await oss.local_user()).send("GET", path)).status_code == 404
