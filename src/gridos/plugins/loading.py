"""Finds plugins in folders and loads each on its own, so that a bad one never stops the others."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from gridos.errors import BadManifest, BadPlugin
from gridos.plugins.execution import compile_plugin, execute, names_in
from gridos.plugins.kernel import Kernel, PluginFunction
from gridos.plugins.manifest import SLUG, SLUG_RULE, Manifest, read_manifest
from gridos.plugins.plugin import Plugin

_logger = logging.getLogger(__name__)

Isolate: TypeAlias = Callable[[Manifest, Path], Kernel | None]
"""What a plugin registers that runs in a process of its own; None for one that runs in this process."""


def find_folders(folders: Sequence[Path]) -> list[Path]:
    """
    The plugins' folders, sorted inside each of `folders`, which come in the order of their authority.

    A second folder of the same name is left out, so an added plugin cannot take the place of a shipped one.
    """
    found: dict[str, Path] = {}
    for path in (path for folder in folders for path in _entries(folder)):
        if not re.fullmatch(SLUG, path.name):
            _logger.warning("%s is skipped: a plugin's folder is named in %s", path, SLUG_RULE)
        elif path.name in found:
            _logger.warning("%s is skipped: the plugin in %s has this name already", path, found[path.name])
        else:
            found[path.name] = path
    return list(found.values())


def load_alone(folder: Path, reserved: Callable[[str], bool]) -> Plugin:
    """One plugin for its author, beside no others; BadPlugin with the sentence to act on if it does not load."""
    folder = folder.resolve()
    if not re.fullmatch(SLUG, folder.name):
        raise BadPlugin(f"The folder's name is the plugin's slug: {SLUG_RULE}.")
    plugin = load_plugin(folder, reserved, {})
    if plugin.error:
        raise BadPlugin(plugin.error)
    return plugin


def load_plugin(
    folder: Path,
    reserved: Callable[[str], bool],
    taken: Mapping[str, PluginFunction],
    isolate: Isolate = lambda _manifest, _folder: None,
) -> Plugin:
    """The plugin of one folder; if it fails it is listed with a sentence and leaves nothing else behind."""
    manifest = Manifest(slug=folder.name)
    try:
        manifest = read_manifest(folder)
        code = compile_plugin(folder)
        isolated = isolate(manifest, folder)
        kernel = execute(manifest, code) if isolated is None else isolated
        _check_names(kernel.functions, reserved, taken)
    except (BadManifest, BadPlugin) as error:
        _logger.warning("plugin %s is not loaded: %s", folder, error, exc_info=error.__cause__)
        return Plugin(manifest, error=str(error))
    return Plugin(
        manifest,
        kernel.functions,
        kernel.sources,
        tuple(kernel.agents),
        tuple(kernel.models),
        code=code if isolated is None else None,
        folder=None if isolated is None else folder.resolve(),
        reads_secrets=names_in(code, "get_secret"),
    )


def _entries(folder: Path) -> Iterable[Path]:
    try:
        entries = [path for path in sorted(folder.iterdir()) if path.name[0] not in "._"]
        # A link that leads nowhere is kept: it is listed as a plugin that cannot be read.
        return [path for path in entries if path.is_dir() or path.is_symlink()]
    except OSError as error:
        _logger.warning("no plugins are loaded from %s: %s", folder, error.strerror)
        return []


def _check_names(names: Iterable[str], reserved: Callable[[str], bool], taken: Mapping[str, PluginFunction]) -> None:
    for name in names:
        if reserved(name):
            raise BadPlugin(f"{name} is a built-in function, which no plugin can replace. Choose another name.")
        if name in taken:
            raise BadPlugin(f"{name} belongs to the plugin {taken[name].plugin}. Choose another name.")
