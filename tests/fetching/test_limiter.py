"""Who may go when. Time is a test's own: nothing here waits for any to pass."""

import asyncio
from collections import Counter
from uuid import UUID, uuid4

import pytest

from gridos.fetching.deadline import Deadline
from gridos.fetching.limiter import JOINING, LONGEST_PAUSE, SLOW_FOR, Limiter
from gridos.fetching.priority import Priority, Urgency
from gridos.fetching.queueing import RESTED_AFTER, order
from gridos.fetching.share import Share
from gridos.grid import CellError
from gridos.plugins import PaceSpec, UpstreamError
from tests.fetching.stage import HeldClock, until


class Crowd:
    """Requests that stay under way until they are let go."""

    def __init__(self, in_all: int = 20, at_once: int = 8, pace: PaceSpec | None = None) -> None:
        self.clock = HeldClock()
        self.limiter = Limiter(in_all, self.clock, self.clock.later)
        self.at_once = at_once
        self.pace = pace
        self.running: list[str] = []
        self.seen: list[str] = []
        self.go = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    def send(
        self, connection: UUID, name: str, urgency: Priority | Urgency = Priority.INTERACTIVE, cost: float = 1
    ) -> asyncio.Task[None]:
        """Start a request."""
        urgency = urgency if isinstance(urgency, Urgency) else Urgency(urgency)
        self.tasks.append(asyncio.create_task(self._request(connection, name, urgency, cost)))
        return self.tasks[-1]

    async def all(self) -> None:
        """Let everybody go and wait for them."""
        self.go.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def leave(self) -> None:
        """Let nobody wait any more."""
        for task in self.tasks:
            task.cancel()
        await self.all()

    async def _request(self, connection: UUID, name: str, urgency: Urgency, cost: float) -> None:
        turn = self.limiter.turn(connection, self.at_once, Deadline(1), urgency=urgency, cost=cost, pace=self.pace)
        async with turn:
            self.running.append(name)
            self.seen.append(name)
            await self.go.wait()
            self.running.remove(name)


async def settled() -> None:
    """Give every task the time to come to where it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


def why(clock: HeldClock, seconds: float) -> CellError:
    """A pause of so many seconds."""
    return CellError("#PROBE_429!", retry_at=clock.now + seconds)


async def test_so_many_in_all() -> None:
    """However many connections there are, only so many requests are under way together."""
    crowd = Crowd(20)
    for _ in range(50):
        crowd.send(uuid4(), "one")
    await settled()
    assert len(crowd.running) == 20
    await crowd.all()
    assert len(crowd.seen) == 50


async def test_first_come_first_served() -> None:
    """A connection's requests go in the order in which they came."""
    crowd = Crowd(at_once=1)
    connection = uuid4()
    for number in range(10):
        crowd.send(connection, str(number))
    await crowd.all()
    assert crowd.seen == [str(number) for number in range(10)]


async def test_owners_take_turns() -> None:
    """A connection with a thousand waiting requests does not keep another from its own."""
    crowd = Crowd(4, at_once=4)
    many, few = uuid4(), uuid4()
    for _ in range(1000):
        crowd.send(many, "many")
    await settled()
    for _ in range(3):
        crowd.send(few, "few")
    await crowd.all()
    assert crowd.seen[4:10] == ["few", "many", "few", "many", "few", "many"]


async def test_a_connections_own_number() -> None:
    """An owner with many waiting requests leaves the places that are not theirs to others."""
    crowd = Crowd(4, at_once=3)
    many, few = uuid4(), uuid4()
    for _ in range(100):
        crowd.send(many, "many")
    await settled()
    assert crowd.running == ["many"] * 3
    crowd.send(few, "few")
    await settled()
    assert "few" in crowd.running
    await crowd.all()


@pytest.mark.parametrize("in_all", [1, 20])
async def test_the_more_urgent_goes_first(in_all: int) -> None:
    """Within a connection and among them, whoever looks at a cell goes before what nobody waits for."""
    crowd = Crowd(in_all, at_once=1)
    one, other = (uuid4(), uuid4()) if in_all == 1 else (uuid4(),) * 2
    crowd.send(one, "first")
    await settled()
    for priority in reversed(Priority):
        crowd.send(other, priority.name, priority)
    await settled()
    await crowd.all()
    assert crowd.seen == ["first", "INTERACTIVE", "SCHEDULED", "BACKFILL"]


