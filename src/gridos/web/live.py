"""
The live socket of a workbook: edits one way, news the other.

It is guarded as a route is: the origin before anything else, then who asks, then whether the workbook is theirs. An
edit is admitted as a request would be, and whoever only listens is looked at again whenever their access may have
changed, and every half a minute.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Coroutine, Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from gridos.accounts import Scope
from gridos.errors import (
    ForeignOrigin,
    GridOSError,
    ScopeMissing,
    SignInRequired,
    TooManyTries,
    Unavailable,
    UnknownWorkbook,
)
from gridos.grid import edit_from_json, parse_range
from gridos.live import Ack, Description, End, Hub, News, OpenWorkbook, Picture, Refusal, Watcher
from gridos.web.frames import (
    ClientFrame,
    Cursor,
    EditBatch,
    Hello,
    encode_frame,
    find_id,
    read_frame,
    refusal,
    write_farewell,
    write_frame,
)
from gridos.web.guarding import Guard
from gridos.web.workbooks import workbook_id
from gridos.workbooks import Person, Workbook, Workbooks

log = logging.getLogger(__name__)

RECHECK_SECONDS = 30.0
LARGEST_FRAME = 4 * 1_048_576
# Beyond this a socket is read more slowly. Nothing of it is lost: the sender waits.
MOST_FRAMES_A_SECOND = 50
# How many of a socket's own edits are remembered, so that they do not collide with its next one.
OWN_EDITS = 1_000
FAREWELL_SECONDS = 5.0


class Farewell(NamedTuple):
    """How a socket closes. With a `reason` coming back is of no use, and a last frame says why."""

    code: int
    reason: str | None = None
    message: str = ""


NOT_ALLOWED = 4403
TOO_MANY = 4429
MOST_SOCKETS = 50
"""Of one person at one server process: more are a program that does not close its own."""
FAILED = Farewell(1011)
FAREWELLS: Mapping[End, Farewell] = {
    End.DELETED: Farewell(4404, "deleted", "This workbook was deleted."),
    End.REMOVED: Farewell(4404, "removed", "This workbook is no longer shared with you."),
    End.SIGNED_OUT: Farewell(4401, "signed out", "Your session has ended. Sign in to go on."),
    End.TOO_SLOW: Farewell(4408),
    End.TOO_LARGE: Farewell(1009),
    End.UNAVAILABLE: Farewell(1013),
    End.STOPPING: Farewell(1012),
}


def router(workbooks: Workbooks, hub: Hub) -> APIRouter:
    """The route of `/workbook/{id}/live`."""
    routes, places = APIRouter(), _Places()

    @routes.websocket("/workbook/{workbook}/live")
    async def live(socket: WebSocket, workbook: str) -> None:
        guard: Guard = socket.app.state.guard
        try:
            guard.check_origin(socket)
        except ForeignOrigin:
            # Refused before the handshake: a page of another site gets no socket, not even a closing one.
            await socket.close(NOT_ALLOWED)
            return
        await socket.accept()
        with suppress(WebSocketDisconnect):
            await _serve(socket, _Entrance(socket, guard, workbooks, hub, workbook), places)

    return routes


class _Entrance:
    """Who is at the other end of a socket, and whether they may be there, looked at as often as need be."""

    def __init__(self, socket: WebSocket, guard: Guard, workbooks: Workbooks, hub: Hub, workbook: str) -> None:
        self._socket = socket
        self._guard = guard
        self._workbooks = workbooks
        self._workbook = workbook
        self.hub = hub

    async def admit(self, scope: Scope = "read") -> tuple[Person, Workbook]:
        """
        The person and the workbook as they see it.

        Raises SignInRequired, ScopeMissing, TooManyTries, UnknownWorkbook or Unavailable.
        """
        user = await self._guard.sign_in(self._socket, scope)
        found = await self._workbooks.get(user.id, workbook_id(self._workbook))
        return Person(user.id, user.email), found


class _Places:
    """How many sockets each person has."""

    def __init__(self) -> None:
        self._taken: Counter[UUID] = Counter()

    @contextmanager
    def taken(self, person: UUID) -> Generator[bool]:
        """One place for as long as the context lasts; False when there is none left."""
        is_free = self._taken[person] < MOST_SOCKETS
        self._taken[person] += is_free
        try:
            yield is_free
        finally:
            self._taken[person] -= is_free
            if not self._taken[person]:
                del self._taken[person]


async def _serve(socket: WebSocket, entrance: _Entrance, places: _Places) -> None:
    try:
        person, found = await entrance.admit()
        opened = await entrance.hub.open(found)
    except SignInRequired:
        await socket.close(FAREWELLS[End.SIGNED_OUT].code)
    except ScopeMissing:
        await socket.close(NOT_ALLOWED)
    except UnknownWorkbook:
        await socket.close(FAREWELLS[End.DELETED].code)
    except (TooManyTries, Unavailable):
        await socket.close(FAREWELLS[End.UNAVAILABLE].code)
    else:
        with places.taken(person.id) as is_free:
            if is_free:
                await _Line(socket, entrance, person, found, opened).serve()
            else:
                await socket.close(TOO_MANY)


class _Line:
    """One socket that is in."""

    def __init__(
        self, socket: WebSocket, entrance: _Entrance, person: Person, found: Workbook, opened: OpenWorkbook
    ) -> None:
        self._socket = socket
        self._entrance = entrance
        self._found = found
        self._opened = opened
        self._watcher = Watcher(person, is_viewer=not found.can_edit)
        self._own: deque[int] = deque(maxlen=OWN_EDITS)

    async def serve(self) -> None:
        """Pass frames both ways until either side has had enough."""
        self._opened.audience.join(self._watcher)
        work: list[Coroutine[Any, Any, None]] = [
            self._receive(),
            self._send(),
            self._look_again(),
            self._watcher.ended(),
        ]
        tasks = [asyncio.create_task(one) for one in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._opened.audience.leave(self._watcher)
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await self._say_farewell(outcomes)

    async def _say_farewell(self, outcomes: list[BaseException | None]) -> None:
        """A client that does not read may not hear it: it is hung up on all the same."""
        farewell = FAREWELLS[self._watcher.end] if self._watcher.end else None
        for fault in outcomes:
            if isinstance(fault, Exception) and not isinstance(fault, WebSocketDisconnect):
                log.error("A live socket failed", exc_info=fault)
                farewell = farewell or FAILED
        if farewell is None:
            return
        with suppress(TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(FAREWELL_SECONDS):
                if farewell.reason:
                    await self._socket.send_text(write_farewell(farewell.reason, farewell.message))
                await self._socket.close(farewell.code)

    # What is sent

    async def _send(self) -> None:
        while True:
            news = await self._watcher.next()
            role = self._found.role
            text = await self._write(news)
            await self._watcher.certainty()
            if role == self._found.role or isinstance(news, Ack | Refusal):
                await self._socket.send_text(text)

    async def _write(self, news: News) -> str:
        """A whole workbook takes a while, for which other sockets need not wait."""
        if isinstance(news, Picture):
            return await asyncio.to_thread(encode_frame, news, self._opened.owner)
        return write_frame(news, self._opened.owner)

    async def _look_again(self) -> None:
        while True:
            await self._watcher.wait_for_doubt(RECHECK_SECONDS)
            try:
                await self._admit()
            except GridOSError:
                self._watcher.finish(End.UNAVAILABLE)
                return
            self._watcher.trust()

    async def _admit(self, scope: Scope = "read") -> None:
        """Look at the sign-in and the role again. Watching ends if either is gone; Unavailable if nobody can say."""
        try:
            _, found = await self._entrance.admit(scope)
        except (SignInRequired, TooManyTries):  # only a key that is not known any more is counted as a wrong one
            self._watcher.finish(End.SIGNED_OUT)
            raise
        except UnknownWorkbook:
            is_deleted = await self._entrance.hub.is_deleted(self._found.id)
            self._watcher.finish(End.DELETED if is_deleted else End.REMOVED)
            raise
        self._opened.refresh_minutes = found.refresh_minutes
        known, self._found = self._found, found
        self._watcher.is_viewer = not found.can_edit
        if self._watcher.is_listening:
            await self._tell_what_differs(known, found)

    async def _tell_what_differs(self, known: Workbook, found: Workbook) -> None:
        if known.role != found.role:
            await self._opened.greet(self._watcher, found)
        elif (known.title, known.refresh_minutes) != (found.title, found.refresh_minutes):
            self._watcher.tell(Description(found.title, found.refresh_minutes))

    # What is received

    async def _receive(self) -> None:
        pace = _Pace()
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            frame: str | bytes = message.get("text") or message.get("bytes") or ""
            if len(frame) > LARGEST_FRAME:
                self._watcher.finish(End.TOO_LARGE)
                return
            await self._take(frame)
            await pace.keep()

    async def _take(self, frame: str | bytes) -> None:
        try:
            await self._act(read_frame(frame))
        except GridOSError as error:
            self._watcher.tell(refusal(find_id(frame), error))
        except Exception:  # one frame must not end the others
            log.exception("A frame of a live socket could not be acted on")
            self._watcher.tell(Refusal(find_id(frame), "failed", "Something went wrong in GridOS."))

    async def _act(self, frame: ClientFrame) -> None:
        match frame:
            case Hello(seq):
                await self._opened.greet(self._watcher, self._found, seq)
            case EditBatch():
                await self._edit(frame)
            case Cursor(sheet, area):
                place = parse_range(self._opened.book.sheet(sheet).name, area)
                self._opened.audience.select(self._watcher, place)

    async def _edit(self, batch: EditBatch) -> None:
        await self._admit("write")
        self._found.require_editor()
        edits = [edit_from_json(one) for one in batch.edits]
        # What was begun is brought to its end, also when the socket closes meanwhile.
        work = asyncio.create_task(
            self._opened.edit(self._watcher.person.id, edits, batch.base_seq, batch.id, self._own)
        )
        seq, _ = await asyncio.shield(work)
        self._own.append(seq)
        self._watcher.tell(Ack(batch.id, seq))


class _Pace:
    """Lets a second's worth of frames pass at once, and then only as many as there may be in a second."""

    def __init__(self) -> None:
        self._free_at = 0.0

    async def keep(self) -> None:
        """Wait until the next frame may be read."""
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now - 1) + 1 / MOST_FRAMES_A_SECOND
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)
