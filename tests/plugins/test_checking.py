"""What authors are told, and what they begin with."""

import subprocess
import sys
from pathlib import Path

import pytest

from gridos.errors import BadPlugin
from gridos.plugins import check, scaffold
from tests.plugins.conftest import WritePlugin


def not_built_in(name: str) -> bool:
    """No name is taken."""
    return False


def test_problems_are_sentences(write_plugin: WritePlugin) -> None:
    """What is missing for people, and where the manifest and the code disagree."""
    folder = write_plugin(
        "notion",
        "def register(kernel): kernel.formula('NOTION_A')(print)",
        name="Notion",
        secrets=[{"key": "TOKEN"}],
        functions=[{"name": "notion_b"}],
    )
    assert check(folder, not_built_in) == [
        "NOTION_B is described in manifest.json but not registered.",
        "NOTION_A is registered but not described: add it to `functions`.",
        "manifest.json has no `description`, which people choose plugins by.",
        "TOKEN has no `help`: say where to get it and what it must allow.",
    ]


def test_what_does_not_load_has_one_problem(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """The sentence of the marketplace; a bad folder name and a built-in's name are problems too."""
    sums = write_plugin("sums", "def register(kernel): kernel.formula('SUM')(print)")
    assert check(sums, lambda name: name == "SUM")[0].startswith("SUM is a built-in function")
    assert check(write_plugin("Bad-Name"), not_built_in)[0].startswith("The folder's name is the plugin's slug")
    assert check(tmp_path / "nowhere", not_built_in) == [
        "nowhere/manifest.json is missing. `{}` is enough to begin with."
    ]


def test_a_new_plugin_has_no_problems(tmp_path: Path) -> None:
    """The first files load and describe themselves."""
    folder = scaffold("my_notion", tmp_path)
    assert folder == tmp_path / "my_notion"
    assert check(folder, not_built_in) == []


def test_a_new_plugins_test_passes(tmp_path: Path) -> None:
    """Its author begins with a green test, run by pytest alone."""
    folder = scaffold("my_notion", tmp_path)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error", folder],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout
    assert "2 passed" in run.stdout


@pytest.mark.parametrize("slug", ["", "x", "1st", "My", "a-b", "../up", "a" * 41])
def test_a_bad_slug_makes_nothing(tmp_path: Path, slug: str) -> None:
    """No folder is made for a name that could not be loaded, here or elsewhere."""
    with pytest.raises(BadPlugin):
        scaffold(slug, tmp_path / "here")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    """Nothing of a plugin that is there already is overwritten."""
    scaffold("my_notion", tmp_path)
    (tmp_path / "my_notion" / "plugin.py").write_text("mine")
    with pytest.raises(BadPlugin, match="already"):
        scaffold("my_notion", tmp_path)
    assert (tmp_path / "my_notion" / "plugin.py").read_text() == "mine"
