"""When a workbook's snapshot is written: soon after answers came, and after so many edits."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from gridos.errors import StorageUnavailable, UnknownWorkbook
from gridos.workbooks import Snapshot, WorkbookLog

log = logging.getLogger(__name__)

# An unused snapshot costs a write, a missing one a longer opening.
SNAPSHOT_SECONDS = 2.0
SNAPSHOT_OPS = 100


class Snapshots:
    """One open workbook's, written in the background. `take` gives what is to be kept."""

    def __init__(self, workbook: UUID, seq: int, log: WorkbookLog, take: Callable[[], Awaitable[Snapshot]]) -> None:
        self._workbook = workbook
        self._kept_seq = seq
        self._log = log
        self._take = take
        self._writing: asyncio.Task[None] | None = None

    def note_edit(self, seq: int) -> None:
        """The workbook is at this seq; write when that is far from what is kept."""
        if seq - self._kept_seq >= SNAPSHOT_OPS:
            self.write_soon()

    def write_soon(self) -> None:
        """Write in a while; many wishes meanwhile are one."""
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        await asyncio.sleep(SNAPSHOT_SECONDS)
        await self.write()

    async def write(self) -> None:
        """Write now."""
        snapshot = await self._take()
        try:
            await self._log.put_snapshot(self._workbook, snapshot)
            self._kept_seq = snapshot.seq
        except (StorageUnavailable, UnknownWorkbook) as error:
            log.warning("No snapshot of workbook %s: %s", self._workbook, error)

    async def close(self) -> None:
        """Write at once what was to be written in a while."""
        if self._writing and not self._writing.done():
            self._writing.cancel()
            await self.write()
