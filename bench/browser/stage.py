"""The stage: a server with its upstream, a browser, and somebody signed in with a workbook open."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

from bench.plugin import write_plugins
from bench.processes import running
from gridos.plugin_secrets.key_ring import new_key_line
from tests.browser.conftest import SWITCHES
from tests.browser.finding import find_browser
from tests.browser.visitor import COLUMN_HEADER, COLUMN_WIDTH, PATIENCE, ROW_HEADER, ROW_HEIGHT

_WATCHING = Path(__file__).with_name("watching.js").read_text("utf-8")
_SCREEN = 1280, 720
CANVAS = "canvas[id^=univer-sheet-main]"
SHEET = "Sheet1"


@dataclass(frozen=True)
class Stage:
    """`client` is signed in; each page is a browser profile of its own, with nothing in its cache."""

    url: str
    client: httpx2.Client
    browser: Browser

    def workbook(self, edits: Sequence[Mapping[str, str | int]] = ()) -> str:
        """A new workbook that holds something."""
        workbook = self._posted("/workbooks", {"title": "Measured"})["id"]
        if edits:
            self.edit(workbook, edits)
        return workbook

    def edit(self, workbook: str, edits: Sequence[Mapping[str, str | int]]) -> None:
        """Edit as somebody else would, not through the browser."""
        self._posted(f"/workbook/{workbook}/edits", {"edits": list(edits)})

    def _posted(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.post(path, json=body).raise_for_status().json()

    @contextmanager
    def page(self, path: str, *, signed_in: bool = True) -> Generator[Page]:
        """A page on its way to an address, watched from its first script on."""
        width, height = _SCREEN
        with self.browser.new_context(viewport={"width": width, "height": height}) as context:
            context.set_default_timeout(PATIENCE)
            if signed_in:
                context.add_cookies([{"name": "gridos", "value": self.client.cookies["gridos"], "url": self.url}])
            context.add_init_script(_WATCHING)
            page = context.new_page()
            page.goto(f"{self.url}{path}", wait_until="commit")
            yield page

    @contextmanager
    def grid(self, workbook: str, shown: str) -> Generator[Page]:
        """A workbook's page, once a text is painted and the page has come to rest."""
        with self.page(f"/w/{workbook}") as page:
            wait_for_text(page, shown)
            page.wait_for_load_state("networkidle")
            yield page


def wait_for_text(page: Page, text: str) -> None:
    """Until a frame with this text is done."""
    page.wait_for_function("text => watched.painted.has(text)", arg=text)


def select(page: Page, column: int, row: int) -> None:
    """Click a cell of the first screen, both counted from 0, and wait for the page's answer."""
    box = page.locator(CANVAS).bounding_box()
    assert box
    x = box["x"] + ROW_HEADER + (column + 0.5) * COLUMN_WIDTH
    page.mouse.click(x, box["y"] + COLUMN_HEADER + (row + 0.5) * ROW_HEIGHT)
    page.get_by_text(f"{address(column, row)}, ").first.wait_for(state="attached")


def address(column: int, row: int) -> str:
    """`B3` for 1, 2."""
    return f"{chr(ord('A') + column)}{row + 1}"


def put(column: int, row: int, text: str) -> dict[str, str]:
    """The edit that types into one cell."""
    return {"op": "set", "sheet": SHEET, "cell": address(column, row), "input": text}


@contextmanager
def staged(folder: Path) -> Generator[Stage]:
    """Raise the curtain."""
    env = {
        "GRIDOS_MODE": "saas",
        "GRIDOS_SIGN_UP": "open",
        "GRIDOS_PORT": "0",
        "GRIDOS_DATA_DIR": str(folder / "data"),
        "GRIDOS_ROOT_KEY": new_key_line(),
        "GRIDOS_PLUGINS_DIR": str(write_plugins(folder / "plugins")),
        "GRIDOS_PLUGIN_ISOLATION": "inprocess",
    }
    with running("bench.upstream", log=folder / "upstream.log") as upstream:
        env["GRIDOS_UPSTREAM_BENCH_URL"] = upstream.url
        with (
            running("bench.server", log=folder / "server.log", env=env) as server,
            httpx2.Client(base_url=server.url, timeout=60) as client,
            sync_playwright() as playwright,
        ):
            person = {"email": f"{uuid4()}@example.com", "password": "measured many times"}
            client.post("/auth/sign-up", json=person).raise_for_status()
            path = find_browser(playwright.chromium.executable_path)
            yield Stage(server.url, client, playwright.chromium.launch(executable_path=path, args=SWITCHES))
