"""Days that a call keeps, when the storage fails."""

from collections.abc import Mapping
from datetime import date

from gridos.errors import StorageUnavailable
from gridos.fetching.days import MemoryDays
from gridos.grid import CellError
from gridos.plugins import ConnectionRef, Day
from tests.fetching.stage import Stage

DAYS = """
from datetime import date

def register(kernel):
    @kernel.formula("PROBE")
    async def probe():
        return len(await kernel.days.read("orders", "UTC", date(2026, 1, 1), date(2026, 1, 2)))
"""


class Away(MemoryDays):
    """A database that does not answer."""

    async def read(self, ref: ConnectionRef, series: str, zone: str, first: date, last: date) -> Mapping[date, Day]:
        """Fail."""
        raise StorageUnavailable


async def test_a_database_that_is_down_is_not_the_plugins_mistake(stage: Stage) -> None:
    """When kept days cannot be read the cell says so, and is tried again by itself."""
    await stage.start(DAYS, days=Away())
    error = (await stage.ask(stage.connect())).value
    assert isinstance(error, CellError)
    assert (error.code, bool(error.retry_at)) == ("#VAULT!", True)


async def test_days_live_in_memory_without_a_database(stage: Stage) -> None:
    """A fetcher that is given no storage keeps days for as long as it lives."""
    await stage.start(DAYS)
    assert await stage.value(stage.connect()) == 0
