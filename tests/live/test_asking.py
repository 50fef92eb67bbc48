"""Live cells of an open workbook: loading, arriving, stale, and whose connection."""

import asyncio
import time
from typing import Any, cast
from uuid import uuid4

import pytest

from gridos.formulas import Answer
from gridos.grid import CellError, parse_range
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
