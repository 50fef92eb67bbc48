"""Live cells of an open workbook: loading, arriving, stale, and whose connection."""

import asyncio
import time
from typing import Any, cast
from uuid import uuid4

import pytest

from gridos.errors import StorageUnavailable
from gridos.fetching import Priority
from gridos.formulas import Answer
from gridos.grid import CellError, parse_range
from gridos.live import LongCall, Progress, Watcher
from tests.live.stage import ACTOR, OWNER, Stage, settled, shows, type_in, typed


async def test_an_answer_arrives_in_the_cell_and_its_dependents(stage: Stage) -> None:
    """A live cell loads, then shows its answer; so does whatever depends on it."""
    book = await stage.open()
    await type_in(book, "A1", "=SALES(7)")
    await type_in(book, "B1", "=A1*2")
    loading = shows(book, "B1")
    assert loading
    assert loading.state == "loading"
    stage.upstream.answer("SALES", Answer(21.0, fetched_at=time.time()))
    shown = await settled(book, "B1")
    assert shown
    assert (shown.value, shown.state) == (42, "ok")


async def test_one_call_serves_every_cell(stage: Stage) -> None:
    """The same call in many cells is asked once."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(1.0))
    await book.edit(ACTOR, [typed(f"A{row}", "=SALES(30)") for row in range(1, 101)])
    await settled(book, "A100")
    assert stage.upstream.asked == [("SALES", 0)]


async def test_an_edit_without_live_cells_asks_nothing(stage: Stage) -> None:
    """Typing a number beside a live cell does not ask its call again."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(1.0, fetched_at=time.time()))
    await type_in(book, "A1", "=SALES(30)")
    await settled(book, "A1")
    for row in range(1, 10):
        await type_in(book, f"C{row}", str(row))
    assert len(stage.upstream.asked) == 1


async def test_a_viewer_causes_no_call(stage: Stage) -> None:
    """A viewer of a cell nobody fetched sees "Not fetched yet", never an endless loading."""
    await type_in(await stage.open(), "A1", "1")
    await stage.hub.close_all()
    stage.log.ops[0] = (stage.log.ops[0][0].__class__(1, ACTOR, [typed("A1", "=SALES(7)")]), uuid4())
    book = await stage.open("viewer")
    shown = shows(book, "A1", is_viewer=True)
    assert shown
    assert shown.error
    assert (shown.value, shown.error.title) == ("#N/A", "Not fetched yet")
    probed = await book.evaluate(["=STOCK()"], "Sheet1", 5, is_viewer=True)
    assert probed[0].value == "#N/A"
    assert stage.upstream.asked == []


async def test_a_viewer_sees_the_last_value_after_a_restart(stage: Stage) -> None:
    """The last answer is kept with the workbook and shown as stale, without a call."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(21.0, fetched_at=1_000.0))
    await type_in(book, "A1", "=SALES(7)")
    await settled(book, "A1")
    await book.snapshots.write()
    stage.hub = stage.new_hub()
    shown = shows(await stage.open("viewer"), "A1", is_viewer=True)
    assert shown
    assert (shown.value, shown.state, shown.fetched_at) == (21, "stale", 1_000.0)
    assert len(stage.upstream.asked) == 1
    await book.close()


async def test_a_kept_answer_of_an_earlier_connection_is_not_shown(stage: Stage) -> None:
    """What another key fetched before a restart is gone after it."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(21.0, fetched_at=1_000.0))
    await type_in(book, "A1", "=SALES(7)")
    await settled(book, "A1")
    await book.snapshots.write()
    stage.upstream.version = 1
    stage.hub = stage.new_hub()
    shown = shows(await stage.open("viewer"), "A1", is_viewer=True)
    assert shown
    assert shown.value == "#N/A"
    await book.close()


async def test_a_moved_connection_takes_its_answers_along(stage: Stage) -> None:
    """After the owner's connection moved, the old answer is not shown for a moment."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(1.0))
    await type_in(book, "A1", "=SALES(7)")
    await settled(book, "A1")
    stage.upstream.version = 1
    stage.upstream.answer("SALES", Answer(2.0))
    await stage.hub.connection_changed(OWNER.id, "shop")
    between = shows(book, "A1")
    assert between
    assert between.value != 1
    shown = await settled(book, "A1")
    assert shown
    assert shown.value == 2


async def test_an_answer_under_way_when_the_connection_moves_is_dropped(stage: Stage) -> None:
    """A call that began under the old key never brings its number."""
    book = await stage.open()
    await type_in(book, "A1", "=SALES(7)")
    stage.upstream.version = 1
    await stage.hub.connection_changed(OWNER.id, "shop")
    stage.upstream.answer("SALES", Answer(2.0))
    shown = await settled(book, "A1")
    assert shown
    assert shown.value == 2
    assert stage.upstream.asked[-1] == ("SALES", 1)


async def test_being_told_twice_asks_once(stage: Stage) -> None:
    """A change the request and the database both tell of is acted on once."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(1.0))
    await type_in(book, "A1", "=SALES(7)")
    await settled(book, "A1")
    stage.upstream.version = 1
    await stage.hub.connection_changed(OWNER.id, "shop")
    await settled(book, "A1")
    asked = len(stage.upstream.asked)
    await stage.hub.connection_changed(OWNER.id, "shop")
    assert len(stage.upstream.asked) == asked


