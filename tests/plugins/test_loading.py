"""A folder of good and bad plugins."""

import logging
import sys
from pathlib import Path

import pytest

from gridos.errors import UnknownPlugin
from gridos.plugins import Plugins
from tests.plugins.conftest import WritePlugin

GREET = """
    def register(kernel):
        @kernel.formula("{name}")
        def greet(name="world"):
            return f"Hello, {{name}}!"
"""


def built_in(name: str) -> bool:
    """The spreadsheet's own names, as far as these tests go."""
    return name in {"SUM", "TRUE"}


def load(*folders: Path) -> Plugins:
    """What these folders hold."""
    return Plugins.load(folders, built_in)


def private_modules() -> list[str]:
    """What plugins left in `sys.modules`."""
    return [name for name in sys.modules if name.startswith("gridos_plugin_")]


def test_a_plugin_of_the_contract_loads(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """The ten lines of the contract, with a manifest that says nothing."""
    write_plugin("hello", GREET.format(name="GREET"))
    plugins = load(tmp_path)
    function = plugins.functions["GREET"]
    assert (function.plugin, function.live, function.asynchronous) == ("hello", False, False)
    assert function.function() == "Hello, world!"
    assert plugins.get("hello").loaded
    assert private_modules() == []


def test_plugins_are_found_by_slug(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """`find` may give nothing, `get` refuses, iteration is sorted."""
    for slug in ("zulu", "alpha", "mike"):
        write_plugin(slug)
    plugins = load(tmp_path)
    assert [plugin.slug for plugin in plugins] == ["alpha", "mike", "zulu"]
    assert len(plugins) == 3
    assert plugins.find("nobody") is None
    with pytest.raises(UnknownPlugin):
        plugins.get("nobody")


def test_only_plugins_folders_are_read(
    tmp_path: Path, write_plugin: WritePlugin, caplog: pytest.LogCaptureFixture
) -> None:
    """Hidden and private folders, files and names that are no slug are left alone; the last with a warning."""
    (tmp_path / "README.md").write_text("hello")
    for name in (".git", "_drafts", "__pycache__", "Upper", "a-b", "x", "a" * 41, "1st"):
        write_plugin(name, "raise SystemExit")
    write_plugin("good")
    assert [plugin.slug for plugin in load(tmp_path)] == ["good"]
    assert "Upper is skipped" in caplog.text
    assert ".git" not in caplog.text


def test_a_folder_that_is_not_there_is_no_trouble(
    tmp_path: Path, write_plugin: WritePlugin, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator reads a warning, the other folders load."""
    write_plugin("good")
    assert [plugin.slug for plugin in load(tmp_path / "missing", tmp_path / "good" / "plugin.py", tmp_path)] == ["good"]
    assert "no plugins are loaded from" in caplog.text


def test_the_first_folder_has_authority(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """An added plugin neither takes a shipped plugin's place nor its formula, even if its slug sorts before."""
    (tmp_path / "shipped").mkdir()
    (tmp_path / "added").mkdir()
    write_plugin("shipped/stripe", GREET.format(name="STRIPE_MRR"), name="Stripe")
    write_plugin("added/stripe", GREET.format(name="EVIL"), name="Evil")
    write_plugin("added/aaa", GREET.format(name="STRIPE_MRR"))
    plugins = load(tmp_path / "shipped", tmp_path / "added")
    assert plugins.get("stripe").manifest.name == "Stripe"
    assert list(plugins.functions) == ["STRIPE_MRR"]
    assert plugins.functions["STRIPE_MRR"].plugin == "stripe"
    assert plugins.get("aaa").error == "STRIPE_MRR belongs to the plugin stripe. Choose another name."


BROKEN = {
    "not_python": ("def register(kernel:", "plugin.py is not valid Python: see line 1."),
    "null_bytes": ("\0", "plugin.py "),
    "raises_at_import": ("\nraise ValueError('canary /etc/shadow')", "plugin.py raised ValueError in line 2 while"),
    "exits": ("import sys; sys.exit(3)", "plugin.py raised SystemExit in line 1 while it was loaded."),
    "cancels": ("raise GeneratorExit", "plugin.py raised GeneratorExit in line 1 while it was loaded."),
    "no_file_inside": ("open('/nonexistent-canary')", "plugin.py raised FileNotFoundError in line 1 while"),
    "imports_nothing": ("import no_such_module_canary", "plugin.py raised ModuleNotFoundError in line 1 while"),
    "no_register": ("x = 1", "plugin.py has no function `register(kernel)`. Add it."),
    "register_is_no_function": ("register = 3", "plugin.py has no function `register(kernel)`. Add it."),
    "register_takes_nothing": ("def register(): ...", "plugin.py raised TypeError"),
    "raises_in_register": (
        "def register(kernel):\n  kernel.formula('OK_A')(print)\n  1 / 0",
        "plugin.py raised ZeroDiv",
    ),
    "recurses": ("def register(kernel): register(kernel)", "plugin.py raised RecursionError"),
    "reads_at_import": (
        "from gridos.plugins import *\nKernel(Manifest(slug='ab', secrets=[{'key': 'A'}])).get_secret('ab', 'A')",
        "A plugin can use its secrets and its connection only while one of its own calls runs.",
    ),
    "replaces_sum": (
        "def register(kernel):\n  kernel.formula('OK_B')(print)\n  kernel.formula('sum')(print)",
        "SUM is a built-in function, which no plugin can replace. Choose another name.",
    ),
    "replaces_another": (
        "def register(kernel):\n  kernel.formula('OK_C')(print)\n  kernel.formula('greet')(print)",
        "GREET belongs to the plugin aa_good. Choose another name.",
    ),
    "like_a_cell": ("def register(kernel): kernel.formula('A1')(print)", "A formula's name begins with a letter"),
    "bad_agent": ("def register(kernel): kernel.agent({'id': 'x'})", "kernel.agent needs `system_prompt`."),
}


def test_a_bad_plugin_leaves_nothing_behind(
    tmp_path: Path, write_plugin: WritePlugin, caplog: pytest.LogCaptureFixture
) -> None:
    """Each is listed with one sentence without a traceback, a path or foreign text; the good ones load."""
    write_plugin("aa_good", GREET.format(name="GREET"))
    write_plugin("zz_good", GREET.format(name="GREET_TOO"))
    for slug, (code, _) in BROKEN.items():
        write_plugin(slug, code, name=f"Name of {slug}")
    with caplog.at_level(logging.WARNING):
        plugins = load(tmp_path)
    assert list(plugins.functions) == ["GREET", "GREET_TOO"]
    assert private_modules() == []
    for slug, (_, sentence) in BROKEN.items():
        plugin = plugins.get(slug)
        assert not plugin.loaded
        assert (plugin.functions, plugin.agents, plugin.models) == ({}, (), ())
        assert plugin.manifest.name == f"Name of {slug}"
        assert (plugin.error or "").startswith(sentence)
        assert not any(word in (plugin.error or "") for word in ("canary", "Traceback", str(tmp_path), "\n"))
        assert f"plugin {tmp_path / slug} is not loaded" in caplog.text


def test_reading_a_secret_in_register_fails_the_load(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """Neither at import nor in `register` is there a call whose secrets could be read."""
    write_plugin(
        "eager", "def register(kernel): kernel.get_secret('eager', 'TOKEN', 'EAGER_TOKEN')", secrets=[{"key": "TOKEN"}]
    )
    assert (load(tmp_path).get("eager").error or "").startswith("A plugin can use its secrets")


def test_a_manifest_that_cannot_be_used_is_listed_too(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """Missing files, other encodings, links that lead in circles: each has its slug and a sentence, and no formula."""
    for slug in ("no_manifest", "latin", "huge", "no_code", "looped", "unreadable"):
        write_plugin(slug, GREET.format(name=f"GREET_{slug}"))
    (tmp_path / "no_manifest" / "manifest.json").unlink()
    (tmp_path / "latin" / "manifest.json").write_bytes('{"name": "Café"}'.encode("latin-1"))
    (tmp_path / "huge" / "manifest.json").write_text("[" * 300_000)
    (tmp_path / "no_code" / "plugin.py").unlink()
    (tmp_path / "looped" / "plugin.py").unlink()
    (tmp_path / "looped" / "plugin.py").symlink_to("plugin.py")
    (tmp_path / "unreadable" / "plugin.py").unlink()
    (tmp_path / "unreadable" / "plugin.py").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    plugins = load(tmp_path)
    assert plugins.functions == {}
    assert {plugin.slug: plugin.error for plugin in plugins} == {
        "circle": "circle/manifest.json cannot be read.",
        "huge": "huge/manifest.json is larger than 256 KB.",
        "latin": "latin/manifest.json is not JSON in UTF-8.",
        "looped": "plugin.py cannot be read.",
        "no_code": "plugin.py is missing.",
        "no_manifest": "no_manifest/manifest.json is missing. `{}` is enough to begin with.",
        "unreadable": "plugin.py cannot be read.",
    }


def test_an_operators_interrupt_still_stops_the_server(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """Ctrl-C while a plugin loads is the operator's, not the plugin's failure."""
    write_plugin("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load(tmp_path)
    assert private_modules() == []


def test_a_plugin_may_use_what_modules_know_of_themselves(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """Dataclasses with postponed annotations, `__file__` and the module's own name work while it loads."""
    write_plugin(
        "typed",
        """
        from __future__ import annotations
        import sys
        from dataclasses import dataclass
        from pathlib import Path

        @dataclass
        class Point:
            x: int

        HERE = Path(__file__).parent.name
        assert sys.modules[__name__].Point is Point

        def register(kernel):
            kernel.formula("TYPED_HERE")(lambda: f"{HERE}{Point(1).x}")
        """,
    )
    assert load(tmp_path).functions["TYPED_HERE"].function() == "typed1"


def test_agents_and_models_are_listed(tmp_path: Path, write_plugin: WritePlugin) -> None:
    """A plugin that brings agents and models loads, and both are listed with it."""
    write_plugin(
        "helper_bot",
        """
        def register(kernel):
            kernel.agent({"id": "a", "system_prompt": "Be kind."})
            kernel.model({"id": "m", "provider": "p", "display_name": "M", "description": "d"})
        """,
    )
    plugin = load(tmp_path).get("helper_bot")
    assert plugin.agents == ({"id": "a", "system_prompt": "Be kind."},)
    assert plugin.models[0]["provider"] == "p"
