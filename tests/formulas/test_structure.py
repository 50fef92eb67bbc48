"""Formulas after cells moved: what they show, and that nothing is asked again."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridos.errors import BadEdit
from gridos.formulas import Answer, Call, Evaluation, FormulaBook
from gridos.grid import Book, CellError, CellRef, Scalar, Shown, edit_from_json
from tests.formulas.playing import FUNCTIONS, SHEETS, cell

TABLE = {function.name: function for function in FUNCTIONS}


class Desk:
    """A book and its formulas, edited together."""

    def __init__(self, inputs: dict[str, str] | None = None, names: dict[str, str] | None = None) -> None:
        typed = {cell(a1): text for a1, text in (inputs or {}).items()}
        self.book = Book(list(SHEETS), typed, names=dict(names or {}))
        self.formulas = FormulaBook(SHEETS, typed, TABLE, names=names)
        self.told: dict[CellRef, Shown] = {}
        self.seq = 0
        self.hear(self.formulas.evaluate())

    def hear(self, evaluation: Evaluation) -> Evaluation:
        """Remember what was told."""
        self.told |= evaluation.changes
        return evaluation

    def do(self, *edits: dict[str, Any]) -> Evaluation:
        """Apply one batch, all or nothing."""
        batch = [edit_from_json({"sheet": "Sheet1"} | edit) for edit in edits]
        plan = self.book.plan(self.book.resolve(batch, "ada"))
        if plan.is_restructured:
            evaluation = self.formulas.restructure(plan.sheets, plan.inputs, plan.names)
        else:
            evaluation = self.formulas.edit(plan.changes)
        self.seq += 1
        self.book.commit(plan, self.seq, "ada")
        return self.hear(evaluation)

    def type(self, **inputs: str) -> Evaluation:
        """Type into the first sheet."""
        return self.do(*({"op": "set", "cell": a1, "input": typed} for a1, typed in inputs.items()))

    def value(self, a1: str) -> Scalar:
        """What a cell shows."""
        return self.formulas.shown.get(cell(a1), Shown()).value

    def settle(self, waiting: Sequence[Call]) -> None:
        """Let all answers arrive."""
        while waiting:
            waiting = list(self.hear(self.formulas.arrive({call: _answer(call) for call in waiting})).waiting)


def _answer(call: Call) -> Answer:
    """Always the same one for the same call; one in three is an error."""
    which = sum(call.arguments.encode()) % 3
    return Answer(CellError(f"#UPSTREAM_{call.arguments}!")) if which == 0 else Answer(float(which), fetched_at=1.0)


CELLS = [f"{column}{row}" for row in range(1, 6) for column in "ABC"]
references = st.sampled_from([*CELLS, "A1:B3", "$C1:C$5", "B:B", "2:3", "'My sheet'!A1", "Sheet1!B2", "tax", "area"])
pieces = st.one_of(
    st.builds("SUM({})".format, references),
    st.builds("({}+1)".format, st.sampled_from([*CELLS, "tax", "'My sheet'!$B$2"])),
    st.builds("LIVE({})".format, st.sampled_from(["1", "2", "A1", "tax"])),
    st.builds("IFERROR({},0)".format, references.filter(lambda one: ":" not in one and one != "area")),
    st.builds("COUNT({})".format, references),
    st.sampled_from(["SEQUENCE(2)", "BOOM()", 'LEN("é A1")', "1/0"]),
)
inputs = st.one_of(st.sampled_from(["", "1", "2.5", "text"]), st.builds("={}".format, pieces))
setting = st.fixed_dictionaries(
    {
        "op": st.just("set"),
        "sheet": st.sampled_from(["Sheet1", "My sheet"]),
        "cell": st.sampled_from(CELLS),
        "input": inputs,
    }
)
shifting = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["insert_rows", "delete_rows", "insert_columns", "delete_columns"]),
        "at": st.integers(1, 5),
        "count": st.integers(1, 2),
        "sheet": st.sampled_from(["Sheet1", "My sheet"]),
    }
)
naming: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"op": "rename_sheet", "sheet": "My sheet", "name": "It's é"},
        {"op": "rename_sheet", "sheet": "It's é", "name": "My sheet"},
        {"op": "add_sheet", "name": "Extra"},
        {"op": "delete_sheet", "sheet": "My sheet"},
        {"op": "move_sheet", "to": 2},
        {"op": "define_name", "name": "tax", "refers_to": "=Sheet1!B2"},
        {"op": "define_name", "name": "area", "refers_to": "=Sheet1!A1:B3"},
        {"op": "define_name", "name": "area", "refers_to": "=SUM(Sheet1!A:A)+tax"},
        {"op": "delete_name", "name": "tax"},
        {"op": "undo"},
        {"op": "undo"},
        {"op": "redo"},
    ]
)
batches = st.lists(st.one_of(setting, setting, shifting, naming), min_size=2, max_size=14)


@settings(max_examples=60, deadline=None)
@given(batches)
def test_moving_step_by_step_equals_opening_the_result(steps: list[dict[str, Any]]) -> None:
    """After any typing, moving, naming and undoing each cell shows what it shows in a book opened from the outcome."""
    desk = Desk()
    for step in steps:
        before = dict(desk.formulas.shown)
        try:
            waiting = desk.do(step).waiting
        except BadEdit:
            assert dict(desk.formulas.shown) == before
            continue
        desk.settle(list(waiting))
    book = desk.book
    rebuilt = FormulaBook(book.sheets, book.inputs, TABLE, names=book.names)
    waiting = rebuilt.evaluate().waiting
    while waiting:
        waiting = rebuilt.arrive({call: _answer(call) for call in waiting}).waiting
    assert dict(desk.formulas.shown) == dict(rebuilt.shown)
    assert {cell: shown for cell, shown in desk.told.items() if shown != Shown()} == dict(rebuilt.shown)


def test_live_calls_are_not_asked_again_by_a_move() -> None:
    """Rows inserted above a live cell leave its answer where it is, and its value moves with it."""
    desk = Desk({"A1": "=LIVE(2)", "A2": "=A1*10"})
    desk.formulas.arrive({Call("LIVE", "[2]"): Answer(4.0, fetched_at=5.0)})
    moved = desk.do({"op": "insert_rows", "at": 1, "count": 3})
    assert not moved.waiting
    assert desk.formulas.shown[cell("A4")] == Shown(4.0, fetched_at=5.0, plugin="stripe")
    assert desk.value("A5") == 40.0
    assert moved.changes[cell("A1")] == Shown()


def test_names_stay_incremental() -> None:
    """An edit of a cell behind a name is told to every cell that uses it, also through other names and cells."""
    desk = Desk(
        {"A1": "2", "B1": "=tax*10", "C1": "=B1+1", "D1": "=SUM(A:A)"}, {"tax": "twice/2", "twice": "Sheet1!$A$1*2"}
    )
    assert [desk.value(one) for one in ("B1", "C1", "D1")] == [20, 21, 2]
    assert {one.a1: shown.value for one, shown in desk.type(A1="3").changes.items()} == {
        "A1": 3,
        "B1": 30,
        "C1": 31,
        "D1": 3,
    }


def test_names_carry_loading_and_failures() -> None:
    """What loads or fails behind a name loads or fails in front of it, with its own words, also through IFERROR."""
    desk = Desk({"A1": "=LIVE(1)", "B1": "=tax+1", "C1": "=IFERROR(TAX,0)"}, {"tax": "Sheet1!$A$1"})
    assert [desk.formulas.shown[cell(one)].state for one in ("B1", "C1")] == ["loading", "loading"]
    desk.formulas.arrive({Call("LIVE", "[1]"): Answer(CellError("#STRIPE_AUTH!", "No connection"))})
    assert desk.formulas.shown[cell("B1")].error == CellError("#STRIPE_AUTH!", "No connection")
    assert desk.value("C1") == 0


@pytest.mark.parametrize(
    "edit",
    [
        {"op": "define_name", "name": "sum", "refers_to": "=1"},
        {"op": "define_name", "name": "live", "refers_to": "=1"},
        {"op": "define_name", "name": "x", "refers_to": "=LIVE(1)"},
        {"op": "define_name", "name": "x", "refers_to": "=__calls!A1"},
        {"op": "set", "cell": "B1", "input": "x" * 40_000},
    ],
)
def test_what_no_engine_can_take_is_refused_whole(edit: dict[str, Any]) -> None:
    """A batch that moves cells and then cannot be accepted leaves formulas as they were."""
    desk = Desk({"A1": "1", "A2": "=A1+1"})
    with pytest.raises(BadEdit):
        desk.do({"op": "insert_rows", "at": 1, "count": 1}, edit)
    assert desk.book.inputs == {cell("A1"): "1", cell("A2"): "=A1+1"}
    desk.type(A1="5")
    assert desk.value("A2") == 6


def test_a_deleted_sheet_leaves_reference_errors() -> None:
    """Formulas that read a deleted sheet show `#REF!`, and its cells are told to be blank; undo heals both."""
    desk = Desk({"My sheet!A1": "7", "A1": "='My sheet'!A1", "A2": "=IFERROR('My sheet'!A1,-1)"})
    gone = desk.do({"op": "delete_sheet", "sheet": "My sheet"})
    assert (desk.value("A1"), desk.value("A2")) == ("#REF!", -1)
    assert gone.changes[cell("My sheet!A1")] == Shown()
    desk.do({"op": "undo"})
    assert (desk.value("A1"), desk.value("A2"), desk.value("My sheet!A1")) == (7, 7, 7)


def test_sheets_counts_sheets_after_adding_one() -> None:
    """SHEETS knows the sheets of now."""
    desk = Desk({"A1": "=SHEETS()"})
    desk.do({"op": "add_sheet", "name": "Third"})
    assert desk.value("A1") == 3
