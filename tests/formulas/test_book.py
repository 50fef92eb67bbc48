"""What a formula book promises: edits in, changes and waiting calls out."""

import pytest

from gridos.errors import BadEdit, CannotCalculate
from gridos.formulas import Answer, Call, FormulaBook, Function
from gridos.formulas.engine import Engine, EngineFailed
from gridos.grid import BLANK, MAX_COLUMNS, MAX_FORMULA_LENGTH, MAX_TEXT_LENGTH, CellError, CellRef, Sheet, Shown
from tests.formulas.playing import FUNCTIONS, SHEETS, Playground, cell, live, pure

CALL = Call("LIVE", "[30]")


def test_an_edit_reports_only_what_shows_something_else() -> None:
    """Only the edited cell and those that depend on it change."""
    play = Playground({"A1": "1", "A2": "=A1+1", "B1": "7", "B2": "=B1"})
    assert play.type(A1="2").changes == {cell("A1"): Shown(2.0), cell("A2"): Shown(3.0)}
    assert play.type(A1="2").changes == {}


def test_a_cleared_cell_is_blank() -> None:
    """Clearing a cell reports it as blank and takes it from what is shown."""
    play = Playground({"A1": "1"})
    assert play.type(A1="").changes == {cell("A1"): BLANK}
    assert play.book.shown == {}


def test_one_and_true_are_different_things() -> None:
    """A number that turns into a truth value is a change, also in cells that depend on it."""
    play = Playground({"A1": "1", "A2": "=A1"})
    assert play.type(A1="TRUE").changes == {cell("A1"): Shown(value=True), cell("A2"): Shown(value=True)}
    assert play.value("A2") is True


def test_names_of_sheets_have_any_case() -> None:
    """An edit may spell a sheet's name in any case; the change is reported under its own."""
    play = Playground()
    assert play.type_all({"MY SHEET!A1": "1"}).changes == {cell("My sheet!A1"): Shown(1.0)}
    assert play.result("='my sheet'!A1+1") == 2


def test_a_live_call_loads_then_settles() -> None:
    """A live call shows loading, waits, and shows its answer with its age and plugin."""
    play = Playground({"A1": "=LIVE(30)", "A2": "=A1*2"})
    assert play.last.waiting == {CALL: frozenset({cell("A1")})}
    assert play.shows("A1") == Shown(state="loading", plugin="stripe")
    assert play.shows("A2") == Shown(state="loading")
    evaluation = play.answer("[30]", 5, fetched_at=9.0)
    assert evaluation.waiting == {}
    assert evaluation.changes == {
        cell("A1"): Shown(5.0, fetched_at=9.0, plugin="stripe"),
        cell("A2"): Shown(10.0),
    }


@pytest.mark.parametrize(
    ("formula", "settled"),
    [
        ("=IFERROR(LIVE(30),0)", 5),
        ("=COUNT(A1:A3)", 2),
        ("=AGGREGATE(9,6,A1:A3)", 6),
        ("=IFERROR(A2,-1)", 5),
        ("=ISERROR(A2)", False),
        ('=SUMIF(A1:A3,">0")', 6),
        ("=IFERROR(A2,-1)+1", 6),
    ],
)
def test_what_swallows_errors_does_not_swallow_loading(formula: str, settled: object) -> None:
    """A formula that would hide an error shows loading while an input loads, then its value."""
    play = Playground({"A1": "1", "A2": "=LIVE(30)", "B1": formula, "B2": "=B1"})
    assert (play.shows("B1").state, play.shows("B2").state) == ("loading", "loading")
    play.answer("[30]", 5)
    assert play.values("B1", "B2") == [settled, settled]
    assert (play.shows("B1").state, play.shows("B2").state) == ("ok", "ok")


def test_a_branch_not_taken_does_not_load() -> None:
    """IF is lazy: a call in the branch that is not taken is not made."""
    play = Playground({"A1": "=IF(FALSE,LIVE(30),7)"})
    assert (play.value("A1"), play.last.waiting) == (7, {})


def test_equal_calls_are_one() -> None:
    """The same call in several cells waits once, for all of them; a call with TRUE is not one with 1."""
    play = Playground({"A1": "=LIVE(30)", "B1": "=live(20+10)", "A2": "=LIVE(TRUE)", "A3": "=LIVE(1)"})
    assert play.last.waiting[CALL] == frozenset({cell("A1"), cell("B1")})
    assert set(play.last.waiting) == {CALL, Call("LIVE", "[true]"), Call("LIVE", "[1]")}


