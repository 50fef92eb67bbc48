"""Runs one piece of work on the database, for commands that serve nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gridos.app.database import reach_database
from gridos.db import Doors
from gridos.settings import Settings

T = TypeVar("T")


def with_doors(settings: Settings, work: Callable[[Doors], Awaitable[T]]) -> T:
    """Open the database, do the work, close it again."""

    async def run(user_url: str, service_url: str) -> T:
        doors = Doors(user_url, service_url)
        await doors.open()
        try:
            return await work(doors)
        finally:
            await doors.close()

    with reach_database(settings) as urls:
        return asyncio.run(run(urls.user, urls.service))