@pytest.mark.parametrize("in_all", [1, 20])
@pytest.mark.parametrize("patient", [Priority.SCHEDULED, Priority.BACKFILL])
async def test_the_patient_get_their_turn(in_all: int, patient: Priority) -> None:
    """However many urgent requests come, one that can wait does not wait for ever."""
    crowd = Crowd(in_all, at_once=1)
    urgent, other = (uuid4(), uuid4()) if in_all == 1 else (uuid4(),) * 2
    for _ in range(200):
        crowd.send(urgent, "urgent")
    crowd.send(other, "patient", patient)
    await settled()
    await crowd.all()
    assert crowd.seen.index("patient") < 64


@pytest.mark.parametrize("in_all", [1, 20])
async def test_what_becomes_urgent_goes_first(in_all: int) -> None:
    """A request that waits overtakes others, of its connection and of others, as soon as somebody waits for it."""
    crowd = Crowd(in_all, at_once=1)
    one, other = (uuid4(), uuid4()) if in_all == 1 else (uuid4(),) * 2
    urgency = Urgency(Priority.BACKFILL)
    crowd.send(one, "first")
    await settled()
    crowd.send(one, "scheduled", Priority.SCHEDULED)
    crowd.send(other, "hurried", urgency)
    await settled()
    urgency.rise(Priority.INTERACTIVE)
    await crowd.all()
    assert crowd.seen == ["first", "hurried", "scheduled"]


def test_every_priority_is_first_now_and_then() -> None:
    """Of 32 turns 28 are for the urgent, three for the scheduled and one for what nobody waits for."""
    assert Counter(order(served)[0] for served in range(32)) == {
        Priority.INTERACTIVE: 28,
        Priority.SCHEDULED: 3,
        Priority.BACKFILL: 1,
    }


async def test_a_cancelled_request_gives_its_turn_back() -> None:
    """Whether it waits or runs, a request that is given up leaves its place to the next."""
    crowd = Crowd(1, at_once=1)
    connection = uuid4()
    tasks = [crowd.send(connection, str(number)) for number in range(3)]
    await until(lambda: crowd.running == ["0"])
    tasks[1].cancel()
    tasks[0].cancel()
    await until(lambda: "2" in crowd.running)
    await crowd.all()
    assert crowd.seen == ["0", "2"]


async def test_cancelled_as_its_turn_comes() -> None:
    """A request that is given up in the moment its turn comes leaves it to the next."""
    crowd = Crowd(1, at_once=1)
    connection = uuid4()
    first = crowd.limiter.turn(connection, 1)
    await first.__aenter__()
    second = crowd.send(connection, "second")
    crowd.send(connection, "third")
    await settled()
    await first.__aexit__(None, None, None)  # gives the turn to the second, which has not run since
    second.cancel()
    await until(lambda: "third" in crowd.running)
    await crowd.all()
    assert crowd.seen == ["third"]


async def test_a_pause_parks_one_queue() -> None:
    """While a connection pauses none of its requests goes, and others' do."""
    crowd = Crowd()
    paused, other = uuid4(), uuid4()
    crowd.limiter.pause(paused, why(crowd.clock, 30))
    crowd.limiter.pause(paused, why(crowd.clock, 5))
    crowd.send(paused, "paused")
    crowd.send(other, "other")
    await settled()
    assert crowd.running == ["other"]
    crowd.clock.advance(29)
    await settled()
    assert crowd.running == ["other"]
    crowd.clock.advance(1)
    await settled()
    assert crowd.running == ["other", "paused"]
    await crowd.all()


async def test_a_long_pause_refuses() -> None:
    """Nobody waits for the end of a long pause: those who do, and those who come, learn why at once."""
    crowd = Crowd(at_once=1)
    connection = uuid4()
    holding, waiting = crowd.send(connection, "holding"), crowd.send(connection, "waiting")
    await settled()
    crowd.limiter.pause(connection, why(crowd.clock, LONGEST_PAUSE + 1))
    coming = crowd.send(connection, "coming")
    for task in (waiting, coming):
        with pytest.raises(UpstreamError, match="#PROBE_429!"):
            await task
    assert crowd.limiter.pause_of(connection)
    await crowd.all()
    assert holding.exception() is None


