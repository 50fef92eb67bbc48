"""An empty store on a real socket, which each test fills with what it is about."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import aiohttp
import pytest

from gridos.sandbox import Sandbox, ShopifyStore
from tests.shopify.teller import TOKEN, Teller


@pytest.fixture
def store() -> ShopifyStore:
    """A store without an order, whose budget never runs out."""
    return ShopifyStore("test", currency="EUR", capacity=1e9)


@pytest.fixture
async def sandbox(store: ShopifyStore) -> AsyncIterator[Sandbox]:
    """Its stand-in."""
    async with Sandbox(accounts={}, shopify={TOKEN: store}) as sandbox:
        yield sandbox


@pytest.fixture
async def connect(sandbox: Sandbox, store: ShopifyStore) -> AsyncIterator[Callable[..., Teller]]:
    """The connector, connected to it with other secrets than the usual."""
    tellers: list[Teller] = []

    def make(secrets: Mapping[str, str] | None = None) -> Teller:
        tellers.append(Teller(sandbox, store, secrets))
        return tellers[-1]

    yield make
    for teller in tellers:
        await teller.aclose()


@pytest.fixture
def teller(connect: Callable[..., Teller]) -> Teller:
    """The connector, connected to it."""
    return connect()


@pytest.fixture
async def order(sandbox: Sandbox) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Breaks the sandbox's next answers; ordering nothing mends them."""
    async with aiohttp.ClientSession() as session:

        async def post(**fault: object) -> None:
            method = "POST" if fault else "DELETE"
            async with session.request(method, f"{sandbox.url}/_sandbox/faults", json=fault) as response:
                assert response.status in {201, 204}

        yield post


@pytest.fixture
async def asked(sandbox: Sandbox) -> AsyncIterator[Callable[[], Awaitable[Mapping[str, int]]]]:
    """How often each path was asked for."""
    async with aiohttp.ClientSession() as session:

        async def get() -> Mapping[str, int]:
            async with session.get(f"{sandbox.url}/_sandbox/requests") as response:
                return (await response.json())["paths"]

        yield get
