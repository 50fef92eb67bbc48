"""The documentation names everything there is, and nothing that is not."""

import ast
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import click
import httpx2
import pytest
from fastapi import FastAPI
from pydantic import AliasChoices

from gridos.app.assembling import assemble
from gridos.app.cli import main
from gridos.app.database import DatabaseUrls
from gridos.fetching import failures
from gridos.formulas import is_builtin
from gridos.formulas.crossing import CODES
from gridos.plugins import Plugins, shipped_folder
from gridos.plugins.loading import load_alone
from gridos.plugins.manifest import parse_manifest
from gridos.settings import Settings
from tests.conftest import Database

ROOT = Path(__file__).parents[1]
GUIDE = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [*GUIDE, *sorted(ROOT.glob("*.md"))]
BASES = (ROOT, ROOT / "src/gridos", ROOT / "plugins/hello_world")


def text_of(page: Path) -> str:
    """A page's text."""
    return page.read_text(encoding="utf-8")


def docs(name: str) -> str:
    """A page of the guide."""
    return text_of(ROOT / "docs" / name)


EVERYTHING = "\n".join(map(text_of, GUIDE))


def each_page() -> pytest.MarkDecorator:
    """The same test for every page."""
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text_of(page), re.DOTALL | re.MULTILINE)


def prose_of(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", text_of(page), flags=re.DOTALL | re.MULTILINE)


# What there is, is documented


def settings() -> set[str]:
    """Every variable that is read as a setting."""
    names = {"SAAS_MODE"}
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        names |= {str(one) for one in alias.choices} if isinstance(alias, AliasChoices) else {f"GRIDOS_{name.upper()}"}
    return names


@pytest.mark.parametrize("name", sorted(settings()))
def test_every_setting_is_documented(name: str) -> None:
    """A setting stands on the settings page."""
    assert f"`{name}`" in docs("settings.md") or f"`{name}=" in docs("settings.md")


def test_no_other_setting_is_documented() -> None:
    """No page tells anybody to set what nothing reads."""
    named = {name for page in PAGES for name in re.findall(r"\bGRIDOS_[A-Z0-9_]+\b", text_of(page))}
    beside = [ROOT / "hatch_build.py", ROOT / "ui" / "vite.config.ts", *(ROOT / "tests" / "browser").glob("*.py")]
    developers = {name for file in beside for name in re.findall(r"\bGRIDOS_[A-Z_]+", text_of(file))}
    assert named - settings() - developers == set()


def defaults() -> Iterator[tuple[str, str]]:
    """The settings whose default is one plain value, with that value."""
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str | int) and field.default != "":
            yield f"GRIDOS_{name.upper()}", str(field.default)


@pytest.mark.parametrize(("name", "default"), [*defaults()])
def test_every_default_is_the_real_one(name: str, default: str) -> None:
    """The settings page states the default that the program has."""
    assert f"| `{name}` | `{default}` |" in docs("settings.md")


