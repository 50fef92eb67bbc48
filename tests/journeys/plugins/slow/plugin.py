"""A live function that answers long after everybody has lost patience."""

import asyncio

from gridos.plugins import Kernel


def register(kernel: Kernel) -> None:
    """Register `SLOW`."""

    @kernel.formula("SLOW")
    async def slow() -> int:
        await asyncio.sleep(600)
        return 1

    assert slow
