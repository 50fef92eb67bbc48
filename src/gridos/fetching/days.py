"""Totals per day, kept for a connection at one version."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Protocol
from uuid import UUID

from gridos.errors import StorageUnavailable
from gridos.fetching import failures
from gridos.plugins import ConnectionRef, Day, UpstreamError


class DayStore(Protocol):
    """Keeps days under a connection, its version, a series and a zone."""

    async def read(self, ref: ConnectionRef, series: str, zone: str, first: date, last: date) -> Mapping[date, Day]:
        """See `plugins.Days`."""
        ...

    async def put(self, ref: ConnectionRef, series: str, zone: str, days: Mapping[date, Day]) -> None:
        """See `plugins.Days`. Days of a version that is gone are not kept."""
        ...

    async def confirm(self, ref: ConnectionRef, series: str, zone: str, first: date, last: date, as_of: float) -> None:
        """See `plugins.Days`."""
        ...


class ConnectionDays:
    """Implements `plugins.Days` for one call's connection."""

    def __init__(self, ref: ConnectionRef, store: DayStore) -> None:
        self._ref = ref
        self._store = store

    async def read(self, series: str, zone: str, first: date, last: date) -> Mapping[date, Day]:
        """See `plugins.Days`."""
        with self._trouble_shown():
            return await self._store.read(self._ref, series, zone, first, last)

    async def put(self, series: str, zone: str, days: Mapping[date, Day]) -> None:
        """See `plugins.Days`."""
        with self._trouble_shown():
            await self._store.put(self._ref, series, zone, days)

    async def confirm(self, series: str, zone: str, first: date, last: date, as_of: float) -> None:
        """See `plugins.Days`."""
        with self._trouble_shown():
            await self._store.confirm(self._ref, series, zone, first, last, as_of)

    @contextmanager
    def _trouble_shown(self) -> Generator[None]:
        """A database that does not answer is no mistake of the plugin's."""
        try:
            yield
        except StorageUnavailable as trouble:
            raise UpstreamError(failures.not_opened(self._ref.plugin, trouble)) from None


class MemoryDays:
    """A `DayStore` that forgets when the process ends: for the test kit, which has no database."""

    def __init__(self) -> None:
        self._kept: dict[tuple[UUID, int, str, str], dict[date, Day]] = {}

    def _of(self, ref: ConnectionRef, series: str, zone: str) -> dict[date, Day]:
        return self._kept.setdefault((ref.id, ref.version, series, zone), {})

    async def read(self, ref: ConnectionRef, series: str, zone: str, first: date, last: date) -> Mapping[date, Day]:
        """See `DayStore`."""
        return {day: kept for day, kept in self._of(ref, series, zone).items() if first <= day <= last}

    async def put(self, ref: ConnectionRef, series: str, zone: str, days: Mapping[date, Day]) -> None:
        """See `DayStore`."""
        self._of(ref, series, zone).update(days)

    async def confirm(self, ref: ConnectionRef, series: str, zone: str, first: date, last: date, as_of: float) -> None:
        """See `DayStore`."""
        kept = self._of(ref, series, zone)
        kept |= {day: replace(one, as_of=max(one.as_of, as_of)) for day, one in kept.items() if first <= day <= last}
