"""A stage for each test that asks."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fetching.stage import Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty stage, closed afterwards."""
    stage = Stage(tmp_path / "plugins")
    yield stage
    await stage.close()
