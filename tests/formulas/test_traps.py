"""One test for each trap of the engine, so that an upgrade of the library shows what changed."""

import threading
from datetime import date
from typing import Any

import formualizer as fz
import pytest

from gridos.errors import BadEdit
from gridos.formulas import Answer, Call, FormulaBook, Function, is_builtin
from gridos.formulas import engine as engine_module
from gridos.formulas.call_sites import around_sites
from gridos.formulas.engine import Engine, EngineFailed
from gridos.formulas.names import Names
from gridos.grid import MAX_ROWS, CellRef, Literal, Sheet
from tests.formulas.playing import SHEETS, Playground, cell, live, pure


def _in_threads(*tasks: Any) -> list[BaseException]:
    failures: list[BaseException] = []

    def guarded(task: Any) -> None:
        try:
            task()
        except BaseException as failure:  # noqa: BLE001 -- it is reported to the test
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(task,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads), "the engine is locked for ever"
    return failures


def test_trap_1_readers_and_writers_in_four_threads_never_lock_up() -> None:
    """Reading, probing and editing from four threads at once comes to an end."""
    play = Playground({f"A{row}": f"=GREET({row})" for row in range(1, 200)})

    def read() -> None:
        for _ in range(200):
            assert len(play.book.shown) >= 199

    def probe() -> None:
        for number in range(20):
            assert play.book.probe([f"=ECHO({number})+1"], "Sheet1", {}).results[0].value == number + 1

    def edit() -> None:
        for number in range(20):
            play.book.edit({cell("B1"): f"=ECHO({number})"})

    assert _in_threads(read, probe, edit, edit) == []


def test_trap_2_functions_run_on_the_thread_that_asked() -> None:
    """A pure function is called on the caller's own thread, with its context variables."""
    seen: set[int] = set()

    def note(number: int) -> int:
        seen.add(threading.get_ident())
        return number

    Playground({f"A{row}": f"=NOTE({row})" for row in range(1, 300)}, [pure("NOTE", note)])
    assert seen == {threading.get_ident()}


def test_trap_3_a_function_that_reads_its_own_book_sees_the_last_pass() -> None:
    """`shown` does not touch the engine, so even a function inside the pass may read it."""
    books: list[FormulaBook] = []
    play = Playground({"A1": "5"}, [pure("PEEK", lambda: books[0].shown[cell("A1")].value)])
    books.append(play.book)
    play.type(B1="=PEEK()")
    assert play.value("B1") == 5


def test_trap_4_no_exceptions_text_reaches_a_cell() -> None:
    """A function that raises shows its plugin's error word, and nothing of what it said."""
    play = Playground({"A1": "=BOOM()", "A2": '=A1&""', "A3": "=GREET(1,2,3)"})
    assert play.values("A1", "A2", "A3") == ["#HELLO_ERROR!"] * 3
    assert "hunter2" not in repr(play.last)


def test_trap_5_installing_a_plugin_heals_its_formulas() -> None:
    """A formula typed before its function existed calculates as soon as the function is installed."""
    play = Playground({"A1": "=LATE()+1"})
    assert play.value("A1") == "#NAME?"
    changes = play.book.install({"LATE": pure("LATE", lambda: 41)}).changes
    assert changes[cell("A1")].value == 42


@pytest.mark.parametrize("name", ["SUM", "sum", "MMULT", "RAND", "IF", "LET", "LAMBDA", "TRUE", "A1", "R1C1", "__X"])
def test_trap_6_taken_names_are_known(name: str) -> None:
    """A name that the engine, our own functions or the notation of cells use is taken."""
    assert is_builtin(name)
    assert not is_builtin("STRIPE_MRR")


def test_trap_7_an_accent_before_a_call_shifts_nothing() -> None:
    """Call sites are put in by bytes, so letters outside ASCII before a call do no harm."""
    play = Playground({"A1": '="é€😀"&GREET("ü")&GREET("ß")', "A2": '="open'})
    assert play.value("A1") == "é€😀Hello, ü!Hello, ß!"
    assert play.value("A2") == "#ERROR!"


def test_trap_8_a_cell_outside_the_sheet_is_refused() -> None:
    """A row beyond the largest sheet never reaches the engine, which it would ruin."""
    play = Playground({"A1": "1"})
    with pytest.raises(BadEdit):
        play.book.edit({CellRef("Sheet1", MAX_ROWS + 1, 1): "1"})
    assert play.type(A2="=A1+1").changes[cell("A2")].value == 2


def test_trap_8_a_panic_becomes_engine_failed() -> None:
    """A panic of the library, which is no Exception, has a name of ours."""
    engine = Engine(["Sheet1"], Names({}), 0)
    with pytest.raises(EngineFailed):
        engine.put(CellRef("Sheet1", 2_000_000, 1), Literal(1.0))


