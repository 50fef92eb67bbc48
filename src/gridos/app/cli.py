"""The `gridos` command."""

import sys
from pathlib import Path
from typing import Any, Never

import click
from pydantic import ValidationError

from gridos.app import demo as demonstration
from gridos.app import doctor as diagnosis
from gridos.app import plugins as plugin_commands
from gridos.app import users as user_commands
from gridos.app import vault as vault_commands
from gridos.app.database import open_database
from gridos.app.serving import serve as run_server
from gridos.errors import GridOSError
from gridos.sandbox import ORDERS
from gridos.settings import Settings


class Group(click.Group):
    """Says what went wrong in one sentence, and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except GridOSError as error:
            _stop(str(error))
        except ValidationError as error:
            _stop(*(_sentence(fault["loc"], fault["msg"]) for fault in error.errors(include_input=False)))
        except OSError as error:
            _stop(f"{error.filename or 'GridOS'}: {error.strerror}")


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    name = str(location[0]).upper().removeprefix("GRIDOS_") if location else ""
    return f"GRIDOS_{name}: {message}" if name else message


def _stop(*sentences: str) -> Never:
    for sentence in sentences:
        click.echo(f"gridos: {sentence.removesuffix('.')}.", err=True)
    sys.exit(1)


@click.group(cls=Group)
@click.version_option(package_name="gridos", prog_name="gridos")
def main() -> None:
    """A self-hosted spreadsheet whose cells call your services."""


@main.command()
def serve() -> None:
    """Run the server. Settings come from the environment (docs/settings.md)."""
    run_server(Settings())


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on (default 8000).")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the demo keeps its database.")
def demo(port: int | None, data_dir: Path | None) -> None:
    """Run a server with two users, a shared workbook and invented upstream data."""
    demonstration.run(port, data_dir)


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8100, show_default=True)
@click.option(
    "--orders",
    type=click.IntRange(0, 1_000_000),
    default=ORDERS,
    show_default=True,
    help="How many orders, charges and customers the large accounts have.",
)
def sandbox(port: int, orders: int) -> None:
    """Run the stand-in upstreams alone. All of their data is invented."""
    demonstration.run_stand_ins(port, orders)


@main.command()
def migrate() -> None:
    """Bring the database up to this program's schema."""
    with open_database(Settings()):
        click.echo("The database is up to date.")


@main.group()
def vault() -> None:
    """The keys that keep stored secrets sealed."""


vault.add_command(vault_commands.status)
vault.add_command(vault_commands.new_key)
vault.add_command(vault_commands.rotate)


@main.group()
def plugins() -> None:
    """List, check and begin plugins."""


plugins.add_command(plugin_commands.list_plugins)
plugins.add_command(plugin_commands.check)
plugins.add_command(plugin_commands.new)


@main.group()
def users() -> None:
    """Accounts of a multi-user server."""


users.add_command(user_commands.list_users)
users.add_command(user_commands.create)
users.add_command(user_commands.set_password)
users.add_command(user_commands.disable)


@main.command()
def doctor() -> None:
    """Check this installation, and say what to do about what is wrong."""
    sys.exit(diagnosis.run(Settings()))
