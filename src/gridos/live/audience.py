"""Who watches an open workbook, and telling them, without ever waiting for any of them."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum, auto
from uuid import UUID

from gridos.grid import CellRange, Move
from gridos.live.news import Cell, Changes, News, Picture, Presence, Present, Progress, Values
from gridos.workbooks import Person

# More unsent news than this, and it is quicker to ask what was missed than to be told all of it.
MOST_UNSENT = 256
PRESENCE_SECONDS = 0.1
PROGRESS_SECONDS = 0.5


class End(Enum):
    """Why somebody watches no longer."""

    DELETED = auto()
    REMOVED = auto()
    SIGNED_OUT = auto()
    TOO_SLOW = auto()
    TOO_LARGE = auto()
    UNAVAILABLE = auto()
    STOPPING = auto()


class Watcher:
    """
    One socket's place in the audience, and the news it has not been sent yet.

    While it is in doubt whether the person may still watch, nothing is handed out; once watching has ended, never
    again.
    """

    def __init__(self, person: Person, *, is_viewer: bool) -> None:
        self.person = person
        self.is_viewer = is_viewer
        self.place: CellRange | None = None
        self.end: End | None = None
        self.is_listening = False
        self._unsent: deque[News] = deque()
        self._stirred = asyncio.Event()
        self._doubted = asyncio.Event()
        self._sure = asyncio.Event()
        self._sure.set()
        self._ended = asyncio.Event()

    def listen(self) -> None:
        """From now on also be told what happens to cells."""
        self.is_listening = True

    def hush(self) -> None:
        """Be told nothing of cells until `listen`: what is unsent of them is made up for by then."""
        self.is_listening = False
        self._unsent = deque(one for one in self._unsent if not isinstance(one, Picture | Changes | Values))

    def tell(self, news: News) -> None:
        """Put it among the unsent; of who is present and how far calls are, only the latest counts."""
        if self.end or (isinstance(news, Changes | Values) and not self.is_listening):
            return
        if isinstance(news, Presence | Progress):
            self._unsent = deque(one for one in self._unsent if type(one) is not type(news))
        if len(self._unsent) >= MOST_UNSENT:
            self.finish(End.TOO_SLOW)
            return
        self._unsent.append(news)
        self._stirred.set()

    async def next(self) -> News:
        """Wait for the next news that may be sent."""
        while not (self._unsent and self._sure.is_set()):
            self._stirred.clear()
            if self._unsent:
                await self._sure.wait()
            else:
                await self._stirred.wait()
        return self._unsent.popleft()

    def doubt(self) -> None:
        """Something about this person's access may have changed: hold everything until it was looked at."""
        self._sure.clear()
        self._doubted.set()

    async def wait_for_doubt(self, seconds: float) -> None:
        """Return when there is a doubt, or after a time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._doubted.wait()
        self._doubted.clear()

    async def certainty(self) -> None:
        """Wait until there is no doubt."""
        await self._sure.wait()

    def trust(self) -> None:
        """Hand out news again, unless another doubt came meanwhile."""
        if not self._doubted.is_set():
            self._sure.set()

    def finish(self, end: End) -> None:
        """End watching. The first reason counts, and what is unsent stays so."""
        self.end = self.end or end
        self._unsent.clear()
        self._ended.set()

    async def ended(self) -> None:
        """Wait for the end."""
        await self._ended.wait()


class Throttle:
    """Acts on a wish soon, but not more often than every so many seconds; many wishes meanwhile are one."""

    def __init__(self, seconds: float, act: Callable[[], None]) -> None:
        self._seconds = seconds
        self._act = act
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0.0

    def wish(self) -> None:
        """Act as soon as it is allowed."""
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._timer = loop.call_at(max(loop.time(), self._next), self._now)

    def _now(self) -> None:
        self._timer = None
        self._next = asyncio.get_running_loop().time() + self._seconds
        self._act()

    def stop(self) -> None:
        """Forget a wish."""
        if self._timer:
            self._timer.cancel()
            self._timer = None


class Audience:
    """Everybody who watches one open workbook through this server process."""

    def __init__(self, progress: Callable[[], Progress]) -> None:
        self._watchers: dict[Watcher, None] = {}
        self._progress = progress
        self._presence_pace = Throttle(PRESENCE_SECONDS, self._tell_presence)
        self._progress_pace = Throttle(PROGRESS_SECONDS, self._tell_progress)

    def __len__(self) -> int:
        """How many sockets watch."""
        return len(self._watchers)

    @property
    def has_editors(self) -> bool:
        """Whether somebody watches who may cause calls."""
        return any(not watcher.is_viewer for watcher in self._watchers)

    def join(self, watcher: Watcher) -> None:
        """Begin to watch."""
        self._watchers[watcher] = None
        self._presence_pace.wish()

    def leave(self, watcher: Watcher) -> None:
        """Watch no longer."""
        self._watchers.pop(watcher, None)
        if self._watchers:
            self._presence_pace.wish()

    def select(self, watcher: Watcher, place: CellRange) -> None:
        """Somebody selected something. Of a person's several windows the last one used counts."""
        watcher.place = place
        self._watchers.pop(watcher, None)
        self.join(watcher)

    def move(self, moves: Sequence[Move]) -> None:
        """Cells moved: what somebody has selected is where they went."""
        for watcher in self._watchers:
            for move in moves:
                watcher.place = watcher.place and move.area(watcher.place)
        if moves and self._watchers:
            self._presence_pace.wish()

    def tell(self, news: Changes | Values, for_viewer: Callable[[Cell], Cell]) -> None:
        """Tell everybody, each as they may see it; one object for all who see the same."""
        if not self._watchers:
            return
        seen = [for_viewer(cell) for cell in news.cells]
        is_same = all(one is other for one, other in zip(seen, news.cells, strict=True))
        for_viewers = news if is_same else replace(news, cells=seen)
        for watcher in list(self._watchers):
            watcher.tell(for_viewers if watcher.is_viewer else news)

    def show_progress(self) -> None:
        """Tell how far the calls are, within half a second."""
        if self._watchers:
            self._progress_pace.wish()

    def _tell_progress(self) -> None:
        self._tell_all(self._progress())

    def _tell_presence(self) -> None:
        present: dict[object, Present] = {}
        for watcher in self._watchers:
            if watcher.place or watcher.person.id not in present:
                present[watcher.person.id] = Present(watcher.person, watcher.place)
        self._tell_all(Presence(list(present.values())))

    def _tell_all(self, news: News) -> None:
        for watcher in self._watchers:
            watcher.tell(news)

    def doubt(self, person: UUID | None = None) -> None:
        """Somebody's access may have changed: this person's, or anybody's."""
        for watcher in self._watchers:
            if person in {None, watcher.person.id}:
                watcher.doubt()

    def finish(self, end: End) -> None:
        """Nobody watches from now on."""
        for watcher in self._watchers:
            watcher.finish(end)
        self._presence_pace.stop()
        self._progress_pace.stop()
