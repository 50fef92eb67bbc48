"""How many answers are kept in memory, and which go."""

from uuid import uuid4

from gridos.fetching.answers import Answers, Key
from gridos.fetching.kept import succeeded
from tests.fetching.stage import Clock, call


def test_memory_is_bounded() -> None:
    """When there is no room, the answer that was asked for least recently goes."""
    clock = Clock()
    answers = Answers(clock, most=3)
    keys = [Key(uuid4(), 1, call(number)) for number in range(4)]
    good = succeeded(1, clock.now, fetched_at=clock.now, until=clock.now + 300)
    for one in keys[:3]:
        answers.keep(one, good)
    answers.find(keys[0])
    answers.keep(keys[3], good)
    assert [answers.find(one) is not None for one in keys] == [True, False, True, True]
