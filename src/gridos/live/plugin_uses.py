"""How many cells use each plugin: what their owner is told before a connection ends."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from gridos.errors import StorageUnavailable, UnknownWorkbook

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Uses:
    """How many of somebody's workbooks, and cells in them, use one plugin."""

    workbooks: int
    cells: int


class UseStore(Protocol):
    """Where the numbers are kept, so that closed workbooks count too."""

    async def put(self, workbook: UUID, cells: Mapping[str, int]) -> None:
        """Replace a workbook's numbers, by plugin; UnknownWorkbook when it was deleted."""
        ...

    async def count(self, owner: UUID, plugin: str) -> Uses:
        """What uses a plugin in the workbooks somebody owns."""
        ...


class UseKeeper:
    """Keeps the numbers of one open workbook, and writes only when they change."""

    def __init__(self, workbook: UUID, store: UseStore) -> None:
        self._workbook = workbook
        self._store = store
        self._now: Mapping[str, int] = {}
        self._kept: Mapping[str, int] | None = None
        self._writing: asyncio.Task[None] | None = None

    def note(self, cells: Mapping[str, int]) -> None:
        """These are the numbers now. Nobody waits for the storage: it may be gone while people edit."""
        self._now = cells
        if cells != self._kept and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write())

    async def settle(self) -> None:
        """Wait until what was noted is written."""
        if self._writing:
            await self._writing

    async def _write(self) -> None:
        try:
            while self._now != self._kept:
                written = self._now
                await self._store.put(self._workbook, written)
                self._kept = written
        except (StorageUnavailable, UnknownWorkbook) as error:
            log.warning("What workbook %s uses could not be kept: %s", self._workbook, error)
