"""Puts the rooms together, once, at start."""

import asyncio
import contextlib
import hmac
import logging
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry

from gridos.accounts import Accounts, ApiKeys, Caller, SingleSignOn, User, accept_email
from gridos.app.accounts import is_https, make_accounts, make_sign_on, public_url
from gridos.app.database import DatabaseUrls
from gridos.app.hardening import forget_variables
from gridos.app.issuers import IssuerHttp, new_session
from gridos.app.metrics import make_registry
from gridos.app.notices import Notices
from gridos.app.root_key import find_ring
from gridos.db import Doors, Listener
from gridos.db.connector_answers import PostgresAnswers, hearing
from gridos.db.connector_days import PostgresDays
from gridos.db.connector_limits import PostgresLimits, hearing_askers, hearing_limits
from gridos.db.marketplace import PostgresMarketplace
from gridos.db.plugin_secrets import PostgresSecretStore
from gridos.db.plugin_uses import PostgresUses
from gridos.db.sealing_invitations import PostgresInvitations
from gridos.db.secret_activity import PostgresActivity
from gridos.db.sharing import PostgresSharing
from gridos.db.workbook_log import PostgresWorkbookLog
from gridos.db.workbooks import PostgresWorkbooks
from gridos.errors import BadSetting, StorageUnavailable
from gridos.fetching import Fetcher, Outcome, parse_egress_allow
from gridos.formulas import is_builtin
from gridos.isolation import Forks, Isolating, Workers
from gridos.live import HealthWatch, Hub, SecretUses, Verifying
from gridos.marketplace import Marketplace
from gridos.plugin_secrets import ActivityStore, Envelopes, Vault
from gridos.plugin_secrets.environment import EnvironmentConnections
from gridos.plugin_secrets.opening import Connections, SealedConnections
from gridos.plugins import ConnectionRef, Plugins, shipped_folder
from gridos.settings import Settings
from gridos.web import accounts as account_routes
from gridos.web import activity as activity_routes
from gridos.web import api_keys as api_key_routes
from gridos.web import live as live_routes
from gridos.web import marketplace as marketplace_routes
from gridos.web import oidc as oidc_routes
from gridos.web import plugin_secrets as secret_routes
from gridos.web import security_txt as security_txt_routes
from gridos.web import service as service_routes
from gridos.web import sharing as sharing_routes
from gridos.web import workbooks as workbook_routes
from gridos.web.application import create_app
from gridos.web.guarding import Guard
from gridos.workbooks import Sharing, Workbooks

log = logging.getLogger(__name__)

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
IDLE_SECONDS = 60.0
ACTIVITY_SECONDS = 600.0
FORGETTING_SECONDS = 900.0
REFRESH_SECONDS = 5.0
SWEEP_SECONDS = 600.0
ANNOUNCE_SECONDS = 10.0
REVIVAL_SECONDS = 1.0
NOTE_USES_SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """The running parts, for what starts a server to reach into."""

    app: FastAPI
    accounts: Accounts
    workbooks: Workbooks
    sharing: Sharing
    hub: Hub
    spent: SecretUses


class _Rooms(NamedTuple):
    doors: Doors
    plugins: Plugins
    accounts: Accounts
    sign_on: SingleSignOn | None
    vault: Vault
    envelopes: Envelopes
    set_keys: marketplace_routes.SetKeys
    marketplace: Marketplace
    workbooks: Workbooks
    sharing: Sharing
    fetcher: Fetcher
    hub: Hub
    verifying: Verifying
    health: HealthWatch
    activity: ActivityStore
    spent: SecretUses


def load_plugins(settings: Settings, workers: Workers) -> Plugins:
    """The shipped plugins, and the operator's in processes of their own, unless the operator vouches for them."""
    folders = [shipped_folder(), *settings.plugins_dir]
    if not settings.isolates_plugins:
        return Plugins.load(folders, is_builtin)
    return Plugins.load(folders, is_builtin, Isolating(workers, folders[0], settings.trusted_plugins))