def test_arguments_arrive_as_the_contract_says() -> None:
    """Numbers, text, truth values, None for blank and left-out arguments, ranges as lists of rows."""
    play = Playground({"A1": '=LIVE(1.5,"é",TRUE,C1,,C1:D2)', "C1": "", "D2": "4"})
    assert list(play.last.waiting) == [Call("LIVE", '[1.5, "\\u00e9", true, null, null, [[null, null], [null, 4]]]')]


def test_calls_nest() -> None:
    """A live call whose argument is another one's answer is made when that has arrived."""
    play = Playground({"A1": "=STARS(LIVE(30))"})
    assert set(play.last.waiting) == {CALL}
    play.answer("[30]", "o/n")
    assert set(play.last.waiting) == {Call("STARS", '["o/n"]')}
    play.answer('["o/n"]', 12, name="STARS")
    assert play.value("A1") == 12


def test_an_answer_may_spill() -> None:
    """A rectangle spills, and shrinks with the next answer."""
    play = Playground({"A1": "=LIVE(30)"})
    play.answer("[30]", [[1, "x"], [2, None]])
    assert play.values("A1", "B1", "A2") == [1, "x", 2]
    play.answer("[30]", [[9]])
    assert play.values("A1", "B1", "A2") == [9, None, None]


def test_a_failure_is_the_same_in_all_that_depend_on_it() -> None:
    """Cells that depend on a failed call show its own error, across sheets and ranges; ISERROR and IFERROR see it."""
    error = CellError("#STRIPE_AUTH!", "No connection", "Connect Stripe.", plugin="stripe")
    play = Playground(
        {"A1": "=LIVE(30)", "A2": "=A1+1", "A3": "=SUM(A1:A2)", "My sheet!A1": "=Sheet1!A3", "B1": "=IFERROR(A3,7)"}
    )
    play.type(B2="=ISERROR(A1)")
    play.answer("[30]", error)
    for a1 in ("A1", "A2", "A3", "My sheet!A1"):
        assert (play.shows(a1).value, play.shows(a1).error) == ("#STRIPE_AUTH!", error)
    assert play.values("B1", "B2") == [7, True]


def test_one_failure_becoming_another_is_a_change() -> None:
    """Dependents follow when an error turns into another one, though to the engine both are the same."""
    play = Playground({"A1": "=LIVE(30)", "A2": "=A1+1"})
    play.answer("[30]", CellError("#STRIPE_AUTH!"))
    changes = play.answer("[30]", CellError("#STRIPE_429!")).changes
    assert {place.a1: shown.value for place, shown in changes.items()} == {"A1": "#STRIPE_429!", "A2": "#STRIPE_429!"}


def test_the_first_failing_input_explains() -> None:
    """With two failing inputs a cell shows the first one's error, and the other's once that heals."""
    play = Playground({"A1": "=LIVE(1)", "A2": "=LIVE(2)", "A3": "=A1+A2"})
    play.answer("[1]", CellError("#ONE!"))
    play.answer("[2]", CellError("#TWO!"))
    assert play.value("A3") == "#ONE!"
    play.answer("[1]", 1)
    assert play.value("A3") == "#TWO!"


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (CellError("#MINE!"), "#MINE!"),
        ("#MINE!", "#MINE!"),
        ("#N/A", "#N/A"),
        ("#1 of many!", "#1 of many!"),
        (float("inf"), "#NUM!"),
        (10**400, "#NUM!"),
        (b"bytes", "#HELLO_ERROR!"),
        ([1, 2], "#HELLO_ERROR!"),
        ([[1], [2, 3]], "#HELLO_ERROR!"),
        ([], "#HELLO_ERROR!"),
        ("x" * (MAX_TEXT_LENGTH + 1), "#VALUE!"),
        ([[0.0] * 400] * 400, "#VALUE!"),
        ((("a", 1),), "a"),
        (-0.0, 0),
    ],
)
def test_whatever_a_function_gives_a_cell_can_show(result: object, shown: object) -> None:
    """A result the engine could misread becomes an error, and an error word becomes an error."""
    play = Playground({"A1": "=GIVE()"}, [pure("GIVE", lambda: result)])
    assert play.value("A1") == shown
    assert (play.shows("A1").state == "error") == (isinstance(shown, str) and shown.isupper() and shown != "a")


