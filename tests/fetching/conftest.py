"""A stage for each test that asks."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import stamina

from tests.fetching.stage import Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty stage, closed afterwards."""
    stage = Stage(tmp_path / "plugins")
    yield stage
    await stage.close()


@pytest.fixture(autouse=True)
def hurried() -> Iterator[None]:
    """Nobody waits before a request is sent again."""
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture
def once() -> Iterator[None]:
    """No request is sent again, so that a test sees what the first one gave."""
    with stamina.set_testing(True, attempts=1):
        yield
