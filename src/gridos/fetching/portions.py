"""Takes in what an upstream sends a little at a time, so that one that floods leaves the loop to everybody else."""

import asyncio
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

PORTION: Final = 16 * 1024
"""Bytes of one connection that a turn of the loop takes in. uvloop would bring up to eight megabytes of them."""
MOST_UNREAD: Final = 100
"""Heads that nobody has read yet. Before an answer there may be a few hints (RFC 9110, section 15.2)."""


class PortionsConnector(aiohttp.TCPConnector):
    """A connector whose connections take in portions."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # pyright: ignore[reportUnknownMemberType] -- the library's own
        self._factory = partial(Portions, loop=self._loop)


class Portions(ResponseHandler):
    """One connection. While it holds some of what came, no more is read from its socket."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._held = bytearray()
        self._next: asyncio.Handle | None = None

    def is_connected(self) -> bool:
        """Whether it may be used once more: what came unasked would be taken for the answer to the next request."""
        return super().is_connected() and not self._held and not len(self)

    def data_received(self, data: bytes) -> None:
        """Nothing came when the reader is ready for more of what the parser has."""
        if not data:
            super().data_received(data)
            return
        self._held += data
        if self._next is None:
            self._take()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 -- the library's signature
        """The reader has caught up."""
        super().resume_reading(resume_parser)
        self._take_later()

    def connection_lost(self, exc: BaseException | None) -> None:
        """What came before the end still counts."""
        if self._next:
            self._next.cancel()
        while self._held and self._is_sound:
            self._parse()
        super().connection_lost(exc)

    def _take(self) -> None:
        self._next = None
        if self._reading_paused or not self._is_sound:
            return
        self._parse()
        if self._held:
            self._pause_reading_for_buffer()
            self._take_later()
        elif self._buffer_paused:
            self._resume_reading_for_buffer()

    def _parse(self) -> None:
        portion = bytes(self._held[:PORTION])
        del self._held[:PORTION]
        super().data_received(portion)
        if len(self) > MOST_UNREAD and self.transport:
            self.set_exception(HttpProcessingError())
            self.transport.abort()

    @property
    def _is_sound(self) -> bool:
        return self.transport is not None and self.exception() is None

    def _take_later(self) -> None:
        if self._held and self._next is None:
            self._next = self._loop.call_soon(self._take)