def test_stale_answers_are_marked() -> None:
    """A cell is stale when any of its own answers is, and as old as the oldest."""
    play = Playground({"A1": "=LIVE(1)+LIVE(2)"})
    play.answer("[1]", 1, fetched_at=10.0)
    play.answer("[2]", 2, fetched_at=5.0, stale=True)
    assert play.shows("A1") == Shown(3.0, "stale", None, 5.0, "stripe")
    assert play.answer("[2]", 2, fetched_at=11.0).changes == {cell("A1"): Shown(3.0, "ok", None, 10.0, "stripe")}


def test_forgetting_a_plugin_makes_its_calls_wait_again() -> None:
    """Only that plugin's answers go; others stay."""
    play = Playground({"A1": "=LIVE(30)", "A2": '=STARS("o/n")'})
    play.answer("[30]", 5)
    play.answer('["o/n"]', 7, name="STARS")
    evaluation = play.book.forget("stripe")
    assert set(evaluation.waiting) == {CALL}
    assert (play.shows("A1").state, play.value("A2")) == ("loading", 7)


def test_an_answer_nobody_uses_is_dropped() -> None:
    """When the last cell that asks is cleared its answer goes; typing the formula again asks again."""
    play = Playground({"A1": "=LIVE(30)"})
    play.answer("[30]", 5)
    play.type(A1="")
    assert play.type(A1="=LIVE(30)").waiting == {CALL: frozenset({cell("A1")})}


def test_a_book_opens_with_answers_at_hand() -> None:
    """Answers kept from before are used in the first pass."""
    table = {function.name: function for function in FUNCTIONS}
    book = FormulaBook(SHEETS, {cell("A1"): "=LIVE(30)"}, table, {CALL: Answer(5, fetched_at=1.0)})
    assert book.evaluate().waiting == {}
    assert book.shown[cell("A1")].value == 5


def test_an_absent_plugins_function_says_so() -> None:
    """A function of a plugin that is not installed is its error word, runs nothing and asks nobody."""
    play = Playground({"A1": "=GONE(LIVE_NOT(1))", "A2": "=GONE(1)", "A3": "=IFERROR(GONE(),1)"})
    assert play.values("A2", "A3") == ["#NOT_INSTALLED", 1]
    assert play.shows("A2").plugin == "absent"


def test_a_probe_writes_nothing() -> None:
    """Probed formulas see the book and the answers they are given; the book does not see them."""
    play = Playground({"A1": "2", "B1": "=LIVE(30)", "B2": "=BOOM()"})
    shown = dict(play.book.shown)
    asked = [
        "=A1+1",
        "5%",
        "=LIVE(7)",
        "=IFERROR(LIVE(8),0)",
        "=BOOM()",
        "=B2",
        "=B1",
        "=SEQUENCE(3)",
        "=A1",
        "=COUNT(B1)",
    ]
    for _ in range(2):
        probe = play.book.probe(asked, "sheet1", {Call("LIVE", "[7]"): Answer(1, fetched_at=3.0)})
        values = [(result.value, result.state) for result in probe.results]
        assert values == [
            (3, "ok"),
            (0.05, "ok"),
            (1, "ok"),
            (None, "loading"),
            ("#HELLO_ERROR!", "error"),
            ("#HELLO_ERROR!", "error"),
            (None, "loading"),
            (1, "ok"),
            (2, "ok"),
            (None, "loading"),
        ]
        assert probe.waiting == {Call("LIVE", "[8]")}
    assert play.book.shown == shown
    assert play.type(A1="3").waiting == {CALL: frozenset({cell("B1")})}


def test_a_probe_is_refused_like_an_edit() -> None:
    """A formula that no cell may hold, or a sheet that is not there, is BadEdit."""
    play = Playground()
    for formulas, sheet in ((["=__calls!A1"], "Sheet1"), (["=" + "1" * MAX_FORMULA_LENGTH], "Sheet1"), (["=1"], "X")):
        with pytest.raises(BadEdit):
            play.book.probe(formulas, sheet, {})


