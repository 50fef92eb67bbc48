"""Gets hold of a browser: one already here, else Debian's package, else Playwright's own download."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
NONE = (
    "These tests need a browser, and none could be found or installed. Run `apt-get install chromium` as root, or "
    "`.venv/bin/playwright install --with-deps chromium`."
)


def find_browser(downloaded: str) -> str:
    """
    The path of a browser that can be started.

    `downloaded` is where Playwright keeps its own. A test run without a browser fails, it never leaves these tests out.
    """
    if found := _installed():
        return found
    if shutil.which("apt-get") and os.geteuid() == 0:
        _run("apt-get", "update")
        _run("apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core")
        if found := _installed():
            return found
    if not Path(downloaded).exists():
        _run(sys.executable, "-m", "playwright", "install", "chromium")
    if Path(downloaded).exists():
        return downloaded
    pytest.fail(NONE)


def _installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _run(*command: str) -> None:
    """What fails here shows in the end as no browser, which says what to do."""
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