@pytest.fixture
async def app(database: Database, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """The application of a multi-user server, with every route there is."""
    urls = DatabaseUrls(database.migrator, database.user, database.service)
    async with assemble(Settings(mode="saas", data_dir=tmp_path), urls, may_make_key=True) as server:
        yield server.app


def nameless(route: str) -> str:
    """A route without the names of its parameters."""
    return re.sub(r"\{\w+\}", "{}", route)


def documented_routes() -> set[str]:
    """Every `GET /path` on the API's page."""
    return {nameless(route) for route in re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`\s]*)`", docs("api.md"))}


async def test_every_route_is_documented(app: FastAPI) -> None:
    """The API's page names the routes there are, and no other."""
    paths = app.openapi()["paths"]
    routes = {nameless(f"{method.upper()} {path}") for path, methods in paths.items() for method in methods}
    assert documented_routes() == routes | {"GET /docs", "GET /openapi.json"}


async def test_every_metric_is_documented(app: FastAPI) -> None:
    """The page on operating names every metric of ours."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost") as client:
        shown = (await client.get("/metrics")).text
    metrics = set(re.findall(r"^# TYPE (gridos_\w+)", shown, re.MULTILINE))
    assert metrics
    assert metrics == set(re.findall(r"`(gridos_\w+)`", docs("operating.md")))


def functions() -> list[str]:
    """Every function of a shipped plugin."""
    return sorted(Plugins.load([shipped_folder()], is_builtin).functions)


@pytest.mark.parametrize("name", functions())
def test_every_function_is_documented(name: str) -> None:
    """A shipped function stands in the guide with its arguments, and on the page of formulas."""
    assert re.search(rf"`{name}\(", docs("formulas.md"))


def commands(group: click.Group = main, names: tuple[str, ...] = ("gridos",)) -> Iterator[tuple[str, click.Command]]:
    """Every command, as it is typed."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*names, name))
        else:
            yield " ".join((*names, name)), command


@pytest.mark.parametrize(("typed", "command"), [*commands()])
def test_every_command_is_documented(typed: str, command: click.Command) -> None:
    """A command stands on the settings page, with its arguments and options."""
    table = docs("settings.md").partition("## Commands")[2].partition("## ")[0]
    (row,) = [row for row in table.splitlines() if re.match(rf"\|.*`{typed}[ `].*\|.*\|$", row)]
    for parameter in command.params:
        is_option = isinstance(parameter, click.Option)
        assert (parameter.opts[0] if is_option else parameter.make_metavar(click.Context(command))) in row


def words() -> set[str]:
    """The words of the errors that every plugin has: `AUTH` for `#STRIPE_AUTH!`."""
    calls = [node for node in ast.walk(ast.parse(Path(failures.__file__).read_bytes())) if isinstance(node, ast.Call)]
    first = [call.args[0] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "error"]
    parts = [
        part
        for argument in first
        for part in ([argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument])
    ]
    return {str(part.value) for part in parts if isinstance(part, ast.Constant)}


def codes() -> set[str]:
    """Every error text that the program itself can show."""
    sources = [*(ROOT / "src/gridos").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    found = {code for source in sources for code in re.findall(r'"(#[A-Z][A-Z0-9_/]*[!?])"', text_of(source))}
    # What every plugin has is documented once for all. `#NOT_INSTALLED` is the one text without an ending.
    common = "|".join(words())
    found = {re.sub(rf"#[A-Z]+_({common})!", r"#<PLUGIN>_\1!", code) for code in found}
    found = {re.sub(r"#[A-Z]+_[0-9]{3}!", "#<PLUGIN>_<status>!", code) for code in found}
    return found | set(CODES.values()) | {f"#<PLUGIN>_{word}!" for word in words()} | {"#NOT_INSTALLED"}


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_error_is_documented(code: str) -> None:
    """What a cell can show instead of a number is explained on the page of formulas."""
    assert f"`{code}`" in docs("formulas.md")


# What is documented, is there


def anchors(page: Path) -> set[str]:
    """The places of a page that a link can lead to: its headings, as web pages name them."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page()
def test_links_lead_somewhere(page: Path) -> None:
    """A link between pages finds its page, and its place on it."""
    for link in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@each_page()
def test_files_are_there(page: Path) -> None:
    """A name in backticks that looks like a file of the repository is one."""
    for name in re.findall(r"`([\w./-]+)`", prose_of(page)):
        if re.match(r"(src|tests|docs|plugins|bench|ui)/", name) or re.search(r"\.(py|md|toml|sql)$", name):
            assert any((base / name).exists() for base in BASES), name


@each_page()
def test_json_is_json(page: Path) -> None:
    """A block of JSON can be copied as it stands."""
    for block in blocks(page, "json"):
        json.loads(block)


@each_page()
def test_python_is_python(page: Path) -> None:
    """A block of Python compiles."""
    for block in blocks(page, "python"):
        compile(block, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)


def test_the_guides_plugins_load(tmp_path: Path) -> None:
    """A plugin in the guide loads as it stands, and the guide's manifest is accepted."""
    page = ROOT / "docs/plugins.md"
    plugins = [block for block in blocks(page, "python") if "def register" in block]
    assert plugins
    for number, block in enumerate(plugins):
        folder = tmp_path / f"plugin_{number}"
        folder.mkdir()
        (folder / "manifest.json").write_text("{}")
        (folder / "plugin.py").write_text(block)
        assert load_alone(folder, is_builtin).functions
    (manifest,) = blocks(page, "json")
    assert parse_manifest("plausible", manifest.encode()).connection


def test_every_page_can_be_found() -> None:
    """The guide's map leads to every page, and the list of decisions to every decision."""
    for folder in (ROOT / "docs", ROOT / "docs/decisions"):
        linked = set(re.findall(r"\]\(([\w.-]+\.md)\)", text_of(folder / "index.md")))
        assert {page.name for page in folder.glob("*.md")} - {"index.md"} <= linked


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("0*.md")), ids=lambda page: page.stem)
def test_every_decision_says_why(page: Path) -> None:
    """A decision gives its context, its consequences and what else there was."""
    headings = re.findall(r"^## (.+)$", text_of(page), re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
