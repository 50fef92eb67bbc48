"""Gives every (plugin, owner) a process of its own while there is something to do."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from gridos.isolation.frames import Returned
from gridos.isolation.processes import Forks, Process, ProcessEnded
from gridos.plugins import CallScope

MOST: Final = 64
"""Processes at the same time. The one that was idle longest ends when another is needed."""
IDLE_SECONDS: Final = 60.0
PURE_SECONDS: Final = 5.0
"""What a pass of a workbook waits for one function of a plugin that asks nobody."""
REST_SECONDS: Final = 30.0


class PluginFailed(Exception):
    """A plugin's function did not come through."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose process it is: a plugin's for a connection at one version, or for its functions that ask nobody."""

    folder: Path
    connection: UUID | None = None
    version: int = 0


class Workers:
    """All processes of plugins."""

    def __init__(self, forks: Forks) -> None:
        self.forks = forks
        self._processes: OrderedDict[Place, Process] = OrderedDict()
        self._resting: dict[Place, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tidying: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Belong to the running event loop from now on."""
        self._loop = asyncio.get_running_loop()

    async def run(self, place: Place, function: str, arguments: str, scope: CallScope | None = None) -> Returned:
        """
        A call in its place's process; ProcessEnded when it ends its process.

        A call that was in a process when that ended is run once more, alone: a crash costs only its cause.
        """
        with suppress(ProcessEnded):
            return await self._at(place).run(function, arguments, scope)
        alone = Process(self.forks, place.folder)
        try:
            return await alone.run(function, arguments, scope)
        finally:
            alone.end()

    def run_pure(self, folder: Path, function: str, *arguments: Any) -> Any:
        """
        What a function gives that asks nobody; for a pass of a workbook, which waits in its own thread.

        PluginFailed when it raises, ends its process or takes too long; then it rests for a while, so that a thousand
        cells do not each wait.
        """
        place = Place(folder)
        if self._loop is None or self._resting.get(place, 0.0) > time.monotonic():
            raise PluginFailed
        work = self.run(place, function, json.dumps(arguments))
        waiting = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            returned = waiting.result(PURE_SECONDS)
        except (TimeoutError, ProcessEnded):
            waiting.cancel()
            self._resting[place] = time.monotonic() + REST_SECONDS
            raise PluginFailed from None
        if returned.raised or returned.networked:
            raise PluginFailed
        return returned.error or json.loads(returned.value)

    def forget(self, connection: UUID) -> None:
        """End the processes of a connection that is gone or has new secrets."""
        self._end([place for place in self._processes if place.connection == connection])

    def end_all(self) -> None:
        """End every process."""
        if self._tidying:
            self._tidying.cancel()
        self._end(list(self._processes))

    def close(self) -> None:
        """End every process, and what they come from."""
        self.end_all()
        self.forks.close()

    def _at(self, place: Place) -> Process:
        process = self._processes.get(place)
        if process is None or process.ended:
            self._make_room()
            process = self._processes[place] = Process(self.forks, place.folder)
        self._processes.move_to_end(place)
        self._tidy_later()
        return process

    def _make_room(self) -> None:
        idle = [place for place, process in self._processes.items() if not process.is_busy]
        self._end(idle[: max(0, len(self._processes) - MOST + 1)])

    def _end(self, places: Iterable[Place]) -> None:
        for place in places:
            self._processes.pop(place).end()

    def _tidy_later(self) -> None:
        if self._tidying is None:
            self._tidying = asyncio.get_running_loop().call_later(IDLE_SECONDS / 2, self._tidy)

    def _tidy(self) -> None:
        self._tidying = None
        limit = asyncio.get_running_loop().time() - IDLE_SECONDS
        self._end(
            [
                place
                for place, process in self._processes.items()
                if process.ended or (not process.is_busy and process.used_at < limit)
            ]
        )
        if self._processes:
            self._tidy_later()
