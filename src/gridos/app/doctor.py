"""`gridos doctor`: what is wrong with this installation, and what to do about it."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import click

from gridos.accounts import Provider, ProviderClient
from gridos.accounts.oauth import metadata_url
from gridos.app.accounts import find_client
from gridos.app.assembling import LOOPBACK_NAMES, load_plugins
from gridos.app.database import DatabaseUrls, reach_database
from gridos.app.issuers import IssuerHttp, new_session
from gridos.app.offline import through_doors
from gridos.app.vault import find_vault
from gridos.errors import GridOSError, Unavailable
from gridos.isolation import Forks, Workers
from gridos.settings import Settings

SHORTEST_JWT_SECRET = 32  # bytes: RFC 7518, section 3.2, for HS256

Findings = Iterator[tuple[bool, str]]
"""Whether it must be mended, and what it is."""


def run(settings: Settings) -> int:
    """Print every finding, and give the exit code: 1 when something must be mended."""
    faults = 0
    for is_fault, sentence in _findings(settings):
        click.echo(f"{'✗' if is_fault else '✓'} {sentence}")
        faults += is_fault
    return int(bool(faults))


def _findings(settings: Settings) -> Findings:
    yield False, f"Mode: {settings.mode}."
    yield from _signing_in(settings)
    for look in (_database, _plugins):
        try:
            yield from look(settings)
        except GridOSError as error:
            yield True, str(error)


def _signing_in(settings: Settings) -> Findings:
    secret = settings.jwt_secret
    if not settings.saas:
        if settings.host not in LOOPBACK_NAMES:
            yield True, f"Single-user mode listens on {settings.host}, where anybody may use it. Set GRIDOS_MODE=saas."
        return
    if secret and len(secret.reveal().encode()) < SHORTEST_JWT_SECRET:
        yield (
            True,
            f"GRIDOS_JWT_SECRET is shorter than {SHORTEST_JWT_SECRET} bytes: it can be guessed. Use a longer one.",
        )
    if settings.public_url is None:
        yield False, "GRIDOS_PUBLIC_URL is not set: links say this machine's address, and cookies are not Secure."
    if client := find_client(settings):
        yield from _single_sign_on(client)


def _single_sign_on(client: ProviderClient) -> Findings:
    yield False, f"Single sign-on: register {client.redirect_uri} as redirect address of the client {client.client_id}."
    address = metadata_url(client.issuer)
    try:
        asyncio.run(_check_provider(client))
    except Unavailable:
        yield True, f"{address} does not answer in JSON. Check GRIDOS_OIDC_ISSUER, and that this machine reaches it."
    except ValueError as trouble:
        yield True, f"What {address} answers cannot be used: {trouble}"
    else:
        yield False, f"{client.issuer} answers, and is whom GRIDOS_OIDC_ISSUER names."


async def _check_provider(client: ProviderClient) -> None:
    async with new_session() as session:
        await Provider(client, IssuerHttp(session)).check()


def _database(settings: Settings) -> Findings:
    with reach_database(settings) as urls:
        vault = through_doors(urls, lambda doors: find_vault(settings, doors).status())
        yield False, f"The database answers ({'yours' if settings.database_url else 'embedded'})."
        yield from _doors(urls)
        if settings.saas:
            yield vault.locked, vault.reason or "The root key opens what is stored."


def _doors(urls: DatabaseUrls) -> Findings:
    if urls.is_shared:
        yield (
            False,
            "Both doors share one database login. Set GRIDOS_DATABASE_USER_URL and GRIDOS_DATABASE_SERVICE_URL to two.",
        )


def _plugins(settings: Settings) -> Findings:
    with closing(Workers(Forks())) as workers:
        plugins = load_plugins(settings, workers)
    for plugin in plugins:
        yield not plugin.loaded, f"Plugin {plugin.slug}: {plugin.error or 'loads'}."
