"""Rules about the code itself: who may read a secret."""

import ast
from pathlib import Path

import gridos
from gridos import plugin_secrets as room

PACKAGE = Path(gridos.__file__).parent

MAY_REVEAL = {
    "fetching/injecting.py",  # puts it on the request
    "fetching/scanning.py",  # looks for it in the answer
    "isolation/processes.py",  # hands it to the process of the plugin it belongs to
    "plugin_secrets/key_ring.py",  # parses the root key
    "plugin_secrets/sealing.py",  # seals it
    "plugin_secrets/vault.py",  # checks it against its slot
    "plugins/kernel.py",  # hands it to the plugin it belongs to
}


def modules_that_reveal() -> set[str]:
    """Every module of the package that calls `reveal`, or takes the method without calling it."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"reveal", "_Secret__value"}
        if path.name != "secret.py" or path.parent != PACKAGE
    }


def test_few_modules_reveal_a_secret() -> None:
    """A secret's text is read only where it is sealed, sent, searched for, handed over or, in `app`, wired."""
    assert {module for module in modules_that_reveal() if not module.startswith("app/")} <= MAY_REVEAL


def test_the_room_does_not_export_what_opens() -> None:
    """Importing `plugin_secrets` gives nobody the means to open a secret."""
    assert not {"SealedConnections", "Connections", "DataKey", "opening", "environment"} & set(room.__all__)


def test_web_imports_nothing_that_opens() -> None:
    """No module of `web` names `opening`, `environment` or `sealing`."""
    for path in (PACKAGE / "web").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gridos.plugin_secrets"):
                assert node.module == "gridos.plugin_secrets"
                assert not {alias.name for alias in node.names} & {"opening", "environment", "sealing"}
