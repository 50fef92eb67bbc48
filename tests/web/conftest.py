"""One server a module, in each mode; people and workbooks are new in each test."""

from collections.abc import AsyncGenerator

import pytest

from gridos.db import EmbeddedServer
from tests.web.serving import Person, Site, serving


@pytest.fixture(scope="module")
async def saas(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Site]:
    """A server of many users."""
    async with serving(postgres, tmp_path_factory.mktemp("saas"), mode="saas") as site:
        yield site


@pytest.fixture(scope="module")
async def oss(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Site]:
    """A server of one user, whose environment has the key of one plugin."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SHOP_NAME", "Ada's shop")
        async with serving(postgres, tmp_path_factory.mktemp("oss"), mode="oss") as site:
            yield site


@pytest.fixture
async def ada(saas: Site) -> Person:
    """The owner."""
    return await saas.person("ada")


@pytest.fixture
async def ben(saas: Site) -> Person:
    """Somebody else."""
    return await saas.person("ben")


@pytest.fixture
async def workbook(ada: Person) -> str:
    """Ada's new workbook."""
    return await ada.create()