def test_trap_8_after_a_panic_the_edit_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit during which the engine panics is refused, and the book goes on as before."""
    play = Playground({"A1": "1", "A2": "=A1+1"})
    shown = play.book.shown

    def panic(engine: Engine) -> None:
        raise EngineFailed

    with monkeypatch.context() as patched:
        patched.setattr(Engine, "evaluate", panic)
        with pytest.raises(BadEdit):
            play.type(A1="5", A3="7")
    assert play.book.shown == shown
    assert play.type(A4="=A1+A2").changes[cell("A4")].value == 3
    assert play.value("A3") is None


def test_trap_9_spilled_cells_are_read_fresh() -> None:
    """Cells that a result spills into follow it when it changes, grows and shrinks."""
    play = Playground({"A1": "2", "B1": "=SEQUENCE(A1,1,10)"})
    assert play.values("B1", "B2", "B3") == [10, 11, None]
    play.type(A1="3")
    assert play.values("B1", "B2", "B3") == [10, 11, 12]
    play.type(A1="1")
    assert play.values("B1", "B2", "B3") == [10, None, None]


def test_trap_10_a_spill_is_blocked_and_comes_back() -> None:
    """Typing into a spilled cell gives `#SPILL!`; clearing it lets the result spill again."""
    play = Playground({"A1": "=SEQUENCE(3)"})
    play.type(A2="mine")
    assert play.values("A1", "A2", "A3") == ["#SPILL!", "mine", None]
    play.type(A2="")
    assert play.values("A1", "A2", "A3") == [1, 2, 3]


@pytest.mark.parametrize(("formula", "shown"), [("=A1", "#CIRC!"), ("=1+", "#ERROR!"), ("=SUM(", "#ERROR!")])
def test_trap_11_a_bad_formula_is_kept_and_shows_why(formula: str, shown: str) -> None:
    """A formula that refers to itself or cannot be read is no refused edit."""
    assert Playground({"A1": formula}).value("A1") == shown


@pytest.mark.parametrize(
    "formula",
    [
        "=TRANSPOSE(A1:A1048576)",
        "=SUM(TOCOL(A1:ALL100000))",
        "=ECHO(A1:ALL100000)",
        "=SUM(SEQUENCE(A1))",
        "=SEQUENCE(1,A1)",
        "=SUM(RANDARRAY(A1,A1))",
        "=EXPAND(1,A1,A1)",
        "=SUM(MUNIT(A1))",
        "=SUM(VSTACK(SEQUENCE(15000),SEQUENCE(15000)))",
    ],
)
def test_trap_12_array_bombs_are_a_number_too_large(formula: str) -> None:
    """An array beyond the limits is `#NUM!`, whether its size stands in the formula or in a cell."""
    play = Playground({"A1": "20000"})
    assert play.result(formula) == "#NUM!"


def test_trap_13_a_pass_over_its_budget_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit that calculates too long is refused, and later edits work."""
    monkeypatch.setattr(engine_module, "PASS_BUDGET_MS", 200)
    play = Playground({"A1": "1"})
    slow = {f"B{row}": f"=SUMPRODUCT(SEQUENCE(1000,100)*{row})" for row in range(1, 60)}
    with pytest.raises(BadEdit):
        play.type_all(slow)
    assert play.type(A2="=A1+1").changes[cell("A2")].value == 2
    assert play.value("B1") is None


def test_trap_14_our_hidden_sheet_is_nobodys_business() -> None:
    """SHEETS counts what people see, references to our own names are refused, and so is a sheet that does not exist."""
    play = Playground()
    assert play.result("=SHEETS()") == len(SHEETS)
    for formula in ("=__calls!A1", "='__calls'!A1", "=SUM(__CALLS!A:A)", "=__X(1)"):
        with pytest.raises(BadEdit):
            play.type(A1=formula)
    with pytest.raises(BadEdit):
        play.book.edit({CellRef("Nowhere", 1, 1): "1"})
    assert play.result('="__calls!A1"') == "__calls!A1"


def test_trap_15_typing_is_read_before_the_engine_stores_it() -> None:
    """Numbers, dates, percentages, truth values and a leading apostrophe mean what they mean in spreadsheets."""
    play = Playground({"A1": "1,234.5", "A2": "50%", "A3": "true", "A4": "'=1+1", "A5": "2024-01-31", "A6": "=A1+A2"})
    expected = (date(2024, 1, 31) - date(1899, 12, 30)).days
    assert play.values("A1", "A2", "A3", "A4", "A5", "A6") == [1234.5, 0.5, True, "=1+1", expected, 1235]


def test_trap_16_the_engines_text_has_call_sites_and_ours_has_none() -> None:
    """Only the engine sees `__calls`; what people typed stays with the caller, letter by letter."""
    text = "7".join(around_sites("=f( 1 ,,g()) & g( )", {"F", "G"}.__contains__, lambda _: True))
    assert text == "=f( 1 ,__calls!$B$1,g(__calls!$A$7),__calls!$A$7) & g( __calls!$A$7)"


def test_trap_17_the_dice_roll_in_every_pass() -> None:
    """RAND and its relatives give other numbers after every edit, and the same ones for the same seed."""
    rolls = {"A1": "=RAND()", "A2": "=RANDBETWEEN(1,1000000)", "A3": "=RANDARRAY(2)", "A5": "=A1*2"}
    one, other = Playground(rolls), Playground(rolls)
    before = one.values("A1", "A2", "A3", "A4", "A5")
    assert before == other.values("A1", "A2", "A3", "A4", "A5")
    one.type(C1="x")
    after = one.values("A1", "A2", "A3", "A4", "A5")
    assert not set(before) & set(after)
    assert after[4] == 2 * after[0]  # type: ignore[operator] -- both are numbers


