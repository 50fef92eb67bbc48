"""`gridos plugins …`."""

import sys
from contextlib import closing
from pathlib import Path

import click

from gridos.app.assembling import load_plugins
from gridos.formulas import is_builtin
from gridos.isolation import Forks, Workers
from gridos.plugins import Plugin
from gridos.plugins.checking import check as find_problems
from gridos.plugins.scaffolding import scaffold
from gridos.settings import Settings


@click.command("list")
def list_plugins() -> None:
    """List the plugins this server would load, and what is wrong with those it would not."""
    with closing(Workers(Forks())) as workers:
        plugins = load_plugins(Settings(), workers)
    for plugin in plugins:
        click.echo(f"{plugin.slug}: {plugin.error or ', '.join(_offered(plugin)) or 'nothing'}")


def _offered(plugin: Plugin) -> list[str]:
    return [
        *sorted(plugin.functions),
        *(f"agent {agent['id']}" for agent in plugin.agents),
        *(f"model {model['id']}" for model in plugin.models),
    ]


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(path: Path) -> None:
    """Check a plugin's folder. Exits with 1 when something is wrong."""
    problems = find_problems(path, is_builtin)
    for problem in problems:
        click.echo(problem)
    if not problems:
        click.echo("Nothing to complain about.")
    sys.exit(bool(problems))


@click.command()
@click.argument("slug")
def new(slug: str) -> None:
    """Begin a plugin in a new folder here, with a test that passes."""
    folder = scaffold(slug, Path.cwd())
    click.echo(f"Made {folder.name}/. Edit plugin.py, then run `gridos plugins check {folder.name}`.")
