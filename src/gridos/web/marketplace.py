"""The plugins there are, and each user's install switches."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from gridos.live import Hub, State
from gridos.marketplace import Marketplace
from gridos.plugins import Plugin, Plugins
from gridos.web.guarding import GuardedRoute, SignedIn

SetKeys = Callable[[UUID], Awaitable[Mapping[str, Collection[str]]]]
"""Which keys a user has set, by plugin."""


States = Callable[[UUID], Awaitable[Mapping[str, State]]]
"""How a user's connections stand, by plugin."""


class PluginBody(BaseModel):
    """
    One plugin, as one user sees it.

    `state` is how the connection stands, as `status` says it but without opening a value: null without secrets, and on
    a server of one user.
    """

    slug: str
    name: str
    description: str
    category: str
    author: str
    version: str
    secrets: list[dict[str, Any]]
    formulas: list[str]
    functions: list[dict[str, Any]]
    installed: bool
    loaded: bool
    error: str | None
    configured: bool
    state: State | None
    isolated: bool
    reads_secrets: bool


class MarketplaceBody(BaseModel):
    """Every plugin of this server."""

    mode: str
    plugins: list[PluginBody]


class Toggle(BaseModel):
    """Which switch to turn which way."""

    model_config = ConfigDict(strict=True)

    slug: str
    installed: bool


class Toggled(Toggle):
    """The switch as it stands now."""

    status: str = "Success"


def router(
    marketplace: Marketplace, plugins: Plugins, set_keys: SetKeys, hub: Hub, states: States | None = None
) -> APIRouter:
    """The routes of `/marketplace`. Without `states` the server has one user, whose secrets nobody keeps."""
    mode = "saas" if states else "oss"
    routes = APIRouter(route_class=GuardedRoute, prefix="/marketplace", tags=["marketplace"])

    @routes.get("/list")
    async def list_plugins(user: SignedIn) -> MarketplaceBody:
        """Every plugin, in the order of its slug."""
        installed = await marketplace.installed(user.id)
        keys = await set_keys(user.id)
        standing: Mapping[str, State] = await states(user.id) if states else {}
        return MarketplaceBody(
            mode=mode,
            plugins=[
                _body(
                    plugin,
                    is_installed=plugin.slug in installed,
                    keys=keys.get(plugin.slug, ()),
                    state=standing.get(plugin.slug),
                )
                for plugin in plugins
            ],
        )

    @routes.post("/toggle")
    async def toggle(user: SignedIn, switch: Toggle) -> Toggled:
        """Install or remove one plugin; its formulas start or stop working in one's own workbooks at once."""
        await marketplace.toggle(user.id, switch.slug, installed=switch.installed)
        await hub.plugins_changed(user.id)
        return Toggled(slug=switch.slug, installed=switch.installed)

    return routes


def _body(plugin: Plugin, *, is_installed: bool, keys: Collection[str], state: State | None) -> PluginBody:
    manifest = plugin.manifest
    return PluginBody(
        slug=manifest.slug,
        name=manifest.title,
        description=manifest.description,
        category=manifest.category,
        author=manifest.author,
        version=manifest.version,
        secrets=manifest.declared(),
        formulas=sorted(plugin.functions),
        functions=[function.shown() for function in manifest.functions],
        installed=is_installed,
        loaded=plugin.loaded,
        error=plugin.error,
        configured=manifest.is_configured(keys),
        state=state,
        isolated=plugin.folder is not None,
        reads_secrets=plugin.reads_secrets,
    )