async def test_cancelled_as_it_is_refused() -> None:
    """A request that is given up as a long pause begins holds no turn, and nothing is logged of it."""
    crowd = Crowd(1, at_once=1)
    connection = uuid4()
    crowd.send(connection, "holding")
    waiting = crowd.send(connection, "waiting")
    await settled()
    crowd.limiter.pause(connection, why(crowd.clock, LONGEST_PAUSE + 1))
    waiting.cancel()
    await crowd.all()
    crowd.clock.advance(LONGEST_PAUSE + 1)
    crowd.send(connection, "next")
    await crowd.all()
    assert crowd.seen == ["holding", "next"]


async def test_forget_ends_a_pause() -> None:
    """New secrets wait for no pause of the old ones, not even those already in the queue."""
    crowd = Crowd()
    connection = uuid4()
    crowd.limiter.pause(connection, why(crowd.clock, 30))
    crowd.send(connection, "old")
    await settled()
    crowd.limiter.forget(connection)
    crowd.send(connection, "new")
    await settled()
    assert crowd.running == ["old", "new"]
    assert crowd.limiter.pause_of(connection) is None
    await crowd.all()


async def test_a_burst_and_then_a_pace() -> None:
    """A connection spends what it may spend at once, then as much as is added."""
    crowd = Crowd(100, at_once=100, pace=PaceSpec(per_second=2, burst=5))
    connection = uuid4()
    for number in range(20):
        crowd.send(connection, str(number))
    await settled()
    assert len(crowd.running) == 5
    for count in (6, 7, 8):
        crowd.clock.advance(0.5)
        await settled()
        assert len(crowd.running) == count
    crowd.clock.advance(1000)
    for number in range(10):
        crowd.send(connection, str(number))
    await settled()
    assert len(crowd.running) == 25, "what is not spent is not saved up beyond the burst"
    crowd.limiter.forget(connection)
    await crowd.all()


async def test_costs() -> None:
    """A request waits until it can be paid for; one that costs more than can be held waits for all that can."""
    crowd = Crowd(pace=PaceSpec(per_second=10, burst=100))
    connection = uuid4()
    crowd.send(connection, "first", cost=90)
    crowd.send(connection, "dear", cost=500)
    await settled()
    assert crowd.running == ["first"]
    crowd.clock.advance(8.9)
    await settled()
    assert crowd.running == ["first"]
    crowd.clock.advance(0.1)
    await settled()
    assert crowd.running == ["first", "dear"]
    crowd.send(connection, "poor")
    crowd.clock.advance(40)
    await settled()
    assert crowd.running == ["first", "dear"]
    crowd.clock.advance(0.2)
    await settled()
    assert crowd.running == ["first", "dear", "poor"]
    await crowd.all()


async def test_another_connections_pace() -> None:
    """An empty bucket holds up nobody else."""
    crowd = Crowd(pace=PaceSpec(per_second=1, burst=1))
    one, other = uuid4(), uuid4()
    for connection in (one, one, other):
        crowd.send(connection, "one" if connection == one else "other")
    await settled()
    assert crowd.running == ["one", "other"]
    crowd.clock.advance(1)
    await crowd.all()


async def test_learning() -> None:
    """What upstream tells takes the place of what was assumed: wait (requested - available) / per second."""
    crowd = Crowd(pace=PaceSpec(per_second=100, burst=1000))
    connection = uuid4()
    crowd.limiter.learn(connection, available=52, per_second=50, capacity=2000)
    crowd.send(connection, "waiting", cost=752)
    await settled()
    crowd.clock.advance(13.9)
    await settled()
    assert not crowd.running
    crowd.clock.advance(0.1)
    await settled()
    assert crowd.running == ["waiting"]
    await crowd.all()


async def test_learning_while_others_are_under_way() -> None:
    """What is on its way to upstream may not be in its sum yet, so it is taken off."""
    crowd = Crowd(pace=PaceSpec(per_second=10, burst=100))
    connection = uuid4()
    crowd.send(connection, "under way", cost=60)
    await settled()
    crowd.limiter.learn(connection, available=100, per_second=10, capacity=100)
    crowd.send(connection, "next", cost=50)
    await settled()
    assert crowd.running == ["under way"]
    crowd.clock.advance(1)
    await settled()
    assert crowd.running == ["under way", "next"]
    await crowd.all()


