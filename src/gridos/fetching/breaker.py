"""
Stops asking an upstream that fails again and again, and tries it with one request before it asks on.

A circuit for each connection at each host is opened by that connection's own failures. One for each host is opened
only when several connections fail there, so that one owner's mistyped shop stops nobody else.
"""

from collections import OrderedDict
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
MOST_ANSWERED: Final = 10_000
"""Circuits of which the last success is remembered."""
_FORGOTTEN_AFTER: Final = 3600.0
_SWEPT_AT: Final = 1_000


class Opened(NamedTuple):
    """How many failed in a row, when the first of them did, and when upstream is tried next."""

    failures: int
    since: float
    until: float


class Opening(NamedTuple):
    """A circuit that has just opened: that of one connection, or the one of all connections of the plugin."""

    plugin: str
    host: str
    is_for_all: bool
    opened: Opened


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

    def fail(self, connection: UUID, now: float) -> bool:
        """One more in a row: whether it opens. While it is open, those that were under way before say nothing new."""
        self.failures += 1
        self.since = self.since or now
        self.last = now
        self.failing.add(connection)
        opens = now >= self.until and self.failures >= FAILURES and len(self.failing) >= self.several
        if opens:
            self.until = now + OPEN_FOR
        return opens

    def hear(self, connection: UUID, opened: Opened, now: float) -> None:
        """As open as it is elsewhere."""
        self.failures = max(self.failures, opened.failures)
        self.since = min(self.since or opened.since, opened.since)
        self.last = now
        self.until = max(self.until, opened.until)
        self.failing.add(connection)


class Breakers:
    """The circuits of all connections and hosts."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._circuits: dict[Hashable, _Circuit] = {}
        self._answered: OrderedDict[Hashable, float] = OrderedDict()

    def find(self, connection: UUID, plugin: str, host: str) -> "Breaker":
        """What stands between a connection and a host."""
        return Breaker(self, connection, plugin, host)

    def hear(self, connection: UUID, opening: Opening) -> None:
        """
        Take over that a circuit has opened in another process.

        Unless upstream has answered here since it began to fail there: then that process is what is cut off.
        """
        own, for_all = _keys(connection, opening.plugin, opening.host)
        key, several = (for_all, SEVERAL) if opening.is_for_all else (own, 1)
        if self._answered.get(key, 0.0) <= opening.opened.since:
            self._circuits.setdefault(key, _Circuit(several)).hear(connection, opening.opened, self._clock())

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

    def fail(self, keys: tuple[Hashable, ...], connection: UUID) -> list[Opened | None]:
        """Count a failure; the second key is that of all connections together. Says which circuits it has opened."""
        self._sweep()
        now = self._clock()
        circuits = [
            self._circuits.setdefault(key, _Circuit(several)) for key, several in zip(keys, (1, SEVERAL), strict=True)
        ]
        return [circuit.opened(now) if circuit.fail(connection, now) else None for circuit in circuits]

    def succeed(self, keys: tuple[Hashable, ...]) -> None:
        """Whoever answers is not down."""
        for key in keys:
            self._circuits.pop(key, None)
            self._answered[key] = self._clock()
            self._answered.move_to_end(key)
        while len(self._answered) > MOST_ANSWERED:
            self._answered.popitem(last=False)

    def _sweep(self) -> None:
        if len(self._circuits) >= _SWEPT_AT:
            limit = self._clock() - _FORGOTTEN_AFTER
            self._circuits = {key: circuit for key, circuit in self._circuits.items() if circuit.last > limit}


def _keys(connection: UUID, plugin: str, host: str) -> tuple[Hashable, Hashable]:
    """That of one connection, and that of all together."""
    return (connection, host), (plugin, host)


class Breaker:
    """Stands between one connection and one host."""

    def __init__(self, breakers: Breakers, connection: UUID, plugin: str, host: str) -> None:
        self._breakers = breakers
        self._connection = connection
        self._plugin, self._host = plugin, host
        self._keys = _keys(connection, plugin, host)

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

    def record(self, *, failed: bool) -> list[Opening]:
        """What became of a request; gives the circuits that it has opened."""
        if not failed:
            self._breakers.succeed(self._keys)
            return []
        found = zip((False, True), self._breakers.fail(self._keys, self._connection), strict=True)
        return [Opening(self._plugin, self._host, is_for_all, opened) for is_for_all, opened in found if opened]
