"""
Agrees with the other server processes on who asks upstream, and gives them what came back.

Nobody who waits for an answer waits for it to be saved. A database that does not answer is left alone for a while;
meanwhile this process asks for itself.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar
from uuid import UUID

from gridos.fetching.answer_store import AnswerStore, Claim, Place, Wanted
from gridos.fetching.kept import Kept

_logger = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_SECONDS: Final = 1.0
"""A notice may be missed, so whoever waits for another process also looks this often."""
RENEW_SECONDS: Final = 10.0
SAVE_SECONDS: Final = 0.05
"""Answers that come within this time are saved together."""
AWAY_SECONDS: Final = 15.0
MOST_AT_ONCE: Final = 200


class _Away(Exception):
    """The database does not answer."""


class Sharing:
    """The claims that this process makes, holds and waits for."""

    def __init__(self, store: AnswerStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._wanted: list[tuple[Wanted, asyncio.Future[Claim | None]]] = []
        self._held: set[Place] = set()
        self._done: dict[Place, Kept | None] = {}
        self._saving: Collection[Place] = ()
        self._saved = asyncio.Event()
        self._waiting: dict[UUID, set[asyncio.Future[None]]] = {}
        self._notices = 0
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._away_until = 0.0

    async def find_or_take(self, place: Place, newer_than: float, remember: Callable[[Kept], object]) -> Kept | None:
        """
        What another process has fetched, waiting for it if it is about to; None: this one is to ask, and `give` it.

        `remember` is told whatever is kept, however old.
        """
        while True:
            notices = self._notices
            claim = await self._claim(Wanted(place, newer_than))
            if claim and claim.kept:
                remember(claim.kept)
            if claim is None or claim.is_mine or not claim.is_shared:
                return None
            if claim.kept and claim.kept.is_good(self._clock(), newer_than):
                return claim.kept
            if claim.is_leased and notices == self._notices:
                await self._wait(place.ref.id)

    def give(self, place: Place, kept: Kept | None) -> None:
        """Share what came back, soon; None when nothing did, so that another process may ask at once."""
        if place in self._held:
            self._held.discard(place)
            self._done[place] = kept
            self._go_on("save", self._save)

    def heard(self, connections: Collection[UUID]) -> None:
        """Answers of these connections were saved."""
        self._notices += 1
        for connection in connections:
            for waiting in self._waiting.pop(connection, ()):
                if not waiting.done():
                    waiting.set_result(None)

    def forget(self, connection: UUID) -> None:
        """A connection is gone or has new secrets: what it answered is not shared any more."""
        self._held = {place for place in self._held if place.ref.id != connection}
        self._done = {place: kept for place, kept in self._done.items() if place.ref.id != connection}
        self.heard([connection])

    async def sweep(self) -> None:
        """Delete some of what nobody has used for long."""
        await self._store.sweep()

    async def aclose(self) -> None:
        """Save what is to be saved, and hold nothing any more."""
        for place in list(self._held):
            self.give(place, None)
        if renewing := self._tasks.get("renew"):
            renewing.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    # What is wanted

    async def _claim(self, wanted: Wanted) -> Claim | None:
        """None when the database does not answer."""
        answered: asyncio.Future[Claim | None] = asyncio.get_running_loop().create_future()
        self._wanted.append((wanted, answered))
        self._go_on("claim", self._claim_all)
        return await answered

    async def _claim_all(self) -> None:
        """One statement at a time; what is wanted meanwhile shares the next one."""
        while self._wanted:
            await self._let_go()
            batch = [one for one in self._wanted[:MOST_AT_ONCE] if not one[1].done()]
            self._wanted = self._wanted[MOST_AT_ONCE:]
            claims: Sequence[Claim | None] = [None] * len(batch)
            with suppress(_Away):
                claims = await self._try(lambda: self._store.claim([one for one, _ in batch], self._clock()))  # noqa: B023 -- called before the next round
            for (wanted, answered), claim in zip(batch, claims, strict=True):
                self._settle(wanted.place, answered, claim)

    async def _let_go(self) -> None:
        """A lease that is about to be ended must not be taken again before that: it would be ended in its turn."""
        while any(wanted.place in self._saving for wanted, _ in self._wanted):
            await self._saved.wait()
        for wanted, _ in self._wanted:
            self._done.pop(wanted.place, None)

    def _settle(self, place: Place, answered: "asyncio.Future[Claim | None]", claim: Claim | None) -> None:
        if claim and claim.is_mine:
            self._held.add(place)
            self._go_on("renew", self._renew)
        if answered.done():
            self.give(place, None)  # whoever wanted it has left
        else:
            answered.set_result(claim)

    async def _wait(self, connection: UUID) -> None:
        news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(connection, set())
        waiting.add(news)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await news
        waiting.discard(news)

    # What is held and done

    async def _renew(self) -> None:
        while self._held:
            await asyncio.sleep(RENEW_SECONDS)
            with suppress(_Away):
                await self._try(lambda: self._store.renew(list(self._held)))

    async def _save(self) -> None:
        while self._done:
            await asyncio.sleep(SAVE_SECONDS)
            batch = list(self._done.items())[:MOST_AT_ONCE]
            self._saving = [place for place, _ in batch]
            for place in self._saving:
                del self._done[place]
            with suppress(_Away):
                await self._try(lambda: self._store.save(batch))  # noqa: B023 -- called before the next round
            self._saving = ()
            self._saved.set()
            self._saved.clear()

    def _go_on(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = self._tasks.get(name)
        if task is None or task.done():
            self._tasks[name] = asyncio.create_task(work(), name=f"answers: {name}")

    async def _try(self, work: Callable[[], Awaitable[T]]) -> T:
        if time.monotonic() < self._away_until:
            raise _Away
        try:
            outcome = await work()
        except Exception as trouble:  # noqa: BLE001 -- whatever storage does, cells must not stay loading
            # The kind alone: a statement's words may hold an answer.
            if not self._away_until:
                _logger.warning("answers are not shared with other processes now: %s", type(trouble).__name__)
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise _Away from None
        if self._away_until:
            _logger.info("answers are shared with other processes again")
            self._away_until = 0.0
        return outcome
