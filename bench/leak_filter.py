"""What the search of an answer for secrets takes, as a share of pushing its 10,000 cells."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median
from uuid import uuid4

from gridos.fetching.scanning import Scanner
from gridos.formulas import Answer, FormulaBook, Function
from gridos.grid import CellRef, Scalar, Sheet
from gridos.live import Values
from gridos.live.viewing import cells_of
from gridos.secret import Secret
from gridos.web.frames import encode_frame
from gridos.workbooks import Person

ROWS, COLUMNS = 1_000, 10
_ROUNDS = 9
_MILLISECONDS = 1e3
_SECRETS = [Secret("sk_test_" + "0" * 100), Secret("shpat_" + "0" * 32)]
_HOME = CellRef("Sheet1", 1, 1)


@dataclass(frozen=True)
class LeakFilter:
    """Medians over rounds, each of both in turn, of this process's own time."""

    milliseconds: float
    share: float


def measure() -> LeakFilter:
    """Search an answer, take it into a workbook, and write the frame that a browser is sent."""
    answer: list[list[Scalar]] = [
        [f"order {row}" if column % 2 else row / 7 for column in range(COLUMNS)] for row in range(ROWS)
    ]
    rounds = [(_seconds(partial(_search, answer)), _seconds(_push(answer))) for _ in range(_ROUNDS)]
    return LeakFilter(
        median(search for search, _ in rounds) * _MILLISECONDS,
        median(search / (search + push) for search, push in rounds),
    )


def _search(answer: list[list[Scalar]]) -> None:
    assert not Scanner(_SECRETS).finds(answer)


def _push(answer: list[list[Scalar]]) -> Callable[[], None]:
    inputs = {_HOME: "=LIVE()"}
    book = FormulaBook([Sheet(_HOME.sheet)], inputs, {"LIVE": Function("LIVE", "bench")})
    waiting, owner = book.evaluate().waiting, Person(uuid4(), "ada@example.com")

    def push() -> None:
        changes = book.arrive(dict.fromkeys(waiting, Answer(answer))).changes
        assert len(changes) == ROWS * COLUMNS
        encode_frame(Values(cells_of(changes, inputs, changes, {})), owner)

    return push


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
