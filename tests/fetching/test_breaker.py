"""When an upstream is left alone, and when it is tried again."""

from uuid import UUID, uuid4

import pytest

from gridos.fetching.breaker import FAILURES, OPEN_FOR, SEVERAL, Breakers, CircuitOpen, Opening
from tests.fetching.stage import Clock


class Case:
    """Circuits and a clock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.breakers = Breakers(self.clock)

    def fail(self, connection: UUID, times: int = FAILURES, host: str = "api.test", plugin: str = "probe") -> None:
        """Let so many requests in a row fail."""
        for _ in range(times):
            self.breakers.find(connection, plugin, host).record(failed=True)

    def is_open(self, connection: UUID, host: str = "api.test", plugin: str = "probe") -> bool:
        """Whether a request would be refused."""
        try:
            self.breakers.find(connection, plugin, host).check()
        except CircuitOpen:
            return True
        return False


def test_failures_in_a_row_open_it() -> None:
    """The fifth failure in a row opens the circuit, and says how many there were, since when and until when."""
    case, connection = Case(), uuid4()
    first = case.clock.now
    case.fail(connection, FAILURES - 1)
    assert not case.is_open(connection)
    case.clock.now += 10
    case.fail(connection, 1)
    with pytest.raises(CircuitOpen) as refused:
        case.breakers.find(connection, "probe", "api.test").check()
    assert refused.value.opened == (FAILURES, first, case.clock.now + OPEN_FOR)


def test_a_success_between_starts_anew() -> None:
    """Failures that are not in a row open nothing."""
    case, connection = Case(), uuid4()
    for _ in range(5):
        case.fail(connection, FAILURES - 1)
        case.breakers.find(connection, "probe", "api.test").record(failed=False)
    assert not case.is_open(connection)


def test_one_connection_does_not_stop_others() -> None:
    """However often one connection fails, others at the same host go on, until several of them fail."""
    case = Case()
    failing = [uuid4() for _ in range(SEVERAL)]
    for connection in failing[:-1]:
        case.fail(connection)
    assert case.is_open(failing[0])
    assert not case.is_open(uuid4())
    case.fail(failing[-1], 1)
    assert case.is_open(uuid4())
    assert not case.is_open(uuid4(), host="other.test")
    assert not case.is_open(uuid4(), plugin="other")


def test_few_failures_of_several_connections() -> None:
    """A host is not down because a few connections had one bad answer each."""
    case = Case()
    for _ in range(SEVERAL):
        case.fail(uuid4(), 1)
    assert not case.is_open(uuid4())


def test_another_host_of_the_same_connection() -> None:
    """A connection whose file host fails still reaches its upstream."""
    case, connection = Case(), uuid4()
    case.fail(connection, host="files.test")
    assert case.is_open(connection, "files.test")
    assert not case.is_open(connection)


def test_one_probe() -> None:
    """After its time one request is let through, and no other until its outcome is known."""
    case, connection = Case(), uuid4()
    case.fail(connection)
    case.clock.now += OPEN_FOR
    breaker = case.breakers.find(connection, "probe", "api.test")
    assert not breaker.is_whole
    with breaker.passing():
        assert case.is_open(connection)
        with pytest.raises(CircuitOpen), breaker.passing():
            pass
        assert case.is_open(connection), "who was refused ends no other's probe"
    breaker.record(failed=False)
    assert breaker.is_whole
    assert not case.is_open(connection)


def test_a_probe_that_fails() -> None:
    """A probe that fails keeps the circuit open for as long again."""
    case, connection = Case(), uuid4()
    case.fail(connection)
    case.clock.now += OPEN_FOR
    case.fail(connection, 1)
    case.clock.now += OPEN_FOR - 1
    assert case.is_open(connection)
    case.clock.now += 1
    assert not case.is_open(connection)


def test_a_probe_that_is_given_up() -> None:
    """A probe nobody waits for any more leaves its place to another."""
    case, connection = Case(), uuid4()
    case.fail(connection)
    case.clock.now += OPEN_FOR
    with pytest.raises(KeyError), case.breakers.find(connection, "probe", "api.test").passing():
        raise KeyError
    assert not case.is_open(connection)


def test_late_failures_prolong_nothing() -> None:
    """What was under way when the circuit opened, and fails later, does not keep it open for longer."""
    case, connection = Case(), uuid4()
    case.fail(connection)
    case.clock.now += OPEN_FOR - 1
    case.fail(connection, 3)
    case.clock.now += 1
    assert not case.is_open(connection)


def test_new_secrets() -> None:
    """A connection with new secrets starts anew, and its old failures no longer count against the host."""
    case = Case()
    failing = [uuid4() for _ in range(SEVERAL)]
    for connection in failing[:-1]:
        case.fail(connection)
    case.breakers.forget(failing[0])
    assert not case.is_open(failing[0])
    case.fail(failing[-1])
    assert not case.is_open(uuid4())


def test_what_is_kept_does_not_grow_for_ever() -> None:
    """Circuits of connections that fail once and ask no more are dropped after an hour."""
    case = Case()
    for _ in range(600):
        case.fail(uuid4(), 1, host=str(uuid4()))
    case.clock.now += 3601
    case.fail(uuid4(), 1)
    kept = case.breakers._circuits  # pyright: ignore[reportPrivateUsage] -- nothing else shows what is kept
    assert len(kept) == 2


def opened_by(case: Case, *connections: UUID) -> list[Opening]:
    """Let these fail until circuits open, and say which do."""
    found: list[Opening] = []
    for connection in connections:
        for _ in range(FAILURES):
            found += case.breakers.find(connection, "probe", "api.test").record(failed=True)
    return found


def test_a_circuit_is_told_once() -> None:
    """Whoever records failures learns of each circuit that opens, once, with what other processes have to know."""
    case, connection = Case(), uuid4()
    opened = (FAILURES, case.clock.now, case.clock.now + OPEN_FOR)
    assert opened_by(case, connection) == [("probe", "api.test", False, opened)]
    assert opened_by(case, connection) == []


def test_heard_of_in_another_process() -> None:
    """A circuit that another process has opened is open here too, for as long, and then tried with one request."""
    case, other, failing = Case(), Case(), [uuid4() for _ in range(SEVERAL)]
    openings = opened_by(other, *failing)
    assert [opening.is_for_all for opening in openings] == [False, False, True, False]
    case.breakers.hear(failing[0], openings[0])
    assert case.is_open(failing[0])
    assert not case.is_open(failing[1])
    case.breakers.hear(failing[-1], openings[2])
    assert case.is_open(uuid4())
    case.clock.now += OPEN_FOR
    with case.breakers.find(failing[0], "probe", "api.test").passing():
        assert case.is_open(failing[0])


def test_a_process_that_is_cut_off_stops_no_other() -> None:
    """Where upstream has answered since, another process's failures say something about that process only."""
    case, other, connection = Case(), Case(), uuid4()
    other.fail(connection, 1)
    case.clock.now += 1
    case.breakers.find(connection, "probe", "api.test").record(failed=False)
    for opening in opened_by(other, connection):
        case.breakers.hear(connection, opening)
    assert not case.is_open(connection)