@pytest.mark.parametrize(
    "told",
    [
        (float("nan"), 1.0, 1.0),
        (1.0, 0.0, 1.0),
        (1.0, -5.0, 1.0),
        (1.0, float("inf"), 1.0),
        (1.0, 1.0, 0.0),
        (1.0, 1.0, float("nan")),
        (-1e300, 1e-300, 1.0),
    ],
)
@pytest.mark.parametrize("pace", [None, PaceSpec(per_second=100, burst=100)])
async def test_nonsense_stops_nobody_for_long(told: tuple[float, float, float], pace: PaceSpec | None) -> None:
    """What an upstream cannot mean never parks a connection for more than two hours."""
    crowd = Crowd(pace=pace)
    connection = uuid4()
    crowd.send(connection, "first")
    await settled()
    crowd.limiter.learn(connection, available=told[0], per_second=told[1], capacity=told[2])
    crowd.send(connection, "second")
    crowd.clock.advance(7200)
    await settled()
    assert crowd.running == ["first", "second"]
    await crowd.all()


async def test_slowing_down() -> None:
    """For a while only half as many run, at least one; then as many as before."""
    crowd = Crowd(at_once=5)
    connection = uuid4()
    crowd.limiter.slow_down(connection)
    for number in range(8):
        crowd.send(connection, str(number))
    await settled()
    assert len(crowd.running) == 2
    crowd.clock.advance(SLOW_FOR)
    crowd.send(connection, "later")
    await settled()
    assert len(crowd.running) == 5
    await crowd.all()


async def test_idle_connections_are_forgotten() -> None:
    """What is kept for connections that ask no more does not grow for ever; what paces or pauses one is kept."""
    crowd = Crowd(2_000, pace=PaceSpec(per_second=1, burst=1))
    paused = uuid4()
    crowd.limiter.pause(paused, why(crowd.clock, 50))
    crowd.go.set()
    for _ in range(1_200):
        await crowd.send(uuid4(), "one")
    kept = crowd.limiter._queues  # pyright: ignore[reportPrivateUsage] -- nothing else shows what is kept
    assert len(kept) == 1_201
    crowd.clock.advance(2)
    for _ in range(2_400):
        await crowd.send(uuid4(), "one")
    kept = crowd.limiter._queues  # pyright: ignore[reportPrivateUsage] -- as above
    assert len(kept) < 2_600
    assert crowd.limiter.pause_of(paused)


@pytest.mark.parametrize("limit", [4, 10, 50])
@pytest.mark.parametrize("of", [1, 2, 3, 4])
def test_shares_make_up_the_whole(limit: int, of: int) -> None:
    """Whatever the number, processes together have exactly as many places as there are, and none has none."""
    places = [Share(rank, of).places(limit) for rank in range(of)]
    assert sum(places) == limit
    assert min(places) > 0


def test_more_processes_than_places() -> None:
    """Each process keeps one place, even where that is more than there are: a cell must not wait for ever."""
    assert [Share(rank, 3).places(2) for rank in range(3)] == [1, 1, 1]


async def test_a_share_of_what_may_run_at_once() -> None:
    """With another process half as many run, also of those that wait already; alone again, as many as before."""
    crowd, connection = Crowd(at_once=8), uuid4()
    crowd.limiter.take(Share(0, 2))
    for number in range(20):
        crowd.send(connection, str(number))
    await settled()
    assert len(crowd.running) == 4
    crowd.limiter.take(Share())
    await settled()
    assert len(crowd.running) == 8
    await crowd.all()


async def test_a_share_of_the_pace() -> None:
    """With another process a connection goes half as fast and half as far at once, and alone again as before."""
    crowd, connection = Crowd(200, at_once=200, pace=PaceSpec(per_second=10, burst=20)), uuid4()
    crowd.go.set()
    crowd.limiter.take(Share(1, 2))
    for number in range(100):
        crowd.send(connection, str(number))
    await settled()
    assert len(crowd.seen) == 10
    crowd.clock.advance(1)
    await settled()
    assert len(crowd.seen) == 15
    crowd.limiter.take(Share())
    crowd.clock.advance(1)
    await settled()
    assert len(crowd.seen) == 25
    await crowd.leave()


