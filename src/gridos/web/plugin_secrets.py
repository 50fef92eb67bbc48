"""
The settings of a plugin: which secrets it declares, which are set, how to store or delete them, and whether they work.

No answer and no refusal here holds a value or a name that somebody sent.
"""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from gridos.accounts import PerMinute, User
from gridos.errors import UnknownPlugin
from gridos.live import State, Status, Verification, Verifying
from gridos.plugin_secrets import GOOD_FOR, Envelopes, Vault
from gridos.plugins import Manifest, Plugins
from gridos.secret import Secret
from gridos.web.guarding import SecretsRoute, SignedIn

PUTS_A_MINUTE = 60
PATH = "/settings/plugin-secrets/{plugin_slug}"
Changed = Callable[[UUID, str], Awaitable[None]]
"""Hears of an owner's connection that has other values now."""
Admit = Callable[[UUID], None]
"""Refuses whoever changes too much."""

_SLUG = re.compile(r"[a-z][a-z0-9_]{1,39}")


class FormRoute(SecretsRoute):
    """Takes up to 64 KB: more than any form of secrets needs."""

    largest_body = 64 * 1024


class PluginSecrets(BaseModel):
    """What a plugin declares, and which of it is set: never a value, nor anything made from one."""

    plugin_slug: str
    declared: list[dict[str, Any]]
    set_keys: list[str]


class Batch(BaseModel):
    """
    The values to store. An empty one deletes its key; a key left out stays as it was.

    `sealed` has values that the sender sealed with the key that `kid` names: in base64url without padding, HPKE's
    encapsulated key and ciphertext in one.
    """

    model_config = ConfigDict(extra="forbid")

    secrets: dict[str, Secret] = {}
    sealed: dict[str, str] = {}
    kid: UUID | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.sealed and (self.kid is None or self.sealed.keys() & self.secrets.keys()):
            raise ValueError
        return self


class SealingKey(BaseModel):
    """
    What it takes to seal one batch. `public_key` is of X25519, in base64url without padding.

    `info` of each value joins, each behind its length in four bytes: `gridos/envelope/v1`, the bytes of `kid`, those of
    your user id, the plugin's slug, the key's name.
    """

    kid: UUID
    public_key: str
    user_id: UUID
    kem: Literal["DHKEM(X25519, HKDF-SHA256)"] = "DHKEM(X25519, HKDF-SHA256)"
    kdf: Literal["HKDF-SHA256"] = "HKDF-SHA256"
    aead: Literal["AES-256-GCM"] = "AES-256-GCM"
    seconds: int = GOOD_FOR


class Done(BaseModel):
    """It is stored, or deleted."""

    status: Literal["Success"] = "Success"
    plugin_slug: str


class SlotBody(BaseModel):
    """Whether one declared key has a value, and since when."""

    key: str
    is_set: bool
    updated_at: datetime | None


class UsedBy(BaseModel):
    """How many of your workbooks, and cells in them, a disconnection would stop."""

    workbooks: int
    cells: int


class StatusBody(BaseModel):
    """
    How your connection stands, and a sentence that says so.

    `can_roll_back`: values that were replaced are kept, because the new ones have not worked yet.
    """

    plugin_slug: str
    state: State
    message: str
    checked_at: datetime | None
    slots: list[SlotBody]
    used_by: UsedBy
    can_roll_back: bool


class VerificationBody(BaseModel):
    """What a test found out. `account` is whom the service takes you for, if it says so: plain text."""

    ok: bool
    state: State
    message: str
    account: str | None


def router(
    vault: Vault,
    envelopes: Envelopes,
    plugins: Plugins,
    changed: Changed,
    verifying: Verifying,
) -> APIRouter:
    """
    The seven routes. `app` mounts them in `saas` only.

    `changed` is awaited before an answer goes out, so that no cell shows an earlier connection's number after it.
    """
    routes = APIRouter(route_class=FormRoute, tags=["plugin secrets"])
    admit = PerMinute(PUTS_A_MINUTE, "Too many changes of secrets. Wait a minute and try again.").count
    _add_values(routes, vault, envelopes, plugins, changed, admit)
    _add_standing(routes, vault, envelopes, plugins, changed, admit, verifying)
    return routes


