"""One's API keys: make, list, revoke. A key's text is in one answer, the one that made it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gridos.accounts import DEFAULT_SCOPES, ApiKey, ApiKeys, KeyScope
from gridos.errors import UnknownApiKey
from gridos.web.guarding import AccountRoute, SignedIn


class KeyForm(BaseModel):
    """What to call a key, what it may do, and until when. Without an expiry it works until it is revoked."""

    model_config = ConfigDict(strict=True)

    name: Annotated[str, Field(max_length=1_000)]
    scopes: list[KeyScope] = Field(list(DEFAULT_SCOPES), max_length=10)
    expires_at: Annotated[AwareDatetime | None, Field(strict=False)] = None


class KeyBody(BaseModel):
    """A key, as its owner may see it. Times are ISO 8601; `last_used_at` is right to the minute."""

    id: UUID
    name: str
    scopes: list[KeyScope]
    created_at: str
    last_used_at: str | None
    expires_at: str | None


class NewKeyBody(KeyBody):
    """A new key with its text, which nobody can be shown again."""

    key: str = Field(repr=False)


class KeysBody(BaseModel):
    """One's keys, the newest first."""

    api_keys: list[KeyBody]


def router(keys: ApiKeys) -> APIRouter:
    """The routes of `/settings/api-keys`. `app` mounts them in `saas` only."""
    routes = APIRouter(route_class=AccountRoute, prefix="/settings/api-keys", tags=["API keys"])

    @routes.get("")
    async def list_keys(user: SignedIn) -> KeysBody:
        """Your keys, expired ones too."""
        return KeysBody(api_keys=[_body(key) for key in await keys.list(user)])

    @routes.post("", status_code=201)
    async def make_key(user: SignedIn, form: KeyForm) -> NewKeyBody:
        """Make a key. This answer is the only place where its text is ever shown."""
        key, text = await keys.add(user, form.name, form.scopes, form.expires_at)
        return NewKeyBody(**_body(key).model_dump(), key=text)

    @routes.delete("/{key}")
    async def revoke_key(user: SignedIn, key: str) -> dict[str, str]:
        """Revoke a key: it works no longer, and live sockets opened with it are closed."""
        await keys.revoke(user, _key_id(key))
        return {"status": "Success"}

    return routes


def _key_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UnknownApiKey from None


def _body(key: ApiKey) -> KeyBody:
    return KeyBody(
        id=key.id,
        name=key.name,
        scopes=list(key.scopes),
        created_at=key.created_at.isoformat(),
        last_used_at=key.used_at and key.used_at.isoformat(),
        expires_at=key.expires_at and key.expires_at.isoformat(),
    )