async def test_a_share_of_a_told_budget() -> None:
    """What upstream says is left is left for all processes."""
    crowd, connection = Crowd(200, at_once=200), uuid4()
    crowd.go.set()
    crowd.limiter.take(Share(0, 2))
    crowd.limiter.learn(connection, available=40, per_second=10, capacity=100)
    for number in range(100):
        crowd.send(connection, str(number))
    await settled()
    assert len(crowd.seen) == 20
    crowd.limiter.count({connection: Share(0, 4)})
    crowd.clock.advance(2)
    await settled()
    assert len(crowd.seen) == 25
    await crowd.leave()


async def test_who_alone_asks_has_the_whole() -> None:
    """Who alone asks soon has all that may run at once, and the burst but for what it spent of it."""
    crowd, connection = Crowd(200, at_once=30, pace=PaceSpec(per_second=10, burst=20)), uuid4()
    crowd.limiter.take(Share(1, 2))
    for number in range(100):
        crowd.send(connection, str(number))
    await settled()
    crowd.limiter.count({connection: Share()})
    assert len(crowd.running) == 10
    crowd.clock.advance(JOINING)
    await settled()
    assert len(crowd.running) == 20
    crowd.clock.advance(1)
    await settled()
    assert len(crowd.running) == 30
    await crowd.leave()


async def test_who_is_not_alone_after_all() -> None:
    """Who hears of another in the moment after it seemed to be alone never has more than its share."""
    crowd, connection = Crowd(at_once=8), uuid4()
    crowd.limiter.take(Share(1, 2))
    for number in range(20):
        crowd.send(connection, str(number))
    await settled()
    crowd.limiter.count({connection: Share()})
    crowd.limiter.count({connection: Share(1, 2)})
    crowd.clock.advance(JOINING)
    await settled()
    assert len(crowd.running) == 4
    await crowd.all()


async def test_a_told_budget_of_who_alone_asks() -> None:
    """Of what upstream told there is no more because nobody else asks: it tells what is left with its next answer."""
    crowd, connection = Crowd(200, at_once=200), uuid4()
    crowd.go.set()
    crowd.limiter.take(Share(0, 2))
    crowd.limiter.learn(connection, available=40, per_second=10, capacity=100)
    for number in range(100):
        crowd.send(connection, str(number))
    await settled()
    crowd.limiter.count({connection: Share()})
    crowd.clock.advance(JOINING)
    crowd.clock.advance(1)
    await settled()
    assert len(crowd.seen) == 30
    crowd.limiter.learn(connection, available=40, per_second=10, capacity=100)
    await settled()
    assert len(crowd.seen) == 70
    await crowd.leave()


async def test_what_is_asked_for() -> None:
    """A connection is asked for while anything waits, runs or pauses, and until it was not used for a while."""
    crowd, connection, began = Crowd(), uuid4(), list[UUID]()
    crowd.limiter.began = began.append
    assert not crowd.limiter.asked()
    crowd.send(connection, "long")
    await settled()
    crowd.clock.advance(RESTED_AFTER)
    assert crowd.limiter.asked() == {connection}
    await crowd.all()
    crowd.limiter.pause(connection, why(crowd.clock, 30))
    assert crowd.limiter.asked() == {connection}
    crowd.clock.advance(30)
    assert not crowd.limiter.asked()
    for name in "again", "and again":
        await crowd.send(connection, name)
    assert crowd.limiter.asked() == {connection}
    assert began == [connection, connection]


async def test_a_burst_that_was_spent_is_asked_for() -> None:
    """A connection is asked for until its burst is whole again: others would take what was spent of it for theirs."""
    crowd, connection = Crowd(at_once=200, pace=PaceSpec(per_second=0.1, burst=20)), uuid4()
    crowd.go.set()
    for number in range(10):
        await crowd.send(connection, str(number))
    crowd.clock.advance(90)
    assert crowd.limiter.asked()
    crowd.clock.advance(10)
    assert not crowd.limiter.asked()
