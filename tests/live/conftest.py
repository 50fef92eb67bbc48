"""The stage of these tests."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.live.stage import Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    """A workbook with nothing in it."""
    stage = Stage(tmp_path)
    yield stage
    await stage.hub.close_all()
