"""What upstreams, plugins and colleagues write is text to everybody who looks at it."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Welcome
from tests.browser.visitor import Visitor
from tests.journeys.running import Process

EVIL = """<img src=x onerror="document.body.id='run'"><b>bold</b>"""

PLUGIN = f"""
def register(kernel):
    @kernel.formula("MARKUP")
    async def markup():
        return {EVIL!r}

    @kernel.formula("MARKUP_FAILS")
    async def fails():
        return "#" + {EVIL!r} + "!"
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A demo with a plugin whose every word is markup."""
    home = tmp_path_factory.mktemp("demo")
    write_plugin(home / "plugins/markup")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ("demo", "--port", str(port), "--data-dir", str(home / "data"))
    with Process(*arguments, log=home / "log", env={"GRIDOS_PLUGINS_DIR": str(home / "plugins")}) as process:
        yield process


def write_plugin(folder: Path) -> None:
    """Its manifest and its code."""
    folder.mkdir(parents=True)
    words = dict.fromkeys(("name", "description", "category", "author", "version"), EVIL)
    slot = {"key": "KEY", "label": EVIL, "placeholder": EVIL, "help": EVIL, "obtain_label": EVIL}
    function = {"name": "MARKUP", "description": EVIL, "example": EVIL}
    (folder / "manifest.json").write_text(json.dumps(words | {"secrets": [slot], "functions": [function]}))
    (folder / "plugin.py").write_text(PLUGIN)


async def test_markup_is_text(welcome: Welcome) -> None:
    """In cells, errors, titles, names of sheets, tables, lists and forms it stands there as it was written."""
    ada = await (await welcome("ada")).sign_in()
    sheet = {"op": "add_sheet", "name": "<b>bold<b>"}
    inputs = {"A1": EVIL, "B1": "=MARKUP()", "C1": "=MARKUP_FAILS()", "A2": f"'{EVIL}", "B2": "=A1&B1"}
    edits = [{"op": "set", "cell": cell, "input": text} for cell, text in inputs.items()]
    await ada.open_new(EVIL, sheet, *edits)
    await ada.reads("A1", EVIL)
    await ada.reads("B1", EVIL)
    await look_for_markup(ada)
    await ada.hover("C1")
    await ada.page.get_by_role("button", name="Table view").click()
    await expect(ada.page.get_by_role("gridcell", name=EVIL, exact=True).first).to_be_visible()
    await look_for_markup(ada)
    await ada.page.goto(f"{ada.url}/marketplace")
    await ada.page.get_by_role("button", name=f"Configure {EVIL}").click()
    await expect(ada.page.get_by_role("dialog")).to_be_visible()
    await look_for_markup(ada)
    await ada.page.goto(ada.url)
    await expect(ada.page.get_by_role("link", name=EVIL)).to_be_visible()
    await look_for_markup(ada)


async def look_for_markup(visitor: Visitor) -> None:
    """No element was made of it, and nothing in it ran."""
    await expect(visitor.page.locator("img[src=x]")).to_have_count(0)
    assert await visitor.page.evaluate("document.body.id") != "run"
