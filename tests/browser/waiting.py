"""Waiting for what the server will know soon."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.browser.visitor import Visitor

PATIENCE = 20.0


async def expect_cell(visitor: Visitor, cell: str, is_so: Callable[[dict[str, Any]], bool]) -> None:
    """The server comes to hold a cell of which something is so; an empty cell has no members."""
    async with asyncio.timeout(PATIENCE):
        while not is_so((await visitor.cells()).get(cell, {})):  # noqa: ASYNC110 -- what is waited for happens in another process
            await asyncio.sleep(0.05)


async def expect_inputs(visitor: Visitor, **inputs: str) -> None:
    """The server comes to hold what stands in these cells of the first sheet; the empty text for nothing."""
    held: dict[str, str] = {}
    try:
        async with asyncio.timeout(PATIENCE):
            while held != inputs:
                cells = await visitor.cells()
                held = {cell: cells.get(cell, {}).get("input", "") for cell in inputs}
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{held} is not {inputs}") from None


async def expect_workbook(visitor: Visitor, is_so: Callable[[dict[str, Any]], bool]) -> None:
    """The server comes to know something about the open workbook apart from its cells."""
    async with asyncio.timeout(PATIENCE):
        while not is_so(await visitor.fetch(f"/workbook/{visitor.workbook}")):  # noqa: ASYNC110 -- see above
            await asyncio.sleep(0.05)
