"""
Stops asking an upstream that fails again and again, and tries it with one request before it asks on.

A circuit for each connection at each host is opened by that connection's own failures. One for each host is opened
only when several connections fail there, so that one owner's mistyped shop stops nobody else.
"""

from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import UUID

FAILURES: Final = 5
"""In a row, after which a circuit opens."""
SEVERAL: Final = 3
"""Connections that fail before a host is taken to be down for all."""
OPEN_FOR: Final = 30.0
_FORGOTTEN_AFTER: Final = 3600.0
_SWEPT_AT: Final = 1_000


class Opened(NamedTuple):
    """How many failed in a row, when the first of them did, and when upstream is tried next."""

    failures: int
    since: float
    until: float


class CircuitOpen(Exception):
    """This upstream is not asked at the moment."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self.opened = opened


@dataclass(slots=True)
class _Circuit:
    several: int
    failures: int = 0
    since: float = 0.0
    last: float = 0.0
    until: float = 0.0
    is_probed: bool = False
    failing: set[UUID] = field(default_factory=set[UUID])

    def opened(self, now: float) -> Opened | None:
        """What is wrong, unless a request may be sent."""
        if not self.until or (now >= self.until and not self.is_probed):
            return None
        return Opened(self.failures, self.since, max(self.until, now + 1))

    def fail(self, connection: UUID, now: float) -> None:
        """One more in a row. While it is open, those that were under way before say nothing new."""
        self.failures += 1
        self.since = self.since or now
        self.last = now
        self.failing.add(connection)
        if now >= self.until and self.failures >= FAILURES and len(self.failing) >= self.several:
            self.until = now + OPEN_FOR


class Breakers:
    """The circuits of all connections and hosts."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._circuits: dict[Hashable, _Circuit] = {}

    def find(self, connection: UUID, plugin: str, host: str) -> "Breaker":
        """What stands between a connection and a host."""
        return Breaker(self, connection, ((connection, host), (plugin, host)))

    def forget(self, connection: UUID) -> None:
        """Close the circuits of a connection that is gone or has new secrets; it no longer counts against a host."""
        for circuit in self._circuits.values():
            circuit.failing.discard(connection)
        self._circuits = {key: circuit for key, circuit in self._circuits.items() if circuit.failing}

    def opened(self, keys: tuple[Hashable, ...]) -> Opened | None:
        """The circuit that is open for longest, if one is."""
        now = self._clock()
        found = [opened for key in keys if (one := self._circuits.get(key)) and (opened := one.opened(now))]
        return max(found, key=lambda opened: opened.until, default=None)

    def suspected(self, keys: tuple[Hashable, ...]) -> list[_Circuit]:
        """Those that are or were open, and have not been found whole since."""
        return [one for key in keys if (one := self._circuits.get(key)) and one.until]

    def fail(self, keys: tuple[Hashable, ...], connection: UUID) -> None:
        """Count a failure; the second key is that of all connections together."""
        self._sweep()
        now = self._clock()
        for key, several in zip(keys, (1, SEVERAL), strict=True):
            self._circuits.setdefault(key, _Circuit(several)).fail(connection, now)

    def succeed(self, keys: tuple[Hashable, ...]) -> None:
        """Whoever answers is not down."""
        for key in keys:
            self._circuits.pop(key, None)

    def _sweep(self) -> None:
        if len(self._circuits) >= _SWEPT_AT:
            limit = self._clock() - _FORGOTTEN_AFTER
            self._circuits = {key: circuit for key, circuit in self._circuits.items() if circuit.last > limit}


class Breaker:
    """Stands between one connection and one host."""

    def __init__(self, breakers: Breakers, connection: UUID, keys: tuple[Hashable, ...]) -> None:
        self._breakers = breakers
        self._connection = connection
        self._keys = keys

    def check(self) -> None:
        """CircuitOpen while nothing may be sent."""
        if opened := self._breakers.opened(self._keys):
            raise CircuitOpen(opened)

    @property
    def is_whole(self) -> bool:
        """Whether upstream is not suspected to be down, so that more than a probe may be sent."""
        return not self._breakers.suspected(self._keys)

    @contextmanager
    def passing(self) -> Generator[None]:
        """Send one request; CircuitOpen if none may be sent. Behind a circuit that was open it is the only one."""
        self.check()
        probed = self._breakers.suspected(self._keys)
        for circuit in probed:
            circuit.is_probed = True
        try:
            yield
        finally:
            for circuit in probed:
                circuit.is_probed = False

    def record(self, *, failed: bool) -> None:
        """What became of a request."""
        if failed:
            self._breakers.fail(self._keys, self._connection)
        else:
            self._breakers.succeed(self._keys)
