"""Runs one piece of work on the database, for commands that serve nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gridos.app.database import DatabaseUrls, reach_database
from gridos.db import Doors
from gridos.settings import Settings

T = TypeVar("T")


def with_doors(settings: Settings, work: Callable[[Doors], Awaitable[T]]) -> T:
    """Open the database, do the work, close it again."""
    with reach_database(settings) as urls:
        return through_doors(urls, work)


def through_doors(urls: DatabaseUrls, work: Callable[[Doors], Awaitable[T]]) -> T:
    """Do the work on a database that is open."""

    async def run() -> T:
        doors = Doors(urls.user, urls.service)
        await doors.open()
        try:
            return await work(doors)
        finally:
            await doors.close()

    return asyncio.run(run())