def _add_values(
    routes: APIRouter, vault: Vault, envelopes: Envelopes, plugins: Plugins, changed: Changed, admit: Admit
) -> None:
    """What is set, and setting it."""

    @routes.get("/settings/plugin-secrets/_sealing-key")
    async def invite(user: SignedIn) -> SealingKey:
        """A key to seal one batch with in the browser, so that nobody in between can read it."""
        invitation = await envelopes.invite(user.id)
        public_key = urlsafe_b64encode(invitation.public_key).decode().rstrip("=")
        return SealingKey(kid=invitation.id, public_key=public_key, user_id=user.id)

    @routes.get(PATH)
    async def show(plugin_slug: str, user: SignedIn) -> PluginSecrets:
        """Which secrets a plugin declares, and which of them you have set."""
        manifest = plugins.get(plugin_slug).manifest
        set_keys = await vault.get_set_keys(user.id, manifest)
        return PluginSecrets(plugin_slug=plugin_slug, declared=manifest.declared(), set_keys=set_keys)

    @routes.put(PATH, openapi_extra=_BATCH)
    async def put(plugin_slug: str, user: SignedIn, batch: Annotated[Batch, Depends(_read_batch)]) -> Done:
        """Store your secrets for a plugin, all or nothing."""
        manifest = plugins.get(plugin_slug).manifest
        admit(user.id)
        await vault.put(user.id, manifest, await _values(envelopes, user, manifest, batch))
        await changed(user.id, plugin_slug)
        return Done(plugin_slug=plugin_slug)

    @routes.delete(PATH)
    async def wipe(plugin_slug: str, user: SignedIn) -> Done:
        """Disconnect: delete all of your secrets for a plugin, also of one that is gone."""
        if not _SLUG.fullmatch(plugin_slug):
            raise UnknownPlugin
        await vault.wipe(user.id, plugin_slug)
        await changed(user.id, plugin_slug)
        return Done(plugin_slug=plugin_slug)


def _add_standing(
    routes: APIRouter,
    vault: Vault,
    envelopes: Envelopes,
    plugins: Plugins,
    changed: Changed,
    admit: Admit,
    verifying: Verifying,
) -> None:
    """How it stands, whether other values would, and the way back to earlier ones."""

    @routes.post(PATH + "/roll-back")
    async def roll_back(plugin_slug: str, user: SignedIn) -> Done:
        """Put back the values that were replaced and erase those that replaced them, unless those have worked."""
        manifest = plugins.get(plugin_slug).manifest
        admit(user.id)
        await vault.roll_back(user.id, manifest.slug)
        await changed(user.id, plugin_slug)
        return Done(plugin_slug=plugin_slug)

    @routes.get(PATH + "/status")
    async def status(plugin_slug: str, user: SignedIn) -> StatusBody:
        """How your connection stands, since when its values are set, and what uses it."""
        return _status_body(plugin_slug, await verifying.status(user.id, plugin_slug))

    @routes.post(PATH + "/verify", openapi_extra=_OPTIONAL_BATCH)
    async def verify(
        plugin_slug: str, user: SignedIn, batch: Annotated[Batch, Depends(_read_optional_batch)]
    ) -> VerificationBody:
        """Test your connection, or other values before you store them. A key left out is tested as stored."""
        manifest = plugins.get(plugin_slug).manifest
        candidates = await _values(envelopes, user, manifest, batch)
        return _verification_body(await verifying.verify(user.id, plugin_slug, candidates))


async def _values(envelopes: Envelopes, user: User, manifest: Manifest, batch: Batch) -> Mapping[str, Secret]:
    if batch.kid is None:
        return batch.secrets
    return {**batch.secrets, **await envelopes.open(user.id, manifest.slug, batch.kid, batch.sealed)}


def _status_body(plugin_slug: str, status: Status) -> StatusBody:
    return StatusBody(
        plugin_slug=plugin_slug,
        state=status.state,
        message=status.message,
        checked_at=status.checked_at,
        slots=[SlotBody(key=key, is_set=at is not None, updated_at=at) for key, at in status.slots.items()],
        used_by=UsedBy(workbooks=status.used_by.workbooks, cells=status.used_by.cells),
        can_roll_back=status.can_roll_back,
    )


def _verification_body(found: Verification) -> VerificationBody:
    return VerificationBody(ok=found.ok, state=found.state, message=found.message, account=found.account)


async def _read_optional_batch(request: Request) -> Batch:
    return await _read_batch(request) if await request.body() else Batch()


async def _read_batch(request: Request) -> Batch:
    """Read the body ourselves: FastAPI would take the last of two equal keys and guess the encoding."""
    try:
        return Batch.model_validate(json.loads((await request.body()).decode(), object_pairs_hook=_without_repeats))
    except ValidationError as error:
        raise RequestValidationError([_fault(fault["type"], *fault["loc"]) for fault in error.errors()]) from None
    except (ValueError, RecursionError):
        raise RequestValidationError([_fault("json_invalid")]) from None


def _fault(kind: str, *place: int | str) -> dict[str, object]:
    # Of the names in a body only our own may come back: all others were chosen by the sender.
    return {"type": kind, "loc": ["body", *(name for name in place[:1] if name in Batch.model_fields)]}


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _body(*, required: bool) -> dict[str, Any]:
    return {
        "requestBody": {"required": required, "content": {"application/json": {"schema": Batch.model_json_schema()}}}
    }


_BATCH, _OPTIONAL_BATCH = _body(required=True), _body(required=False)
