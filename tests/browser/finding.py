"""Gets hold of a browser: one already here, else Debian's package, else Playwright's own download."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
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
    # The processes of one test run look at the same time, and only one may install.
    with Path(tempfile.gettempdir(), "gridos-tests-browser.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        found = _installed() or _install(Path(downloaded))
    return found or pytest.fail(NONE)


def _install(downloaded: Path) -> str | None:
    if shutil.which("apt-get") and os.geteuid() == 0:
        _run("apt-get", "update")
        _run("apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core")
        if found := _installed():
            return found
    if not downloaded.exists():
        _run(sys.executable, "-m", "playwright", "install", "chromium")
    return str(downloaded) if downloaded.exists() else None


def _installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _run(*command: str) -> None:
    """What fails here shows in the end as no browser, which says what to do."""
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
