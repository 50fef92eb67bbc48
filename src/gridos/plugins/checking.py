"""What a plugin's author should put right before anybody installs the plugin."""

from collections.abc import Callable
from pathlib import Path

from gridos.errors import BadPlugin
from gridos.plugins.loading import load_alone
from gridos.plugins.plugin import Plugin


def check(folder: Path, reserved: Callable[[str], bool]) -> list[str]:
    """Every problem of one plugin's folder, each a sentence; none when it loads and says what people need to know."""
    try:
        plugin = load_alone(folder, reserved)
    except BadPlugin as refusal:
        return [str(refusal)]
    return [*_undescribed(plugin), *_unexplained(plugin)]


def _undescribed(plugin: Plugin) -> list[str]:
    described = {function.name.upper() for function in plugin.manifest.functions}
    registered = set(plugin.functions)
    return [
        *(f"{name} is described in manifest.json but not registered." for name in sorted(described - registered)),
        *(f"{name} is registered but not described: add it to `functions`." for name in sorted(registered - described)),
    ]


def _unexplained(plugin: Plugin) -> list[str]:
    manifest = plugin.manifest
    missing = [member for member in ("name", "description") if not getattr(manifest, member)]
    return [
        *(f"manifest.json has no `{member}`, which people choose plugins by." for member in missing),
        *(
            f"{slot.key} has no `help`: say where to get it and what it must allow."
            for slot in manifest.secrets
            if not slot.help
        ),
    ]
