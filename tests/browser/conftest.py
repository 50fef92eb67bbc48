"""The stage of the browser's journeys: a demo, a browser, and people in front of it."""

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.finding import find_browser
from tests.browser.visitor import Visitor
from tests.journeys.running import Process

# A container's root has no sandbox for a browser; nothing may call home.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Welcome = Callable[..., Awaitable[Visitor]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all journeys; each visitor has a profile of their own in it."""
    async with async_playwright() as playwright:
        path = find_browser(playwright.chromium.executable_path)
        started = await playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield started
        await started.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A demo of its own for each module. It comes back under the same address after a crash."""
    home = tmp_path_factory.mktemp("demo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Process("demo", "--port", str(port), "--data-dir", str(home / "data"), log=home / "log") as process:
        yield process


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: `GRIDOS_PICTURES`, or a folder that is soon forgotten."""
    folder = Path(os.environ.get("GRIDOS_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
async def welcome(browser: Browser, demo: Process, pictures: Path) -> AsyncIterator[Welcome]:
    """Gives people browsers, and asserts in the end that nothing happened in any that never may."""
    visitors: list[Visitor] = []

    async def open_one(name: str = "ada", scheme: str = "light", width: int = 1280, height: int = 720) -> Visitor:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="en-GB",
        )
        visitors.append(await Visitor.begin(context, demo.url, name, pictures))
        return visitors[-1]

    yield open_one
    for visitor in visitors:
        await visitor.leave()
    assert [trouble for visitor in visitors for trouble in visitor.troubles] == []
