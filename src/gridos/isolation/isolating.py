"""Decides which plugins run in a process of their own, and finds out there what they register."""

import json
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

from gridos.errors import BadPlugin, OutsideCall
from gridos.isolation.frames import Loaded
from gridos.isolation.processes import describe
from gridos.isolation.workers import Workers
from gridos.plugins import Kernel, Manifest


class Isolating:
    """A `plugins.loading.Isolate`: every plugin, but those of the `own` folder and those of `trusted` slugs."""

    def __init__(self, workers: Workers, own: Path, trusted: Collection[str]) -> None:
        self._workers = workers
        self._own = own
        self._trusted = trusted

    def __call__(self, manifest: Manifest, folder: Path) -> Kernel | None:
        """What it registers, or None if it runs in the server's process; BadPlugin with the reason it is not loaded."""
        if folder.parent == self._own or manifest.slug in self._trusted:
            return None
        loaded = describe(self._workers.forks, folder.resolve())
        if loaded.error:
            raise BadPlugin(loaded.error)
        kernel = Kernel(manifest)
        try:
            self._register(kernel, loaded, folder.resolve())
        finally:
            kernel.close()
        return kernel

    def _register(self, kernel: Kernel, loaded: Loaded, folder: Path) -> None:
        """Once more, with a kernel of ours: what came out of that process need not have passed its own."""
        for function in loaded.functions:
            stand_in = _elsewhere if function.asynchronous else partial(self._workers.run_pure, folder, function.name)
            kernel.formula(function.name, ttl=function.ttl)(stand_in)
        for source in loaded.sources:
            kernel.source(source.name, ttl=source.ttl, seconds=source.seconds)(_elsewhere)
            if source.batch:
                least, most = source.batch
                kernel.batch(source.name, least=least, most=most)(_elsewhere)
        for listed, add in ((loaded.agents, kernel.agent), (loaded.models, kernel.model)):
            _each(listed, add)


def _each(listed: bytes, add: Callable[[dict[str, Any]], None]) -> None:
    for entry in json.loads(listed):
        if not isinstance(entry, dict):
            raise BadPlugin("What the plugin lists as agents or models is no object.")
        add(entry)  # pyright: ignore[reportUnknownArgumentType] -- JSON


async def _elsewhere(*_: Any) -> Any:
    """Stands for a function whose code is never in this process."""
    raise OutsideCall