def test_trap_18_other_edits_ask_nothing_again() -> None:
    """A live call runs once, however often other cells are edited."""
    play = Playground({"A1": "=LIVE(1)"})
    play.answer("[1]", 5)
    for number in range(3):
        assert not play.type(B1=str(number)).waiting
    assert play.value("A1") == 5


@pytest.mark.parametrize("argument", ["NOW()", "A9+RAND()", 'TEXT(TODAY(),"d")', "STARS(NOW())"])
def test_trap_18_a_live_call_of_the_clock_is_refused(argument: str) -> None:
    """A live function whose arguments would differ in every pass is `#VALUE!` and asks nobody."""
    play = Playground({"A1": f"=LIVE({argument})"})
    assert play.value("A1") == "#VALUE!"
    assert not play.last.waiting


def test_trap_19_a_large_paste_arrives_in_runs() -> None:
    """Thousands of cells pasted at once are all there."""
    play = Playground()
    pasted = {CellRef("Sheet1", row, 1): str(row) for row in range(1, 5001)}
    pasted |= {CellRef("Sheet1", row, 2): f"=A{row}*2" for row in range(1, 5001)}
    play.book.edit(pasted)
    assert play.values("A1", "A5000", "B5000") == [1, 5000, 10000]


def test_trap_20_a_use_that_lingers_ends_with_its_answer() -> None:
    """A call behind a condition that turned false may wait a moment longer, and then is over."""
    play = Playground({"A1": "1", "A2": "=IF(A1>0,LIVE(30),0)"})
    play.type(A1="0")
    play.answer("[30]", 5)
    assert (play.shows("A2").state, play.value("A2"), play.last.waiting) == ("ok", 0, {})


@pytest.mark.parametrize("formula", ["=" + "(" * 400 + "1" + ")" * 400, "=" + "+".join(["1"] * 4000)])
def test_trap_21_formulas_too_deep_for_the_engine_do_no_harm(formula: str) -> None:
    """A formula that nests or chains too deeply shows an error or its value, and the book goes on."""
    play = Playground({"A1": formula, "A2": "=1+1"})
    assert play.value("A1") in {"#ERROR!", 1, 4000}
    assert play.value("A2") == 2


def test_trap_22_nobody_waits_for_ever_for_a_pass_that_goes_on() -> None:
    """A caller that stopped waiting leaves a pass running; the next caller gets its turn after it."""
    started, go_on = threading.Event(), threading.Event()

    def slow(number: int) -> int:
        started.set()
        assert go_on.wait(timeout=20)
        return number

    play = Playground({}, [pure("SLOW", slow)])
    abandoned = threading.Thread(target=lambda: play.type(A1="=SLOW(1)"), daemon=True)
    abandoned.start()
    assert started.wait(timeout=20)
    assert play.book.shown == {}
    threading.Timer(0, go_on.set).start()
    play.type(A2="2")
    assert play.values("A1", "A2") == [1, 2]


@pytest.mark.parametrize("between", ["", "7", "text"])
def test_trap_23_a_formula_set_where_something_else_was_shows_its_own_value(between: str) -> None:
    """In rows that only formulas use, a formula typed after a literal or a blank is not covered by it."""
    play = Playground({"A1": "1", "B900": "=A1+1"})
    play.type(B900=between)
    play.type(B900="=A1+2")
    assert play.value("B900") == 3
    play.type(A1="5")
    assert play.value("B900") == 7


def test_trap_23_an_edit_before_the_first_pass_counts_too() -> None:
    """A formula typed over a stored value before anything was calculated shows its own value."""
    book = FormulaBook(SHEETS, {cell("A1"): "1", cell("B900"): "7"}, {})
    book.edit({cell("B900"): "=A1+1"})
    assert book.shown[cell("B900")].value == 2


def test_trap_23_the_engine_itself_still_has_it() -> None:
    """The library leaves a literal lying over a batch of formulas; once it does not, our cure can go."""
    book: Any = fz.Workbook()
    book.add_sheet("S")
    book.set_value("S", 1, 1, 1.0)
    book.set_values_batch("S", 900, 2, [[7.0]])
    book.evaluate_all()
    book.set_formulas_batch("S", 900, 2, [["=1+1"]])
    book.evaluate_all()
    assert book.sheet("S").get_values(fz.RangeAddress("S", 900, 2, 900, 2)) == [[7.0]]


def test_an_unused_plugin_function_changes_nothing() -> None:
    """A book whose functions nobody calls shows what it would show without them."""
    book = FormulaBook([Sheet("S")], {CellRef("S", 1, 1): "=1+1"}, {"F": live("F")}, {Call("F", "[]"): Answer(1)})
    assert book.evaluate().changes[CellRef("S", 1, 1)].value == 2
    assert Function("F", "p").live