@pytest.mark.parametrize("typed", ["=" + "1" * MAX_FORMULA_LENGTH, "x" * (MAX_TEXT_LENGTH + 1)])
def test_too_long_an_input_is_refused_and_nothing_changes(typed: str) -> None:
    """One bad cell refuses the whole batch."""
    play = Playground({"A1": "1"})
    with pytest.raises(BadEdit):
        play.type(A1="2", A2=typed)
    assert play.values("A1", "A2") == [1, None]


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook that is full takes no further cells, but lets go of some."""
    monkeypatch.setattr("gridos.formulas.book.MAX_USED_CELLS", 2)
    play = Playground({"A1": "1", "A2": "2"})
    with pytest.raises(BadEdit):
        play.type(A3="3")
    play.type(A1="")
    assert play.type(A3="3").changes[cell("A3")].value == 3


def test_a_book_that_cannot_be_calculated_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stored book whose first pass fails raises CannotCalculate, and heals by a later pass."""
    book = FormulaBook([Sheet("Sheet1")], {cell("A1"): "=1+1"}, {})

    def panic(engine: Engine) -> None:
        raise EngineFailed

    with monkeypatch.context() as patched:
        patched.setattr(Engine, "evaluate", panic)
        with pytest.raises(CannotCalculate):
            book.evaluate()
    assert book.evaluate().changes[cell("A1")].value == 2


@pytest.mark.parametrize(
    ("formula", "named"), [("=MAP(B1,2)", "MAP"), ("=1+nofunc(2)", "NOFUNC"), ("=SUM(B1,QUERY(2))", "QUERY")]
)
def test_an_unknown_function_is_named(formula: str, named: str) -> None:
    """`#NAME?` says which function there is none of."""
    play = Playground({"A1": formula})
    error = play.shows("A1").error
    assert error
    assert error.code == "#NAME?"
    assert named in error.detail


def test_what_a_removed_function_spilled_is_gone() -> None:
    """When the function behind a large spill is removed, no cell of it stays."""
    play = Playground({"A1": "=TABLE(300,2)"})
    assert play.value("B300") == 599
    changes = play.book.install({}).changes
    assert changes[cell("B300")] == BLANK
    assert set(play.book.shown) == {cell("A1")}


def test_shown_mappings_do_not_change() -> None:
    """A reader keeps the pass it read, whatever is edited meanwhile."""
    play = Playground({"A1": "1"})
    before = play.book.shown
    play.type(A1="2")
    assert before[cell("A1")].value == 1


def test_a_function_may_be_installed_removed_and_made_live() -> None:
    """Installing another table of functions rebuilds what uses them."""
    play = Playground({"A1": "=F(30)"}, [pure("F", abs)])
    assert play.value("A1") == 30
    assert set(play.book.install({"F": live("F")}).waiting) == {Call("F", "[30]")}
    gone = Function("F", "stripe", unavailable=CellError("#NOT_INSTALLED"))
    assert play.book.install({"F": gone}).changes[cell("A1")].value == "#NOT_INSTALLED"
    assert play.book.install({}).changes[cell("A1")].value == "#NAME?"


def test_one_cell_far_away_costs_little() -> None:
    """Used cells at the far corner are shown, and do not make a pass read everything between."""
    play = Playground({"A1": "1", "ALL100000": "=Sheet1!A1+1"})
    play.type_all({f"A{row}": "=RAND()" for row in range(2, 300)})
    assert play.value("ALL100000") == 2
    assert play.type(A1="5").changes[cell("ALL100000")].value == 6


def test_now_rolls_and_is_not_a_roots_problem() -> None:
    """Cells below a volatile formula are looked at in every pass, also those that read it by INDIRECT."""
    play = Playground({"A1": "1", "A2": '=INDIRECT("A1")+1', "A3": "=A2+1", "A4": "=NOW()>40000"})
    assert play.values("A2", "A3", "A4") == [2, 3, True]
    play.type(A1="5")
    assert play.values("A2", "A3") == [6, 7]


def test_a_result_wider_than_the_sheet_is_cut_at_its_edge() -> None:
    """Cells beyond the last column are not shown, and finding the others costs no more than they are."""
    book = FormulaBook([Sheet("Sheet1")], {CellRef("Sheet1", 2, 2): f"={{{','.join(['1'] * 1_500)}}}"}, {})
    assert len(book.evaluate().changes) == MAX_COLUMNS - 1
