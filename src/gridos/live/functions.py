"""Which functions a workbook's formulas may name: its owner's."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from gridos.formulas import Function
from gridos.grid import CellError
from gridos.plugins import Manifest, PluginFunction, Plugins, normalize_result


def function_table(plugins: Plugins, installed: AbstractSet[str]) -> dict[str, Function]:
    """Every loaded plugin's functions; those of a plugin the owner has not installed give `#NOT_INSTALLED`."""
    return {
        name: _function(function, plugins.get(function.plugin).manifest, is_installed=function.plugin in installed)
        for name, function in plugins.functions.items()
    }


def _function(function: PluginFunction, manifest: Manifest, *, is_installed: bool) -> Function:
    if not is_installed:
        return Function(function.name, function.plugin, unavailable=_not_installed(manifest))
    if function.live:
        return Function(function.name, function.plugin)
    return Function(function.name, function.plugin, run=_normalized(function.function, manifest))


def _normalized(function: Callable[..., object], manifest: Manifest) -> Callable[..., object]:
    return lambda *arguments: normalize_result(function(*arguments), manifest)


def _not_installed(manifest: Manifest) -> CellError:
    return CellError(
        "#NOT_INSTALLED",
        f"{manifest.title} is not installed",
        "The workbook's owner has not installed this plugin.",
        "The owner installs it in the marketplace.",
        plugin=manifest.slug,
    )
