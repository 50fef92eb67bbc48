"""The server's log: one line an event, and no secret in any of them."""

import logging
import re
import sys
import traceback
from asyncio import AbstractEventLoop
from collections.abc import Generator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import TextIOBase
from typing import Any

from gridos.fetching import without_secrets

# The shapes of keys of the services we ship connectors for, and of our own. The last line of defence: nothing that
# logs should have one in the first place.
SHAPES = re.compile(
    r"(shp(?:at|ca|pa|ss|tka)_|[sr]k_(?:live|test)_|whsec_|gh[pousr]_|github_pat_|gridos_live_sk_|Bearer )"
    r"[A-Za-z0-9_.\-]{4,}"
)
# Plugins run in this process and may log under a name of their own, whatever they like: theirs is not shown. Client
# libraries stay quiet, and so does what serves our sockets: at lower levels they print addresses and headers.
OWN, OTHERS = "gridos", ("aiohttp", "asyncio", "psycopg", "uvicorn")

log = logging.getLogger(__name__)


class BlankingFormatter(logging.Formatter):
    """Blanks the values of connections that are open now, and what looks like a key, in tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        return SHAPES.sub(r"\1…", without_secrets(super().format(record)))


def set_up_logs(level: str) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(BlankingFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handler.addFilter(_is_ours)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _is_ours(record: logging.LogRecord) -> bool:
    room = record.name.partition(".")[0]
    return room == OWN or (room in OTHERS and record.levelno >= logging.WARNING)


@contextmanager
def quiet_plugins(loop: AbstractEventLoop) -> Generator[None]:
    """
    Keep to ourselves what plugins print, and what their forgotten tasks and threads raise: it may be a secret.

    It lasts as long as plugins run, for all threads alike, because one that a plugin began may print long after its
    call. The log has its own way out.
    """
    loop.set_exception_handler(_log_without_words)
    silence = _Silence()
    with redirect_stdout(silence), redirect_stderr(silence):
        yield


class _Silence(TextIOBase):
    """Takes any text, and says once that it did."""

    def __init__(self) -> None:
        self._has_told = False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not self._has_told:
            self._has_told = True
            log.warning("A plugin printed something. The server shows none of it: it could be a secret.")
        return len(text)


def _log_without_words(_loop: AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log where and what kind: an exception's words may hold a value, and so may what asyncio says of a callback."""
    error: BaseException | None = context.get("exception")
    frames = "".join(traceback.format_tb(error.__traceback__)) if error else ""
    log.error("A task or callback failed: %s\n%s", type(error).__name__ if error else "no exception", frames)
