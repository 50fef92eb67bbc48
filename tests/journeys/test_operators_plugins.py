"""Plugins the operator put beside the shipped ones: broken, greedy, old-fashioned, plain."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridos.plugin_secrets import new_key_line
from tests.journeys.conftest import NewDatabase
from tests.journeys.issuing import JWT_SECRET, bearer, newcomer
from tests.journeys.running import Person, Process

PLUGINS = Path(__file__).with_name("plugins")
TOKEN = "a-value-of-no-known-shape-4711"


@pytest.fixture(scope="module", params=["process", "inprocess"])
def isolation(request: pytest.FixtureRequest) -> str:
    """Whether these plugins have processes of their own: nobody sees a difference."""
    return request.param


@pytest.fixture(scope="module")
def server(home: Path, new_database: NewDatabase, isolation: str) -> Iterator[Process]:
    """A server for many users with the plugins beside this file, one of which it cannot even read."""
    unreadable = home / "extra/unreadable"
    unreadable.mkdir(parents=True, exist_ok=True)
    (unreadable / "manifest.json").write_bytes(b"\xff{")
    (unreadable / "plugin.py").write_text("def register(kernel): pass\n")
    with new_database() as database:
        env = {
            **database,
            "GRIDOS_MODE": "saas",
            "GRIDOS_LOG_LEVEL": "debug",
            "GRIDOS_JWT_SECRET": JWT_SECRET,
            "GRIDOS_ROOT_KEY": new_key_line(),
            "GRIDOS_PLUGINS_DIR": f"{PLUGINS}:{home / 'extra'}",
            "GRIDOS_PLUGIN_ISOLATION": isolation,
        }
        with Process("serve", log=home / "log", env=env) as process:
            yield process


def shown(person: Person, formula: str) -> object:
    """What a formula shows in a new workbook of this person's."""
    workbook = person.post("/workbooks", {"title": "Mine"})["id"]
    person.type(workbook, "A1", formula)
    return person.read(workbook, "A1")["value"]


def test_the_list_says_what_is_wrong(server: Process) -> None:
    """A plugin that cannot be loaded is listed with a sentence and without formulas; the others work."""
    listed = {plugin["slug"]: plugin for plugin in newcomer(server).get("/marketplace/list")["plugins"]}
    broken = {slug for slug, plugin in listed.items() if not plugin["loaded"]}
    assert broken == {"unreadable", "raises_at_import", "raises_in_register", "wants_sum"}
    for slug in broken:
        assert listed[slug]["error"].endswith(".")
        assert "Traceback" not in listed[slug]["error"]
        assert listed[slug]["formulas"] == []
    assert "SUM is a built-in function" in listed["wants_sum"]["error"]
    assert {"stripe", "hello_world", "remembers", "talks", "plain"} <= listed.keys() - broken


def test_what_works_beside_broken_plugins(server: Process) -> None:
    """Built-ins stay what they are, and a plugin's pure formula is one of them."""
    ada = newcomer(server)
    assert shown(ada, "=SUM(1,2)") == 3
    assert shown(ada, '=TWICE("ab")') == "abab"
    assert shown(ada, "=TWICE(21)") == 42
    assert shown(ada, "=WANTS()") == "#NAME?"
    assert shown(ada, '=IFERROR(PLAIN_RAISES(),"caught")') == "caught"
    assert shown(ada, "=SUM(1,2)") == 3


def test_a_plugins_cache_is_not_shared(server: Process) -> None:
    """A plugin that keeps its answer in a global shows each owner their own, also after a change of the secret."""
    ada, ben = newcomer(server), newcomer(server, "ben")
    for person, number in ((ada, "1"), (ben, "2")):
        person.put("/settings/plugin-secrets/remembers", {"secrets": {"NUMBER": number}})
        assert shown(person, "=REMEMBERED()") == number
    assert shown(ada, "=REMEMBERED()") == "1"
    ada.put("/settings/plugin-secrets/remembers", {"secrets": {"NUMBER": "3"}})
    assert shown(ada, "=REMEMBERED()") == "3"
    assert shown(ben, "=REMEMBERED()") == "2"


def test_a_plugin_that_talks_tells_nobody(server: Process, isolation: str) -> None:
    """What a plugin prints, logs, raises or returns of its secret reaches neither the log nor a cell."""
    ada = server.person(**bearer("ada"))
    ada.put("/settings/plugin-secrets/talks", {"secrets": {"TOKEN": TOKEN}})
    assert shown(ada, "=TALKS_PRINTS()") == "printed"
    assert shown(ada, "=TALKS_LATER()") == "printed later"
    assert shown(ada, "=TALKS_LOGS()") == "logged"
    assert shown(ada, "=TALKS_FORGETS()") == "forgotten"
    assert shown(ada, "=TALKS_RAISES()") == "#TALKS_ERROR!"
    assert shown(ada, "=TALKS_RETURNS()") == "#BLOCKED!"
    ada.request("GET", f"/workbook/{TOKEN}/nowhere", headers={"host": TOKEN})
    for path in ("/metrics", "/openapi.json", "/docs", "/marketplace/list", "/settings/plugin-secrets/talks"):
        ada.request("GET", path)
    log = server.log.read_text()
    assert ("A plugin printed something." in log) == (isolation == "inprocess")
    for place in (log.replace(f"/workbook/{TOKEN}/nowhere", ""), *ada.answers):
        assert TOKEN not in place
        assert TOKEN[::-1] not in place
