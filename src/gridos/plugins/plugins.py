"""Every plugin of this server."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import gridos
from gridos.errors import UnknownPlugin
from gridos.plugins.kernel import PluginFunction
from gridos.plugins.loading import Isolate, find_folders, load_plugin
from gridos.plugins.plugin import Plugin


class Plugins:
    """The plugins found at start, also those that failed. Iteration is sorted by slug."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self._plugins = {plugin.slug: plugin for plugin in sorted(plugins, key=lambda plugin: plugin.slug)}
        self._functions = {name: function for plugin in self for name, function in plugin.functions.items()}

    @property
    def functions(self) -> Mapping[str, PluginFunction]:
        """Every function of every loaded plugin, by upper-case name."""
        return self._functions

    @classmethod
    def load(
        cls,
        folders: Sequence[Path],
        reserved: Callable[[str], bool],
        isolate: Isolate = lambda _manifest, _folder: None,
    ) -> "Plugins":
        """
        Load every plugin of these folders.

        `reserved` tells which names are the spreadsheet's own, `isolate` which plugins run in a process of their own.
        """
        taken: dict[str, PluginFunction] = {}
        plugins: list[Plugin] = []
        for folder in find_folders(folders):
            plugin = load_plugin(folder, reserved, taken, isolate)
            taken.update(plugin.functions)
            plugins.append(plugin)
        return cls(plugins)

    def find(self, slug: str) -> Plugin | None:
        """The plugin of that slug, loaded or not."""
        return self._plugins.get(slug)

    def get(self, slug: str) -> Plugin:
        """As `find`; UnknownPlugin when there is none."""
        if plugin := self.find(slug):
            return plugin
        raise UnknownPlugin

    def __iter__(self) -> Iterator[Plugin]:
        return iter(self._plugins.values())

    def __len__(self) -> int:
        return len(self._plugins)


def shipped_folder() -> Path:
    """The plugins that come with GridOS: beside the code in a wheel, at the repository's root in a checkout."""
    package = Path(gridos.__file__).parent
    wheel = package / "shipped_plugins"
    return wheel if wheel.is_dir() else package.parents[1] / "plugins"
