"""
The settings of a plugin: which secrets it declares, which are set, how to store or delete them, and whether they work.

No answer and no refusal here holds a value or a name that somebody sent.
"""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError

from gridos.errors import UnknownPlugin
from gridos.live import State, Status, Verification, Verifying
from gridos.plugin_secrets import Vault
from gridos.plugins import Plugins
from gridos.secret import Secret
from gridos.web.guarding import GuardedRoute, SignedIn

_SLUG = re.compile(r"[a-z][a-z0-9_]{1,39}")


class SecretsRoute(GuardedRoute):
    """Takes up to 64 KB: more than any form of secrets needs."""

    largest_body = 64 * 1024


class PluginSecrets(BaseModel):
    """What a plugin declares, and which of it is set: never a value, nor anything made from one."""

    plugin_slug: str
    declared: list[dict[str, Any]]
    set_keys: list[str]


class Batch(BaseModel):
    """The values to store. An empty one deletes its key; a key left out stays as it was."""

    model_config = ConfigDict(extra="forbid")

    secrets: dict[str, Secret] = {}


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
    """How your connection stands, and a sentence that says so."""

    plugin_slug: str
    state: State
    message: str
    checked_at: datetime | None
    slots: list[SlotBody]
    used_by: UsedBy


class VerificationBody(BaseModel):
    """What a test found out. `account` is whom the service takes you for, if it says so: plain text."""

    ok: bool
    state: State
    message: str
    account: str | None


def router(
    vault: Vault, plugins: Plugins, changed: Callable[[UUID, str], Awaitable[None]], verifying: Verifying
) -> APIRouter:
    """
    The five routes. `app` mounts them in `saas` only.

    `changed` is awaited before an answer goes out, so that no cell shows an earlier connection's number after it.
    """
    path = "/settings/plugin-secrets/{plugin_slug}"
    routes = APIRouter(route_class=SecretsRoute, prefix=path, tags=["plugin secrets"])

    @routes.get("")
    async def show(plugin_slug: str, user: SignedIn) -> PluginSecrets:
        """Which secrets a plugin declares, and which of them you have set."""
        manifest = plugins.get(plugin_slug).manifest
        set_keys = await vault.get_set_keys(user.id, manifest)
        return PluginSecrets(plugin_slug=plugin_slug, declared=manifest.declared(), set_keys=set_keys)

    @routes.put("", openapi_extra=_BATCH)
    async def put(plugin_slug: str, user: SignedIn, batch: Annotated[Batch, Depends(_read_batch)]) -> Done:
        """Store your secrets for a plugin, all or nothing."""
        await vault.put(user.id, plugins.get(plugin_slug).manifest, batch.secrets)
        await changed(user.id, plugin_slug)
        return Done(plugin_slug=plugin_slug)

    @routes.delete("")
    async def wipe(plugin_slug: str, user: SignedIn) -> Done:
        """Disconnect: delete all of your secrets for a plugin, also of one that is gone."""
        if not _SLUG.fullmatch(plugin_slug):
            raise UnknownPlugin
        await vault.wipe(user.id, plugin_slug)
        await changed(user.id, plugin_slug)
        return Done(plugin_slug=plugin_slug)

    @routes.get("/status")
    async def status(plugin_slug: str, user: SignedIn) -> StatusBody:
        """How your connection stands, since when its values are set, and what uses it."""
        return _status_body(plugin_slug, await verifying.status(user.id, plugin_slug))

    @routes.post("/verify", openapi_extra=_OPTIONAL_BATCH)
    async def verify(
        plugin_slug: str, user: SignedIn, batch: Annotated[Batch, Depends(_read_optional_batch)]
    ) -> VerificationBody:
        """Test your connection, or other values before you store them. A key left out is tested as stored."""
        return _verification_body(await verifying.verify(user.id, plugin_slug, batch.secrets))

    return routes


def _status_body(plugin_slug: str, status: Status) -> StatusBody:
    return StatusBody(
        plugin_slug=plugin_slug,
        state=status.state,
        message=status.message,
        checked_at=status.checked_at,
        slots=[SlotBody(key=key, is_set=at is not None, updated_at=at) for key, at in status.slots.items()],
        used_by=UsedBy(workbooks=status.used_by.workbooks, cells=status.used_by.cells),
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
