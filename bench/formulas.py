"""A book of 100,000 formulas, and 1,000 answers that arrive together: the formulas alone, without a server."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import formualizer as fz

from gridos.app.serving import calm_collector
from gridos.formulas import Answer, Call, FormulaBook, Function
from gridos.grid import CellRef, Sheet

ROWS, WIDTH = 10_000, 10
ANSWERS = 1_000
_TIMES = 3
_MILLISECONDS = 1e3
_SHEET = "Sheet1"


@dataclass(frozen=True)
class Formulas:
    """Milliseconds of this process's own time, the best of a few: neighbours on the machine do not count."""

    library: float
    """To load the same cells into the library underneath, and evaluate, with nothing of ours around it."""
    opened: float
    edited: float
    merged: float


def measure() -> Formulas:
    """Open, edit and merge, with the garbage collector as the server has it."""
    calm_collector()
    inputs = _large()
    opened, edited = _large_book(inputs)
    return Formulas(_best(lambda: _seconds(lambda: _library(inputs))), opened, edited, _best(_merge))


def _large() -> dict[CellRef, str]:
    """Numbers in the first column; every other cell adds to its left neighbour, every tenth sums its row so far."""
    inputs = {CellRef(_SHEET, row, 1): str(row) for row in range(1, ROWS + 1)}
    for row in range(1, ROWS + 1):
        for column in range(2, WIDTH + 2):
            left = CellRef(_SHEET, row, column - 1).a1
            inputs[CellRef(_SHEET, row, column)] = f"=SUM($A{row}:{left})" if column > WIDTH else f"={left}+{column}"
    return inputs


def _book(inputs: Mapping[CellRef, str]) -> FormulaBook:
    return FormulaBook([Sheet(_SHEET)], inputs, {"LIVE": Function("LIVE", "bench")})


def _library(inputs: Mapping[CellRef, str]) -> None:
    config = fz.EvaluationConfig()
    config.enable_parallel = False
    workbook: Any = fz.Workbook(config=fz.WorkbookConfig(eval_config=config, enable_changelog=False))
    workbook.set_values_batch(_SHEET, 1, 1, [[float(row)] for row in range(1, ROWS + 1)])
    for column in range(2, WIDTH + 2):
        texts = [[inputs[CellRef(_SHEET, row, column)]] for row in range(1, ROWS + 1)]
        workbook.set_formulas_batch(_SHEET, 1, column, texts)
    workbook.evaluate_all()


def _large_book(inputs: Mapping[CellRef, str]) -> tuple[float, float]:
    opened = _best(lambda: _seconds(lambda: _book(inputs).evaluate()))
    book = _book(inputs)
    book.evaluate()
    cell = CellRef(_SHEET, ROWS // 2, 1)
    numbers = iter(range(_TIMES * _TIMES + 1))
    return opened, _best(lambda: _seconds(lambda: book.edit({cell: str(next(numbers))})))


def _merge() -> float:
    """1,000 cells of 1,000 calls, each with ten dependents, and all answers in one pass."""
    inputs = {CellRef(_SHEET, row, 1): f"=LIVE({row})" for row in range(1, ANSWERS + 1)}
    inputs |= {
        CellRef(_SHEET, row, column): f"=A{row}*{column}" for row in range(1, ANSWERS + 1) for column in range(2, 12)
    }
    book = _book(inputs)
    waiting = book.evaluate().waiting
    assert len(waiting) == ANSWERS
    answers: dict[Call, Answer] = {call: Answer(float(number)) for number, call in enumerate(waiting)}
    return _seconds(lambda: book.arrive(answers))


def _best(once: Callable[[], float]) -> float:
    return min(once() for _ in range(_TIMES)) * _MILLISECONDS


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
