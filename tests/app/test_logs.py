"""The log has no secret in it, whoever wrote it."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from io import StringIO
from typing import cast
from uuid import uuid4

import pytest

from gridos.app.logs import quiet_plugins, set_up_logs
from gridos.fetching.holding import holding
from gridos.plugins import ConnectionRef, OpenConnection
from gridos.secret import Secret

CANARY = "a-value-of-no-known-shape-4711"


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """The server's log on standard error. Pytest's own handlers come back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()  # the set-up closes what it replaces
    monkeypatch.setattr(sys, "stderr", StringIO())
    set_up_logs("debug")
    yield cast("StringIO", sys.stderr)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    "key", ["sk_live_51Habc", "rk_test_51Habc", "shpat_0123456789abcdef", "ghp_0123456789", "Bearer e.y.J"]
)
def test_what_looks_like_a_key_is_blanked(log: StringIO, key: str) -> None:
    """Also in a traceback, and in what a server library logs."""
    logging.getLogger("gridos.test").error("with %s", key, exc_info=ValueError(key))
    logging.getLogger("uvicorn.error").error(key)
    said = log.getvalue()
    assert said.count("…") == 3
    assert key not in said


def test_what_is_open_now_is_blanked(log: StringIO) -> None:
    """A value of a connection that a call runs on is in no line and no traceback, whatever it looks like."""
    opened = OpenConnection(ConnectionRef(uuid4(), "talks", uuid4(), 1), {})
    with holding(opened, lambda: [Secret(CANARY)]):
        logging.getLogger("gridos.test").error("with %r", [CANARY], exc_info=ValueError(CANARY))
    assert "ValueError: …" in log.getvalue()
    assert CANARY not in log.getvalue()


def test_a_plugins_own_logger_is_not_heard(log: StringIO) -> None:
    """Only we and our server say anything; client libraries say what is wrong, and no more."""
    for name in ("talks", "root", "aiohttp.client", "uvicorn.error", "gridosity"):
        logging.getLogger(name).info(CANARY)
    logging.getLogger("talks").critical(CANARY)
    logging.getLogger().critical(CANARY)
    logging.getLogger("psycopg.pool").warning("heard")
    logging.getLogger("gridos.test").debug("heard")
    said = log.getvalue()
    assert said.count("heard") == 2
    assert CANARY not in said


def test_what_is_printed_is_told_once_and_not_shown(log: StringIO) -> None:
    """Neither of the two streams of a running server is a plugin's, and both are back afterwards."""
    before = sys.stdout, sys.stderr
    with asyncio.Runner() as runner, quiet_plugins(runner.get_loop()):
        sys.stdout.write(CANARY)
        sys.stderr.write(CANARY)
        runner.run(forget_a_failure())
    said = log.getvalue()
    assert said.count("A plugin printed something") == 1
    assert "ValueError" in said
    assert CANARY not in said
    assert (sys.stdout, sys.stderr) == before


async def forget_a_failure() -> None:
    """A callback that raises with its argument."""
    asyncio.get_running_loop().call_soon(int, CANARY)
    await asyncio.sleep(0)
