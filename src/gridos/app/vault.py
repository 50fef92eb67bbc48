"""`gridos vault …`."""

import sys

import click

from gridos.app.offline import with_doors
from gridos.app.root_key import find_ring
from gridos.db import Doors
from gridos.db.plugin_secrets import PostgresSecretStore
from gridos.plugin_secrets import Renewal, Rotation, Vault, new_key_line
from gridos.settings import Settings


def find_vault(settings: Settings, doors: Doors) -> Vault:
    """The vault as the server would open it."""
    # Looking must never make a key: a new one would lock out what is stored.
    return Vault(PostgresSecretStore(doors), find_ring(settings, may_make=False))


@click.command()
def status() -> None:
    """Say whether the root key opens what is stored. Exits with 1 when the vault is locked."""
    settings = Settings()
    found = with_doors(settings, lambda doors: find_vault(settings, doors).status())
    click.echo(f"The vault is locked. {found.reason}" if found.locked else "The vault is open.")
    if found.primary:
        click.echo(f"Primary root key: {found.primary}")
    for root_key, count in found.data_keys.items():
        click.echo(f"Data keys under {root_key}: {count}")
    sys.exit(found.locked)


@click.command("new-key")
def new_key() -> None:
    """Print a new root key, one line of a key file. Nothing is stored."""
    click.echo(new_key_line())


@click.command()
@click.option("--data-keys", is_flag=True, help="Also make a new data key for every user, and seal their values again.")
def rotate(*, data_keys: bool) -> None:
    """Let the first key of the ring wrap every data key. The server may keep working meanwhile."""
    settings = Settings()
    done, renewed = with_doors(settings, lambda doors: _rotate(find_vault(settings, doors), data_keys=data_keys))
    click.echo(f"Rewrapped {done.rewrapped} data keys.")
    if data_keys:
        click.echo(f"Renewed the data keys of {renewed.users} users and sealed {renewed.values} values again.")
    if done.unreadable:
        click.echo(f"{done.unreadable} data keys are damaged and were left as they are.", err=True)
    if renewed.unreadable:
        click.echo(f"{renewed.unreadable} values or data keys are damaged and were left as they are.", err=True)
    sys.exit(bool(done.unreadable or renewed.unreadable))


async def _rotate(vault: Vault, *, data_keys: bool) -> tuple[Rotation, Renewal]:
    return await vault.rotate(), await vault.renew_data_keys() if data_keys else Renewal()