async def test_a_database_that_is_down_is_no_missing_connection(stage: Stage) -> None:
    """While connections cannot be looked up the cell says so, and never "not configured"."""
    book = await stage.open()
    stage.upstream.is_down = True
    await type_in(book, "A1", "=SALES(7)")
    shown = await settled(book, "A1")
    assert shown
    assert shown.error
    assert shown.error.code == "#VAULT!"
    assert shown.error.retry_at


async def test_an_error_is_asked_again_when_it_says_so(stage: Stage) -> None:
    """A limited call is repeated by itself at its `retry_at`."""
    book = await stage.open()
    limited = CellError("#SHOP_429!", "Limited", retry_at=time.time())
    stage.upstream.answer("SALES", Answer(limited))
    await type_in(book, "A1", "=SALES(7)")
    first = await settled(book, "A1")
    assert first
    assert first.value == "#SHOP_429!"
    stage.upstream.answer("SALES", Answer(5.0))
    for _ in range(100):
        await book.wait_for_news(0.1)
        shown = shows(book, "A1")
        if shown and shown.value == 5:
            return
    pytest.fail("it was not asked again")


async def test_refresh_asks_what_the_range_uses(stage: Stage) -> None:
    """Refresh counts and asks the calls of a plugin or a range, and nothing else."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(1.0))
    stage.upstream.answer("STOCK", Answer(1.0))
    await book.edit(ACTOR, [typed("A1", "=SALES(7)"), typed("B1", "=STOCK()")])
    await settled(book, "A1")
    await settled(book, "B1")
    assert book.refresh(None, None) == 2
    assert book.refresh(None, parse_range("Sheet1", "B1:B9")) == 1
    assert book.refresh("other", None) == 0


async def test_eval_waits_for_its_calls_and_writes_nothing(stage: Stage) -> None:
    """A formula that stands in no cell still gets its answer."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(20.0))
    results = await book.evaluate(["=SALES(1)+1", "=1/0"], "Sheet1", 5, is_viewer=False)
    assert [result.value for result in results] == [21, "#DIV/0!"]
    assert stage.log.ops == []


