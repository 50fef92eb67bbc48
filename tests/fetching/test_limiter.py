"""Who may go when."""

import asyncio
from uuid import UUID, uuid4

from gridos.fetching.deadline import Deadline
from gridos.fetching.limiter import Limiter
from tests.fetching.stage import Clock, until


class Crowd:
    """Requests that stay under way until they are let go."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter
        self.running: list[str] = []
        self.seen: list[str] = []
        self.go = asyncio.Event()

    async def request(self, connection: UUID, name: str, at_once: int) -> None:
        """Take a turn and hold it."""
        async with self.limiter.turn(connection, at_once, Deadline(1)):
            self.running.append(name)
            self.seen.append(name)
            await self.go.wait()
            self.running.remove(name)


async def test_so_many_in_all() -> None:
    """However many connections there are, only so many requests are under way together."""
    crowd = Crowd(Limiter(20, Clock()))
    tasks = [asyncio.create_task(crowd.request(uuid4(), "one", 8)) for _ in range(50)]
    await until(lambda: len(crowd.running) == 20)
    crowd.go.set()
    await asyncio.gather(*tasks)
    assert len(crowd.seen) == 50


async def test_first_come_first_served() -> None:
    """A connection's requests go in the order in which they came."""
    crowd = Crowd(Limiter(20, Clock()))
    crowd.go.set()
    connection = uuid4()
    await asyncio.gather(*(crowd.request(connection, str(number), 1) for number in range(10)))
    assert crowd.seen == [str(number) for number in range(10)]


async def test_a_crowd_lets_others_through() -> None:
    """An owner with many waiting requests brings only `at_once` of them to the queue of all."""
    crowd = Crowd(Limiter(4, Clock()))
    many, few = uuid4(), uuid4()
    tasks = [asyncio.create_task(crowd.request(many, "many", 3)) for _ in range(100)]
    await until(lambda: len(crowd.running) == 3)
    tasks.append(asyncio.create_task(crowd.request(few, "few", 3)))
    await until(lambda: "few" in crowd.running)
    crowd.go.set()
    await asyncio.gather(*tasks)


async def test_a_cancelled_request_gives_its_turn_back() -> None:
    """Whether it waits or runs, a request that is given up leaves its place to the next."""
    crowd = Crowd(Limiter(1, Clock()))
    connection = uuid4()
    tasks = [asyncio.create_task(crowd.request(connection, str(number), 1)) for number in range(3)]
    await until(lambda: crowd.running == ["0"])
    tasks[1].cancel()
    tasks[0].cancel()
    await until(lambda: "2" in crowd.running)
    crowd.go.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert crowd.seen == ["0", "2"]
