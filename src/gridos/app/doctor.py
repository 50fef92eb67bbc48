"""`gridos doctor`: what is wrong with this installation, and what to do about it."""

from collections.abc import Iterator
from contextlib import ExitStack

import click

from gridos.app.assembling import load_plugins
from gridos.app.database import DatabaseUrls, reach_database
from gridos.app.root_key import find_ring
from gridos.errors import GridOSError
from gridos.settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def run(settings: Settings) -> int:
    """Print every finding, and give the exit code: 1 when something must be mended."""
    faults = 0
    for is_fault, sentence in _findings(settings):
        click.echo(f"{'✗' if is_fault else '✓'} {sentence}")
        faults += is_fault
    return int(bool(faults))


def _findings(settings: Settings) -> Iterator[tuple[bool, str]]:
    yield False, f"Mode: {settings.mode}."
    yield from _database(settings)
    if settings.saas:
        yield from _multi_user(settings)
    elif settings.host not in LOOPBACK:
        yield True, f"Single-user mode listens on {settings.host}, where anybody may use it. Set GRIDOS_MODE=saas."
    for plugin in load_plugins(settings):
        yield not plugin.loaded, f"Plugin {plugin.slug}: {plugin.error or 'loads'}."


def _database(settings: Settings) -> Iterator[tuple[bool, str]]:
    with ExitStack() as closing:
        try:
            urls = closing.enter_context(reach_database(settings))
        except GridOSError as error:
            yield True, str(error)
            return
        yield False, f"The database answers ({'yours' if settings.database_url else 'embedded'})."
        yield from _doors(urls)


def _doors(urls: DatabaseUrls) -> Iterator[tuple[bool, str]]:
    if urls.is_shared:
        yield (
            False,
            "Both doors share one database login. Set GRIDOS_DATABASE_USER_URL and GRIDOS_DATABASE_SERVICE_URL to two.",
        )


def _multi_user(settings: Settings) -> Iterator[tuple[bool, str]]:
    ring = find_ring(settings, may_make=False)
    yield ring.primary is None, ring.why_empty or "The root key is readable."
    if settings.public_url is None:
        yield False, "GRIDOS_PUBLIC_URL is not set: links say this machine's address, and cookies are not Secure."