async def test_a_plugin_the_owner_removed_stops_at_once(stage: Stage) -> None:
    """Removing a plugin turns its cells into `#NOT_INSTALLED`; installing it brings them back."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(1.0))
    await type_in(book, "A1", "=SALES(7)")
    await settled(book, "A1")
    stage.installed.slugs = frozenset()
    await stage.hub.plugins_changed(OWNER.id)
    removed = shows(book, "A1")
    assert removed
    assert removed.value == "#NOT_INSTALLED"
    stage.installed.slugs = frozenset({"shop"})
    await stage.hub.plugins_changed(OWNER.id)
    again = await settled(book, "A1")
    assert again
    assert again.value == 1


async def test_whoever_is_told_second_waits_for_the_first(stage: Stage) -> None:
    """A PUT must not be answered while the database's notice of it is still being followed."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(1.0))
    await type_in(book, "A1", "=SALES(7)")
    await settled(book, "A1")
    stage.upstream.version = 1
    async with cast("Any", book)._writer:  # as while a long pass runs
        notice = asyncio.create_task(stage.hub.connection_changed(OWNER.id, "shop"))
        request = asyncio.create_task(stage.hub.connection_changed(OWNER.id, "shop"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not request.done()
    await asyncio.gather(notice, request)
    shown = shows(book, "A1")
    assert shown
    assert shown.value != 1


async def asked(stage: Stage, times: int) -> None:
    """Wait until upstream was asked so often."""
    async with asyncio.timeout(5):
        while len(stage.upstream.asked) < times:  # noqa: ASYNC110 -- a task of the workbook's own asks
            await asyncio.sleep(0.005)


async def test_a_deleted_formula_ends_its_call(stage: Stage) -> None:
    """When the last cell that waits for a call is gone the call is given up, and another one goes on."""
    book = await stage.open()
    await book.edit(ACTOR, [typed("A1", "=SALES(7)"), typed("A2", "=SALES(7)"), typed("B1", "=STOCK()")])
    await asked(stage, 2)
    await type_in(book, "A1", "")
    assert stage.upstream.given_up == []
    await type_in(book, "A2", "5")
    await asyncio.sleep(0)
    assert stage.upstream.given_up == ["SALES"]
    stage.upstream.answer("STOCK", Answer(3.0))
    shown = await settled(book, "B1")
    assert shown
    assert shown.value == 3


async def test_an_edit_that_is_not_stored_asks_nothing_on(stage: Stage) -> None:
    """What an edit asked for is given up when the log does not take it."""
    book = await stage.open()
    stage.log.is_down = True
    with pytest.raises(StorageUnavailable):
        await type_in(book, "A1", "=SALES(7)")
    for _ in range(10):
        await asyncio.sleep(0)
    assert [function for function, _ in stage.upstream.asked] == stage.upstream.given_up
    stage.log.is_down = False
    stage.upstream.answer("SALES", Answer(1.0))
    await type_in(book, "A1", "=SALES(7)")
    shown = await settled(book, "A1")
    assert shown
    assert shown.value == 1


async def test_a_closed_workbook_ends_its_calls(stage: Stage) -> None:
    """Nothing is asked on for a workbook that nobody has open."""
    book = await stage.open()
    await type_in(book, "A1", "=SALES(7)")
    await asked(stage, 1)
    await stage.hub.close_all()
    assert stage.upstream.given_up == ["SALES"]


async def test_an_earlier_value_is_shown_until_the_new_one_comes(stage: Stage) -> None:
    """A value past its time is shown as stale at once, and replaced by itself; a newer one is not taken back for it."""
    book = await stage.open()
    await type_in(book, "A1", "=SALES(7)")
    await asked(stage, 1)
    stage.upstream.wishes["SALES"].meanwhile(Answer(20.0, stale=True, fetched_at=1_000.0))
    shown = await settled(book, "A1")
    assert shown
    assert (shown.value, shown.state, shown.fetched_at) == (20, "stale", 1_000.0)
    news = asyncio.create_task(book.wait_for_news(5))
    stage.upstream.answer("SALES", Answer(21.0, fetched_at=time.time()))
    assert await news
    fresh = shows(book, "A1")
    assert fresh
    assert (fresh.value, fresh.state) == (21, "ok")
    assert len(stage.upstream.asked) == 1


async def test_who_waits_for_what_goes_first(stage: Stage) -> None:
    """An edit and a wish for newer answers are a person's; what is only past its time lets others go first."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(1.0, fetched_at=1_000.0))
    await type_in(book, "A1", "=SALES(7)")
    await settled(book, "A1")
    assert stage.upstream.wishes["SALES"].urgency.priority is Priority.INTERACTIVE
    book.refresh_minutes = 15
    book.ask()
    await asked(stage, 2)
    scheduled = stage.upstream.wishes["SALES"]
    assert scheduled.urgency.priority is Priority.SCHEDULED
    assert 0 <= time.time() - 15 * 60 - scheduled.newer_than < 5
    await book.wait_for_news(0.5)
    book.refresh(None, None)
    await asked(stage, 3)
    assert stage.upstream.wishes["SALES"].urgency.priority is Priority.INTERACTIVE
    assert time.time() - stage.upstream.wishes["SALES"].newer_than < 5


async def test_a_wish_while_the_call_runs(stage: Stage) -> None:
    """When what a call under way brings is older than somebody wished meanwhile, it is asked again."""
    book = await stage.open()
    await type_in(book, "A1", "=SALES(7)")
    await asked(stage, 1)
    book.refresh(None, None)
    stage.upstream.answer("SALES", Answer(1.0, fetched_at=1_000.0))
    await asked(stage, 2)
    assert stage.upstream.wishes["SALES"].newer_than > 1_000


async def test_progress_of_the_longest_call(stage: Stage) -> None:
    """Of the calls that tell how far they are, the one that has read most is named, until it is answered."""
    book = await stage.open()
    await book.edit(ACTOR, [typed("A1", "=SALES(7)"), typed("B1", "=STOCK()")])
    await asked(stage, 2)
    watcher = Watcher(OWNER, is_viewer=False)
    book.audience.join(watcher)
    stage.upstream.wishes["STOCK"].progress(10, None)
    stage.upstream.wishes["SALES"].progress(250, 1000)
    told = await next_progress(watcher)
    assert (told.pending, told.longest) == (2, LongCall("SALES", 250, 1000))
    stage.upstream.answer("SALES", Answer(1.0))
    await settled(book, "A1")
    assert (await next_progress(watcher)).longest == LongCall("STOCK", 10, None)


async def next_progress(watcher: Watcher) -> Progress:
    """The next news of progress."""
    async with asyncio.timeout(5):
        while not isinstance(news := await watcher.next(), Progress):
            pass
    return news


async def test_a_person_joins_a_call_that_is_only_past_its_time(stage: Stage) -> None:
    """A call that nobody waited for goes first as soon as somebody does, without being asked twice at once."""
    book = await stage.open()
    stage.upstream.answer("SALES", Answer(1.0, fetched_at=1_000.0))
    await type_in(book, "A1", "=SALES(7)")
    await settled(book, "A1")
    stage.upstream.hold("SALES")
    book.refresh_minutes = 15
    book.ask()
    await asked(stage, 2)
    assert stage.upstream.wishes["SALES"].urgency.priority is Priority.SCHEDULED
    book.refresh(None, None)
    assert stage.upstream.wishes["SALES"].urgency.priority is Priority.INTERACTIVE
    assert len(stage.upstream.asked) == 2
