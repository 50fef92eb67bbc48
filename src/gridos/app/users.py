"""`gridos users …`."""

import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from gridos.accounts import Accounts, ApiKeys, Passwords, Sessions
from gridos.app.offline import with_doors
from gridos.db import Doors
from gridos.db.accounts import PostgresAccounts
from gridos.db.api_keys import PostgresApiKeys
from gridos.settings import Settings

T = TypeVar("T")


def _with_accounts(work: Callable[[Accounts], Awaitable[T]]) -> T:
    def run(doors: Doors) -> Awaitable[T]:
        store, keys = PostgresAccounts(doors), ApiKeys(PostgresApiKeys(doors))
        return work(Accounts(store, passwords=Passwords(), sessions=Sessions(store), api_keys=keys))

    return with_doors(Settings(), run)


def _ask_password() -> str:
    """Asked for twice at a keyboard, else the first line of standard input. An argument could be seen by others."""
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return sys.stdin.readline().rstrip("\n")


@click.command("list")
def list_users() -> None:
    """List every account."""
    for account in _with_accounts(lambda accounts: accounts.list_users()):
        click.echo(f"{account.user.id}  {account.user.email}{'  (disabled)' if account.is_disabled else ''}")


@click.command()
@click.argument("email")
def create(email: str) -> None:
    """Create an account, whatever GRIDOS_SIGN_UP says. The password is asked for, or read from standard input."""
    password = _ask_password()
    user = _with_accounts(lambda accounts: accounts.create_user(email, password))
    click.echo(f"Created {user.email}.")


@click.command("set-password")
@click.argument("email")
def set_password(email: str) -> None:
    """Give an account a new password, asked for or read from standard input, and end its sessions."""
    password = _ask_password()
    _with_accounts(lambda accounts: accounts.set_password(email, password))
    click.echo("The password is set, and all sessions have ended.")


@click.command()
@click.argument("email")
def disable(email: str) -> None:
    """Keep somebody out from now on."""
    _with_accounts(lambda accounts: accounts.disable(email))
    click.echo("The account is disabled.")
