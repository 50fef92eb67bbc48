"""However a book came to be, it shows what a book opened from the same inputs shows."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from gridos.errors import BadEdit
from gridos.formulas import Answer, Call, FormulaBook
from gridos.grid import CellError, CellRef, Shown
from tests.formulas.playing import FUNCTIONS, SHEETS

COLUMNS, ROWS = 3, 5
CELLS = [CellRef("Sheet1", row, column) for row in range(1, ROWS + 1) for column in range(1, COLUMNS + 1)]
NAMES = [cell.a1 for cell in CELLS]
TABLE = {function.name: function for function in FUNCTIONS}

references = st.sampled_from([*NAMES, "A1:B3", "C1:C5", "B:B"])
pieces = st.one_of(
    st.builds("SUM({})".format, references),
    st.builds("({}+1)".format, st.sampled_from(NAMES)),
    st.builds("LIVE({})".format, st.sampled_from(["1", "2", *NAMES])),
    st.builds("ECHO({})".format, st.sampled_from(NAMES)),
    st.builds("IFERROR({},0)".format, st.sampled_from(NAMES)),
    st.builds("COUNT({})".format, references),
    st.builds("IF({}>1,{},2)".format, st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.just("BOOM()"),
    st.just("GONE()"),
    st.just("1/0"),
)
typed = st.one_of(
    st.just(""),
    st.sampled_from(["0", "1", "2.5", "TRUE", "text", "=1+"]),
    st.builds("={}".format, pieces),
    st.builds("={}*{}".format, pieces, pieces),
)
batches = st.lists(st.dictionaries(st.sampled_from(CELLS), typed, min_size=1, max_size=4), min_size=1, max_size=8)


def _answer(call: Call) -> Answer:
    """Always the same one for the same call; one in three is an error."""
    which = sum(call.arguments.encode()) % 3
    return Answer(CellError(f"#UPSTREAM_{call.arguments}!")) if which == 0 else Answer(float(which), fetched_at=1.0)


def _settle(book: FormulaBook, waiting: dict[Call, frozenset[CellRef]]) -> None:
    for _ in range(20):
        if not waiting:
            return
        waiting = dict(book.arrive({call: _answer(call) for call in waiting}).waiting)
    raise AssertionError("It never settles.")


@settings(max_examples=80, deadline=None)
@given(batches)
def test_editing_step_by_step_equals_opening_the_result(steps: list[dict[CellRef, str]]) -> None:
    """After any edits and answers each cell shows what it shows in a book opened from the final inputs."""
    book = FormulaBook(SHEETS, {}, TABLE)
    book.evaluate()
    inputs: dict[CellRef, str] = {}
    told: dict[CellRef, Shown] = {}
    for step in steps:
        inputs |= step
        evaluation = book.edit(step)
        told |= evaluation.changes
        waiting = evaluation.waiting
        while waiting:
            evaluation = book.arrive({call: _answer(call) for call in waiting})
            told |= evaluation.changes
            waiting = evaluation.waiting
    rebuilt = FormulaBook(SHEETS, inputs, TABLE)
    _settle(rebuilt, dict(rebuilt.evaluate().waiting))
    assert dict(book.shown) == dict(rebuilt.shown)
    assert {cell: shown for cell, shown in told.items() if shown != Shown()} == dict(book.shown)


spilling = st.sampled_from(["", "1", "2", "x", "=SEQUENCE(2)", "=SEQUENCE(A5)", "=A1:A2", "=TABLE(2,2)", "=SUM(A1:C5)"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(CELLS), spilling, min_size=1, max_size=2), min_size=1, max_size=6))
def test_spilling_formulas_never_break_a_book(steps: list[dict[CellRef, str]]) -> None:
    """Whatever spills where, what people typed as values is shown, and no formula is lost without a word."""
    book = FormulaBook(SHEETS, {}, TABLE)
    inputs: dict[CellRef, str] = {}
    for step in steps:
        # Results that spill into one another's inputs may be refused.
        with suppress(BadEdit):
            book.edit(step)
            inputs |= step
    for cell, text in inputs.items():
        shown = book.shown.get(cell, Shown()).value
        if text in {"1", "2", "x"}:
            assert shown == (text if text == "x" else float(text))
        elif text:
            assert shown is not None
