"""A small GitHub on a real socket, which each test fills with what it is about."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from gridos.plugins import ConnectionRef
from gridos.sandbox import GitHubAccount, GitHubWorld, Sandbox
from tests.github.desk import Desk

ADA, BEN = "github_pat_test_ada", "github_pat_test_ben"


@pytest.fixture
def world() -> GitHubWorld:
    """Two accounts and no repository."""
    return GitHubWorld({ADA: GitHubAccount("ada"), BEN: GitHubAccount("ben")})


@pytest.fixture
async def desk(world: GitHubWorld) -> AsyncIterator[Desk]:
    """The connector in front of it."""
    async with Sandbox(accounts={}, github=world) as sandbox, aiohttp.ClientSession() as session:
        desk = Desk(session, sandbox, world)
        yield desk
        await desk.fetcher.aclose()


@pytest.fixture
def ada(desk: Desk) -> ConnectionRef:
    """Ada's connection."""
    return desk.connect(ADA)


@pytest.fixture
def ben(desk: Desk) -> ConnectionRef:
    """Ben's."""
    return desk.connect(BEN)


@pytest.fixture
def stranger(desk: Desk) -> ConnectionRef:
    """Of somebody who has stored nothing."""
    return desk.connect()