@asynccontextmanager
async def assemble(settings: Settings, urls: DatabaseUrls, *, may_make_key: bool) -> AsyncGenerator[Server]:
    """A server that stands, for as long as the context lasts."""
    async with AsyncExitStack() as closing:
        doors = Doors(urls.user, urls.service)
        await doors.open()
        closing.push_async_callback(doors.close)
        workers = closing.enter_context(contextlib.closing(Workers(Forks())))
        workers.open()
        plugins = load_plugins(settings, workers)
        http = IssuerHttp(await closing.enter_async_context(new_session()))
        rooms = _rooms(settings, doors, http, plugins, workers, may_make_key=may_make_key)
        closing.push_async_callback(rooms.spent.write)
        closing.push_async_callback(rooms.health.settle)
        closing.push_async_callback(_note_uses, rooms.accounts.api_keys)
        closing.push_async_callback(rooms.fetcher.aclose)
        closing.push_async_callback(rooms.hub.close_all)
        if settings.saas and (status := await rooms.vault.status()).locked:
            log.error("The vault is locked: nothing can be stored or opened. %s", status.reason)
        await _listen(rooms, urls, closing)
        _repeat(REVIVAL_SECONDS, partial(_revive, urls), closing)
        _repeat(IDLE_SECONDS, rooms.hub.close_idle, closing)
        _repeat(NOTE_USES_SECONDS, rooms.accounts.api_keys.note_uses, closing)
        _repeat(ACTIVITY_SECONDS, rooms.spent.write, closing)
        _repeat(FORGETTING_SECONDS, rooms.vault.forget_old, closing)
        _repeat(REFRESH_SECONDS, rooms.hub.ask_on_time, closing)
        _repeat(SWEEP_SECONDS, rooms.fetcher.sweep, closing)
        _repeat(ANNOUNCE_SECONDS, rooms.fetcher.announce, closing)
        user = None if settings.saas else await rooms.accounts.ensure_local_user()
        app = create_app(_guard(settings, rooms, user), _routers(settings, rooms), is_https=is_https(settings))
        yield Server(app, rooms.accounts, rooms.workbooks, rooms.sharing, rooms.hub, rooms.spent)


async def _note_uses(keys: ApiKeys) -> None:
    """At the end. Where the database has gone first, a minute of uses is not worth an error."""
    with suppress(StorageUnavailable):
        await keys.note_uses()


async def _listen(rooms: _Rooms, urls: DatabaseUrls, closing: AsyncExitStack) -> None:
    notices = Notices(rooms.hub)
    closing.push_async_callback(notices.close)
    listener = Listener(urls.service)
    notices.subscribe(listener)
    listener.subscribe("answers", hearing(rooms.fetcher.heard))
    listener.subscribe("limits", hearing_limits(rooms.fetcher.heard_limits))
    listener.subscribe("askers", hearing_askers(rooms.fetcher.heard_asker))
    listener.on_resync(lambda: rooms.fetcher.heard_limits(()))
    await listener.open()
    closing.push_async_callback(listener.close)
    await rooms.fetcher.meet()


def _repeat(seconds: float, work: Callable[[], Awaitable[None]], closing: AsyncExitStack) -> None:
    """Do something every so often until everything closes."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception:  # the next time may succeed
                log.exception("What is done every %g seconds failed", seconds)

    closing.callback(asyncio.create_task(repeat()).cancel)


async def _revive(urls: DatabaseUrls) -> None:
    """In the event loop's thread, which is the main one: the database ends with the thread that launched it."""
    if urls.revive():
        log.error("The embedded PostgreSQL had ended, and was launched again.")


