"""The README does what it says: its walk through the demo, block by block, and its plugin."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridos.app.demo import ADA, BEN, PEOPLE
from gridos.formulas import is_builtin
from gridos.plugins.loading import load_alone
from gridos.sandbox import STRIPE_KEYS
from gridos.testing import evaluate, upstream
from tests.journeys.running import Process

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
PATIENCE = 60.0

# Each block runs in a shell of its own, as the reader's terminal would go on: variables and functions are handed over.
SHELL = "[ -e shell ] && . ./shell; trap '{ export -p; declare -f; } >~/shell' EXIT; set -a; cd %s\n%s"


class Reader:
    """Somebody who types the README's blocks into a terminal."""

    def __init__(self, home: Path, address: str) -> None:
        self._home = home
        self._address = address

    def type(self, block: str) -> str:
        """Run one block and give all that it printed."""
        script = SHELL % (ROOT, block.replace(ADDRESS, self._address))
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self._home,
            env={"PATH": os.environ["PATH"], "HOME": str(self._home), "TMPDIR": str(self._home), "LANG": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.stdout


def steps() -> list[tuple[str, str]]:
    """Every `sh` block of the README with the `text` block that shows its answer, if one follows."""
    return re.findall(r"```sh\n(.*?)```\n(?:```text\n(.*?)```\n)?", README, re.DOTALL)


def looks_like(shown: str) -> str:
    """A pattern of an answer as the README shows it: `…` stands for anything, and so do a number's digits."""
    pattern = re.escape(shown).replace("…", ".*")
    return re.sub(r'"value":\d+\\\.\d+', r'"value":\\d+(\\.\\d+)?', pattern)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Process]:
    """The demo as the README starts it, in a home of its own and on a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with Process("demo", "--port", str(port), log=tmp_path / "log") as process:
        yield process


def test_the_walk_through_the_demo(demo: Process) -> None:
    """Every block of the walk prints what the README shows below it, across a SIGKILL in its middle."""
    home = demo.log.parent
    reader = Reader(home, demo.url)
    walked = steps()
    for block, shown in walked:
        printed = reader.type(block)
        assert re.fullmatch(looks_like(shown), printed), f"{block}\nprinted\n{printed}"
        if "kill -9" in block:
            demo.kill()  # it is dead already: this waits for it
            demo.start()
    assert sum("kill -9" in block for block, _ in walked) == 1

    # The banner prints the sandbox's keys for the person at the terminal; nothing else may.
    log = re.sub(r"^  \w+ +[sr]k_test_sandbox_\w+$", "", demo.log.read_text(), flags=re.MULTILINE)
    assert "invented_key" not in log


def test_the_walk_shows_the_owners_number(demo: Process) -> None:
    """The number the README shows is the one that Ada's key brings, and Ben's key brings another."""
    shown = re.search(r'"value":(\d+\.\d+),"state":"ok"', README)
    assert shown
    found = {name: mrr_of(demo, email, STRIPE_KEYS[name]) for name, email in (("ada", ADA), ("ben", BEN))}
    assert found["ada"] == pytest.approx(float(shown[1]))
    assert found["ben"] != found["ada"]


def mrr_of(demo: Process, email: str, key: str) -> float:
    """What `=STRIPE_MRR()` shows somebody in a workbook of their own."""
    person = demo.person().sign_in(email, PEOPLE[email])
    person.put("/settings/plugin-secrets/stripe", {"secrets": {"SECRET_KEY": key}})
    workbook = person.post("/workbooks", {"title": "Mine"})["id"]
    person.type(workbook, "A1", "=STRIPE_MRR()")
    value: float = person.read(workbook, "A1")["value"]
    return value


@pytest.fixture
def plausible(tmp_path: Path) -> Path:
    """The README's plugin, written down as it stands there."""
    folder = tmp_path / "plausible"
    folder.mkdir()
    for language, name in (("json", "manifest.json"), ("python", "plugin.py")):
        (block,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
        (folder / name).write_text(block, encoding="utf-8")
    return folder


def test_the_plugin_loads(plausible: Path) -> None:
    """The README's plugin loads and offers one live function."""
    (function,) = load_alone(plausible, is_builtin).functions.values()
    assert (function.name, function.live, function.asynchronous) == ("VISITORS_NOW", True, True)


def test_the_plugin_works(plausible: Path) -> None:
    """With a key the README's plugin shows what its service answers; without one the cell says so."""
    with upstream({"/api/v1/stats/realtime/visitors": 21}) as address:
        formula = '=VISITORS_NOW("example.org")'
        assert evaluate(formula, plugin=plausible, secrets={"TOKEN": "invented-key"}, upstream=address) == 21
        assert evaluate(formula, plugin=plausible, upstream=address) == "#PLAUSIBLE_AUTH!"
