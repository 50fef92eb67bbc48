"""Plugins written for one test."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeAlias
from uuid import uuid4

import pytest

from gridos.fetching.days import ConnectionDays, MemoryDays
from gridos.plugins import CallScope, ConnectionRef, Http, Manifest, Response
from gridos.secret import Secret

WritePlugin: TypeAlias = Callable[..., Path]


@pytest.fixture
def write_plugin(tmp_path: Path) -> WritePlugin:
    """`write_plugin(slug, code, **manifest)` makes a plugin's folder below `tmp_path` and gives its path."""

    def write(slug: str, code: str = "def register(kernel): ...", **manifest: Any) -> Path:
        folder = tmp_path / slug
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        (folder / "plugin.py").write_text(dedent(code), encoding="utf-8")
        return folder

    return write


class RecordingHttp:
    """The way out of one call; it only writes down what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    async def get_json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Three, whatever is asked."""
        self.asked.append(("GET", path, params))
        return {"count": 3}

    async def post_json(self, path: str, json: Any, *, cost: float = 1, safe: bool = False) -> Any:
        """An empty object."""
        self.asked.append(("POST", path, json))
        return {}

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        cost: float = 1,
        safe: bool = False,
    ) -> Response:
        """An empty answer."""
        self.asked.append((method, path, params, json))
        return Response(204, {}, b"")

    async def decoded(self, response: Response) -> Any:
        """Its status."""
        self.asked.append(("DECODED", response.status))
        return {"status": response.status}

    async def lines(self, address: str) -> AsyncIterator[str]:
        """One line."""
        self.asked.append(("LINES", address))
        yield "{}"

    def learn(self, *, available: float, per_second: float, capacity: float) -> None:
        """Only written down."""
        self.asked.append(("LEARN", available, per_second, capacity))


def scope_of(
    manifest: Manifest,
    secrets: Mapping[str, Secret],
    environment: Mapping[str, Secret] | None = None,
    http: Http | None = None,
) -> CallScope:
    """A running call whose sources give their own name and arguments back."""

    async def ask_source(name: str, arguments: tuple[Any, ...]) -> Any:
        return [name, *arguments]

    return CallScope(
        manifest,
        secrets,
        environment or {},
        http=http or RecordingHttp(),
        days=ConnectionDays(ConnectionRef(uuid4(), manifest.slug, uuid4(), 1), MemoryDays()),
        ask_source=ask_source,
        progress=lambda _done, _of: None,
    )
