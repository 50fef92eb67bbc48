"""Plugins written for one test."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeAlias

import pytest

from gridos.plugins import Response

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

    async def post_json(self, path: str, json: Any) -> Any:
        """An empty object."""
        self.asked.append(("POST", path, json))
        return {}

    async def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Response:
        """An empty answer."""
        self.asked.append((method, path, params, json))
        return Response(204, {}, b"")
