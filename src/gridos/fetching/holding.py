"""Knows whose secrets are in use right now, so that the log can leave them out, whoever writes it."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Final, TypeAlias
from uuid import UUID

from gridos.fetching.injecting import sensitive
from gridos.fetching.minting import Tokens
from gridos.fetching.scanning import Scanner
from gridos.plugins import Manifest, OpenConnection
from gridos.secret import Secret

Find: TypeAlias = Callable[[], Sequence[Secret]]


def secrets_of(manifest: Manifest, opened: OpenConnection, tokens: Tokens) -> list[Secret]:
    """What nobody may be shown while this connection is open; more of it as tokens are minted."""
    stored = [*sensitive(manifest, opened.secrets), *sensitive(manifest, opened.environment)]
    return [*stored, *tokens.known(opened.ref.id)]


class _Held:
    """One connection that calls are running on."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._secrets: Sequence[Secret] = ()
        self._scanner = Scanner(())
        self.calls = 0

    def blanked(self, text: str) -> str:
        secrets = self._find()
        if list(map(id, secrets)) != list(map(id, self._secrets)):
            self._secrets, self._scanner = secrets, Scanner(secrets)
        return self._scanner.blanked(text)


# One for the process, as its log is. The lock may be taken again by its holder: the collector may run there, and log.
_held: Final[dict[tuple[UUID, int], _Held]] = {}
_lock: Final = RLock()


@contextmanager
def holding(opened: OpenConnection, find: Find) -> Generator[None]:
    """Keep out of the log what `find` gives at the time, as long as a call runs on this connection."""
    key = (opened.ref.id, opened.ref.version)
    with _lock:
        held = _held.setdefault(key, _Held(find))
        held.calls += 1
    try:
        yield
    finally:
        with _lock:
            held.calls -= 1
            if not held.calls:
                del _held[key]


def without_secrets(text: str) -> str:
    """A text for the log, without any value of a connection that is open now."""
    with _lock:
        open_now = list(_held.values())
    for held in open_now:
        text = held.blanked(text)
    return text
