"""A stage without a network: names are answered from a table, and whatever is dialled is written down instead."""

import errno
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gridos.fetching.egress import AddressInfo, EgressGuard
from tests.fetching.stage import Stage

Dialled = list[tuple[object, object]]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty stage, closed afterwards."""
    stage = Stage(tmp_path / "plugins")
    yield stage
    await stage.close()


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> Dialled:
    """The addresses for which the guard opened a socket. None of them is connected: to us there is no network."""
    addresses: Dialled = []
    dial = EgressGuard.dial

    def note(guard: EgressGuard, info: AddressInfo) -> socket.socket:
        dial(guard, info).close()
        addresses.append(info[4][:2])  # pyright: ignore[reportArgumentType] -- an address and a port
        raise OSError(errno.ENETUNREACH, "no packet leaves a test")

    monkeypatch.setattr(EgressGuard, "dial", note)
    return addresses
