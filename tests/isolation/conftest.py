"""A plugin that nobody vouches for, in a locked process, and what its calls are granted."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeAlias
from uuid import uuid4

import pytest

from gridos.isolation import Forks, Isolating, Place, Returned, Workers
from gridos.plugins import CallScope, Plugin, Plugins
from gridos.secret import Secret
from tests.plugins.conftest import scope_of

MANIFEST: dict[str, Any] = {
    "name": "Probe",
    "secrets": [{"key": "TOKEN"}],
    "connection": {
        "base_url": "https://api.probe.test",
        "auth": [{"header": "Authorization", "value": "Bearer {TOKEN}"}],
    },
}

Load: TypeAlias = Callable[..., Plugin]
Run: TypeAlias = Callable[..., Awaitable[Returned]]


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """The fork server."""
    forks = Forks()
    yield forks
    forks.close()


@pytest.fixture
async def workers(forks: Forks) -> AsyncIterator[Workers]:
    """Processes that end with their test."""
    workers = Workers(forks)
    workers.open()
    yield workers
    workers.end_all()


@pytest.fixture
def load(tmp_path: Path, workers: Workers) -> Load:
    """`load(code, **manifest)` loads the plugin `probe`, isolated."""

    def load(code: str, *, trusted: tuple[str, ...] = (), **manifest: Any) -> Plugin:
        folder = tmp_path / "plugins" / "probe"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").write_text(json.dumps(MANIFEST | manifest))
        (folder / "plugin.py").write_text(dedent(code))
        isolating = Isolating(workers, tmp_path / "shipped", trusted)
        return Plugins.load([folder.parent], lambda _: False, isolating).get("probe")

    return load


@pytest.fixture
def run(load: Load, workers: Workers) -> Run:
    """`run(body, *arguments)` gives what `async def probe(*arguments)` with this body brings."""

    def run(
        body: str, *arguments: object, scope: CallScope | None = None, place: Place | None = None
    ) -> Awaitable[Returned]:
        plugin = load(probe(body))
        assert plugin.folder, plugin.error
        place = place or Place(plugin.folder, uuid4(), 1)
        scope = scope or scope_of(plugin.manifest, {"TOKEN": Secret("sk_test_canary_4242")})
        return workers.run(place, "PROBE", json.dumps(arguments), scope)

    return run


def probe(body: str, *, keyword: str = "async def") -> str:
    """A plugin whose function has this body."""
    lines = dedent(body).strip().replace("\n", "\n        ")
    return f"""
def register(kernel):
    @kernel.formula("PROBE")
    {keyword} probe(*arguments):
        {lines}
"""
