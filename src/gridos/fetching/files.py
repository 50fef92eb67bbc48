"""Reads a file of any size line by line, and never takes a part of it for the whole."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final

import aiohttp

LONGEST_LINE: Final = 1024 * 1024
_BLOCK: Final = 64 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS
"""zlib's number for "with a header and a checksum of gzip's"."""


class UnreadableFile(Exception):
    """What came is not a whole file of lines. The words are ours and may be shown."""


async def read_lines(answer: aiohttp.ClientResponse) -> AsyncGenerator[str]:
    """
    The lines of an answer's body, without their ends. Only a line feed ends a line: JSON may hold any other separator.

    The answer must say how long it is, and must not have been decompressed.
    """
    held = bytearray()
    async with aclosing(_blocks(answer)) as blocks:
        async for block in blocks:
            held += block
            if b"\n" in block:
                *whole, rest = bytes(held).split(b"\n")
                held = bytearray(rest)
                for line in whole:
                    yield _text(line)
            if len(held) > LONGEST_LINE:
                raise UnreadableFile("A line of its file is longer than 1 MB.")
            await asyncio.sleep(0)  # what has arrived is read without waiting, and others want the loop too
    if held:
        yield _text(held)


def _text(line: bytes | bytearray) -> str:
    if len(line) > LONGEST_LINE:
        raise UnreadableFile("A line of its file is longer than 1 MB.")
    try:
        return line.decode().removesuffix("\r")
    except UnicodeDecodeError:
        raise UnreadableFile("Its file is not text in UTF-8.") from None


def _blocks(answer: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
    # A body that ends when the connection does may have been cut off anywhere (RFC 9112, section 8).
    chunked = answer.headers.get("Transfer-Encoding", "").lower().endswith("chunked")
    if not chunked and "Content-Length" not in answer.headers:
        raise UnreadableFile("It does not say how long its file is.")
    match answer.headers.get("Content-Encoding", "identity").lower():
        case "identity":
            return _plain(answer.content.iter_chunked(_BLOCK))
        case "gzip" | "x-gzip":
            return _unpacked(answer.content.iter_chunked(_BLOCK))
        case _:
            raise UnreadableFile("Its file cannot be decompressed.")


async def _plain(blocks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    async for block in blocks:
        yield block


async def _unpacked(packed: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """At most a block at a time, however well it was packed. The client library would not miss the end of a file."""
    unpacker = zlib.decompressobj(_GZIP)
    async for block in packed:
        data = block
        while data:
            if unpacker.eof:  # a gzip file may be several behind one another (RFC 1952, section 2.2)
                unpacker = zlib.decompressobj(_GZIP)
            try:
                yield unpacker.decompress(data, _BLOCK)
            except zlib.error:
                raise UnreadableFile("Its file cannot be decompressed.") from None
            data = unpacker.unconsumed_tail or unpacker.unused_data
    if not unpacker.eof:
        raise UnreadableFile("Its file ends in the middle.")