def _rooms(
    settings: Settings,
    doors: Doors,
    http: IssuerHttp,
    plugins: Plugins,
    workers: Workers,
    *,
    may_make_key: bool,
) -> _Rooms:
    ring = find_ring(settings, may_make=may_make_key)
    secrets = PostgresSecretStore(doors)
    vault, uses, health = Vault(secrets, ring), PostgresUses(doors), HealthWatch(plugins, secrets)
    activity = PostgresActivity(doors)
    spent = SecretUses(activity)

    def observe(ref: ConnectionRef, outcome: Outcome) -> None:
        health.observe(ref, outcome)
        spent.observe(ref, outcome)

    sealed = SealedConnections(secrets, ring, plugins)
    connections: Connections = sealed
    set_keys = vault.get_all_set_keys
    if not settings.saas:
        connections = environment = EnvironmentConnections(os.environ, plugins)
        set_keys = environment.get_all_set_keys
        forget_variables(plugin.manifest.variable(key) for plugin in plugins for key in plugin.manifest.keys)
    fetcher = Fetcher(
        plugins,
        connections.open_connection,
        saas=settings.saas,
        egress_allow=_egress_allow(settings),
        upstreams=settings.upstreams,
        observe=observe,
        workers=workers,
        # In `oss` a connection is new at each start, since the environment may be: there is nothing to keep.
        days=PostgresDays(doors) if settings.saas else None,
        shared=PostgresAnswers(doors) if settings.saas else None,
        limits=PostgresLimits(doors) if settings.saas else None,
    )
    marketplace = Marketplace(PostgresMarketplace(doors), plugins)
    accounts = make_accounts(settings, doors, http)
    return _Rooms(
        doors,
        plugins,
        accounts,
        make_sign_on(settings, accounts, http),
        vault,
        Envelopes(ring, PostgresInvitations(doors)),
        set_keys,
        marketplace,
        Workbooks(PostgresWorkbooks(doors)),
        Sharing(PostgresSharing(doors), accept_email),
        fetcher,
        Hub(
            PostgresWorkbookLog(doors),
            uses,
            fetcher,
            connections.current_connections,
            marketplace,
            plugins,
            fetcher.forget,
        ),
        Verifying(plugins, vault, secrets, sealed, fetcher, uses, health, activity),
        health,
        activity,
        spent,
    )


def _egress_allow(settings: Settings) -> Collection[Any]:
    try:
        return parse_egress_allow(settings.egress_allow)
    except ValueError as error:
        raise BadSetting(f"GRIDOS_EGRESS_ALLOW: {error}") from None


def _guard(settings: Settings, rooms: _Rooms, local_user: User | None) -> Guard:
    cookie = account_routes.session_cookie(is_https=is_https(settings)).name
    if local_user is None:
        return Guard(rooms.accounts.identify, cookie)

    async def identify(_cookie: str | None, _authorization: str | None, _client: str) -> Caller:
        return Caller(local_user)

    named = urlsplit(settings.public_url or "").hostname or settings.host
    return Guard(identify, cookie, LOOPBACK_NAMES | {settings.host, named})


def _routers(settings: Settings, rooms: _Rooms) -> list[APIRouter]:
    registry: CollectorRegistry = make_registry(rooms.fetcher, lambda: rooms.hub.open_count)
    watch = service_routes.router(rooms.doors.is_ready, registry, _watcher(settings))
    security = security_txt_routes.router(settings.security_contact, settings.public_url)
    if not settings.saas:
        return [
            watch,
            security,
            account_routes.local_router(),
            marketplace_routes.router(rooms.marketplace, rooms.plugins, rooms.set_keys, rooms.hub),
            workbook_routes.router(rooms.workbooks, rooms.hub),
            live_routes.router(rooms.workbooks, rooms.hub),
        ]
    # Routes are tried from the first on, and some are asked for more often than others.
    return [
        watch,
        secret_routes.router(
            rooms.vault, rooms.envelopes, rooms.plugins, rooms.hub.connection_changed, rooms.verifying
        ),
        security,
        account_routes.router(rooms.accounts, is_https=is_https(settings)),
        oidc_routes.router(rooms.accounts, rooms.sign_on, is_https=is_https(settings)),
        api_key_routes.router(rooms.accounts.api_keys),
        activity_routes.router(rooms.activity),
        marketplace_routes.router(rooms.marketplace, rooms.plugins, rooms.set_keys, rooms.hub, rooms.verifying.states),
        # Before `/workbook/{workbook}`, which would take `shared-with-me` for an id.
        sharing_routes.router(rooms.workbooks, rooms.sharing, public_url(settings)),
        workbook_routes.router(rooms.workbooks, rooms.hub),
        live_routes.router(rooms.workbooks, rooms.hub),
    ]


def _watcher(settings: Settings) -> service_routes.IsWatcher:
    token = settings.metrics_token
    expected = f"Bearer {token.reveal()}".encode() if token else b""
    return lambda header: bool(expected) and hmac.compare_digest(header.encode(), expected)
