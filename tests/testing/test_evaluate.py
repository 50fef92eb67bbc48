"""The kit that authors test their plugins with."""

import json
from http import HTTPStatus
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from gridos.errors import BadPlugin, BadSecret
from gridos.plugins import shipped_folder
from gridos.testing import evaluate, upstream

MANIFEST: dict[str, Any] = {
    "name": "Notion",
    "secrets": [{"key": "TOKEN"}],
    "connection": {
        "base_url": "https://api.notion.com",
        "methods": ["GET", "POST"],
        "auth": [{"header": "Authorization", "value": "Bearer {TOKEN}"}],
    },
}

PLUGIN = """
    def register(kernel):
        @kernel.formula("NOTION_PAGE_COUNT")
        async def page_count(database: str) -> int:
            answer = await kernel.http.get_json(f"/v1/databases/{database}")
            return answer["page_count"]

        @kernel.formula("NOTION_ROWS")
        async def rows():
            return (await kernel.http.post_json("/v1/query", {"all": True}))["rows"]

        @kernel.formula("NOTION_TOKEN_LENGTH")
        def token_length():
            return len(kernel.get_secret("notion", "TOKEN"))
"""


@pytest.fixture
def notion(tmp_path: Path) -> Path:
    """A stranger's plugin with a connection."""
    folder = tmp_path / "notion"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "plugin.py").write_text(dedent(PLUGIN))
    return folder


def test_a_live_formula_gets_its_number(notion: Path, httpserver: HTTPServer) -> None:
    """The plugin's request reaches the local server with the secret on it, and the number reaches the cell."""
    httpserver.expect_request("/v1/databases/x", headers={"Authorization": "Bearer t-1"}).respond_with_json(
        {"page_count": 3}
    )
    address = httpserver.url_for("").rstrip("/")
    assert evaluate('=NOTION_PAGE_COUNT("x")', plugin=notion, secrets={"TOKEN": "t-1"}, upstream=address) == 3
    httpserver.check()


def test_formulas_around_it_work(notion: Path) -> None:
    """The whole formula is evaluated, also calls whose argument is another call's answer."""
    pages = {"/v1/databases/x": {"page_count": 3}, "/v1/databases/3": {"page_count": 40}}
    formula = '=NOTION_PAGE_COUNT(NOTION_PAGE_COUNT("x")) + 2'
    with upstream(pages) as address:
        assert evaluate(formula, plugin=notion, secrets={"TOKEN": "t"}, upstream=address) == 42


def test_several_cells_are_rows(notion: Path) -> None:
    """An answer that spills is given as its rows."""
    with upstream({"/v1/query": {"rows": [["a", 1], ["b", 2]]}}) as address:
        shown = evaluate("=NOTION_ROWS()", plugin=notion, secrets={"TOKEN": "t"}, upstream=address)
    assert shown == [["a", 1], ["b", 2]]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (HTTPStatus.UNAUTHORIZED, "#NOTION_AUTH!"),
        (HTTPStatus.FORBIDDEN, "#NOTION_FORBIDDEN!"),
        (HTTPStatus.TOO_MANY_REQUESTS, "#NOTION_429!"),
        (HTTPStatus.SERVICE_UNAVAILABLE, "#NOTION_503!"),
        ({"page_count": "#NOTION_EMPTY!"}, "#NOTION_EMPTY!"),
        ({}, "#NOTION_ERROR!"),
    ],
)
def test_trouble_is_the_errors_text(notion: Path, answer: object, code: str) -> None:
    """What goes wrong upstream or in the plugin is what the cell would say."""
    with upstream({"/v1/databases/x": answer}) as address:
        shown = evaluate('=NOTION_PAGE_COUNT("x")', plugin=notion, secrets={"TOKEN": "t"}, upstream=address)
    assert shown == code


def test_without_secrets_it_is_not_connected(notion: Path) -> None:
    """The cell tells the owner to configure the plugin; nothing is asked."""
    assert evaluate('=NOTION_PAGE_COUNT("x")', plugin=notion) == "#NOTION_AUTH!"


def test_without_an_upstream_nothing_is_reached(notion: Path) -> None:
    """A test never talks to the real service."""
    assert evaluate('=NOTION_PAGE_COUNT("x")', plugin=notion, secrets={"TOKEN": "t"}) == "#NOTION_OFFLINE!"


def test_a_synchronous_function_reads_its_secret(notion: Path) -> None:
    """Plugins with their own networking are evaluated too."""
    assert evaluate("=NOTION_TOKEN_LENGTH()", plugin=str(notion), secrets={"TOKEN": "12345"}) == 5


def test_the_environment_is_never_consulted(notion: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key on the author's own machine does not make a test pass."""
    monkeypatch.setenv("NOTION_TOKEN", "from-env")
    assert evaluate("=NOTION_TOKEN_LENGTH()", plugin=notion) == 0


async def test_it_works_inside_an_asynchronous_test(notion: Path) -> None:
    """A running event loop is no obstacle."""
    assert evaluate("=NOTION_TOKEN_LENGTH() * 2", plugin=notion, secrets={"TOKEN": "123"}) == 6


def test_pure_functions_need_nothing() -> None:
    """The shipped example is evaluated as it is; an omitted argument is the default."""
    hello = shipped_folder() / "hello_world"
    assert evaluate('=GREET("Ada")', plugin=hello) == "Hello, Ada!"
    assert evaluate("=GREET()", plugin=hello) == "Hello, world!"
    assert evaluate("=LEN(GREET())", plugin=hello) == 13


def test_secrets_are_accepted_as_in_the_settings_form(notion: Path) -> None:
    """An undeclared key and a value that the form refuses are refused here too."""
    for secrets in ({"PASSWORD": "x"}, {"TOKEN": "a\nb"}):
        with pytest.raises(BadSecret):
            evaluate("=1", plugin=notion, secrets=secrets)


def test_a_plugin_that_does_not_load_says_why(tmp_path: Path) -> None:
    """The author gets the sentence that the marketplace would show."""
    with pytest.raises(BadPlugin, match=r"notion2/manifest\.json is missing"):
        evaluate("=1", plugin=tmp_path / "notion2")
