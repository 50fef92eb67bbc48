"""What a call in a plugin's process gets of a file, and how much of it the server holds meanwhile."""

import json
from collections.abc import AsyncIterator
from typing import cast

import pytest

from gridos.isolation.grants import CHARACTERS_AT_ONCE, LINES_AT_ONCE, Grants
from gridos.plugins import CallScope, Http, Manifest
from gridos.plugins.days import Days


class File:
    """Lines of one length, and how many were taken."""

    def __init__(self, lines: int, length: int) -> None:
        self._lines, self._length = lines, length
        self.taken = 0

    async def lines(self, _address: str) -> AsyncIterator[str]:
        """As `Http` says."""
        for _ in range(self._lines):
            self.taken += 1
            yield "x" * self._length


async def read(file: File) -> list[int]:
    """Read it all, as a plugin's process does: how many lines came each time."""
    http, unused = cast("Http", file), cast("Days", None)
    scope = CallScope(Manifest(slug="probe"), {}, http=http, days=unused, ask_source=print, progress=print)  # pyright: ignore[reportArgumentType] -- not asked here
    grants, batches = Grants(scope), list[int]()
    handle = json.loads(await grants.grant("open_lines", {"address": "/file"}))
    while batch := json.loads(await grants.grant("read_lines", {"handle": handle})):
        batches.append(len(batch))
        assert file.taken == sum(batches), "no line is taken before it is asked for"
    return batches


@pytest.mark.parametrize(
    ("lines", "length", "batches"),
    [
        (2_500, 10, [LINES_AT_ONCE, LINES_AT_ONCE, 500]),
        (5, CHARACTERS_AT_ONCE, [1] * 5),
        (9, CHARACTERS_AT_ONCE // 4, [4, 4, 1]),
        (0, 10, []),
    ],
)
async def test_a_file_comes_in_small_parts(lines: int, length: int, batches: list[int]) -> None:
    """However long its lines are, only a few of them are held at once, and none is lost."""
    assert await read(File(lines, length)) == batches
