"""One plugin: what its manifest says and what its code registered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

from gridos.errors import BadPlugin
from gridos.plugins.execution import execute
from gridos.plugins.kernel import PluginFunction, PluginSource
from gridos.plugins.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Plugin:
    """
    A plugin as it was found. One that failed has an `error`, a sentence for people, and no functions at all.

    `functions` is keyed by upper-case name. One that runs in a process of its own has no `code` here but a `folder`.
    """

    manifest: Manifest
    functions: Mapping[str, PluginFunction] = field(default_factory=dict[str, PluginFunction])
    sources: Mapping[str, PluginSource] = field(default_factory=dict[str, PluginSource])
    agents: tuple[Mapping[str, Any], ...] = ()
    models: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None
    code: CodeType | None = field(default=None, repr=False)
    folder: Path | None = None
    reads_secrets: bool = False
    """Whether its code can see secrets, as by `kernel.get_secret`, rather than leave them to the host."""

    @property
    def slug(self) -> str:
        """The name of its folder."""
        return self.manifest.slug

    @property
    def loaded(self) -> bool:
        """Whether its functions can be used."""
        return self.error is None

    def instantiate(self) -> Mapping[str, PluginFunction]:
        """
        Its functions once more, from plugin.py executed afresh, so that they share no global with any others.

        Whoever keeps the result keeps those globals: drop it when the connection's version moves. BadPlugin when
        plugin.py fails this time.
        """
        if self.code is None:
            raise BadPlugin(self.error)
        return execute(self.manifest, self.code).functions
