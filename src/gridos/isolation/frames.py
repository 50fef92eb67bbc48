"""What a server and a plugin's process say to each other: one length and one MessagePack message after another."""

import asyncio
import struct
from typing import Any, Final, TypeAlias

import msgspec

from gridos.grid import CellError

LARGEST: Final = 64 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class Call(msgspec.Struct, tag=True):
    """Run a function or source. `arguments` and every other `bytes` below are JSON."""

    id: int
    function: str
    arguments: bytes
    secrets: dict[str, str]
    environment: dict[str, str]
    has_scope: bool
    earlier: bytes = b"null"


class Cancel(msgspec.Struct, tag=True):
    """Nobody waits for a call any more."""

    id: int


class Ping(msgspec.Struct, tag=True):
    """Asks whether anybody is there."""


class Pong(msgspec.Struct, tag=True):
    """Here."""


class Reply(msgspec.Struct, tag=True):
    """The answer to an `Ask`."""

    id: int
    value: bytes = b""
    error: CellError | None = None


class Ask(msgspec.Struct, tag=True):
    """A running call wants something of the server: a request, a source, its days."""

    id: int
    call: int
    what: str
    arguments: dict[str, Any]


class Tell(msgspec.Struct, tag=True):
    """A running call tells the server something, and waits for nothing."""

    call: int
    what: str
    arguments: dict[str, Any]


class Returned(msgspec.Struct, tag=True):
    """
    A call ended: with a value, with an error for the cell, or with an exception, of which only the kind is told.

    `networked` says that it tried to reach a network by itself, which was refused.
    """

    id: int
    value: bytes = b""
    error: CellError | None = None
    raised: str = ""
    networked: bool = False


class Function(msgspec.Struct):
    """One registered function, or source. A batch is told by the least and the most calls it takes."""

    name: str
    live: bool
    asynchronous: bool
    ttl: float
    seconds: float = 0.0
    batch: tuple[int, int] | None = None


class Loaded(msgspec.Struct, tag=True):
    """What plugin.py registered, or the sentence that says why it is not loaded."""

    functions: list[Function] = []
    sources: list[Function] = []
    agents: bytes = b"[]"
    models: bytes = b"[]"
    error: str | None = None


ToPlugin: TypeAlias = Call | Cancel | Reply | Ping
ToServer: TypeAlias = Ask | Tell | Returned | Loaded | Pong

_encoder = msgspec.msgpack.Encoder()
to_plugin = msgspec.msgpack.Decoder(ToPlugin)
to_server = msgspec.msgpack.Decoder(ToServer)


def encode(frame: ToPlugin | ToServer) -> bytes:
    """A frame as it goes over the wire."""
    body = _encoder.encode(frame)
    return _LENGTH.pack(len(body)) + body


async def read(reader: asyncio.StreamReader) -> bytes:
    """The next frame's message; IncompleteReadError at the end, ValueError for one that is too large."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if length > LARGEST:
        raise ValueError
    return await reader.readexactly(length)
