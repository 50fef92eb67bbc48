"""What an open workbook uses is written down beside it, whenever it changes and only then."""

import asyncio

from gridos.formulas import Answer
from tests.live.stage import Stage, settled, type_in


async def kept(stage: Stage) -> list[dict[str, int]]:
    """Everything written, once nothing more is about to be."""
    for _ in range(20):
        await asyncio.sleep(0)
    return [dict(cells) for cells in stage.uses.cells]


async def test_the_numbers_follow_the_formulas(stage: Stage) -> None:
    """Cells that ask a plugin count once each; others do not count; what was cleared no longer does."""
    book = await stage.open()
    assert await kept(stage) == [{}]
    await type_in(book, "A1", "=SALES(1)+SALES(2)+STOCK()")
    assert (await kept(stage))[-1] == {"shop": 1}
    await type_in(book, "A2", "=SALES(1)")
    await type_in(book, "A3", "=A1+1")
    await type_in(book, "A4", "=SALES(3)")
    assert (await kept(stage))[-1] == {"shop": 3}
    await type_in(book, "A2", "7")
    assert (await kept(stage))[-1] == {"shop": 2}
    await type_in(book, "A1", "")
    await type_in(book, "A4", "")
    assert (await kept(stage))[-1] == {}


async def test_only_changes_are_written(stage: Stage) -> None:
    """Neither an edit elsewhere nor an answer that arrives writes the same numbers again."""
    book = await stage.open()
    await type_in(book, "A1", "=SALES(1)")
    before = await kept(stage)
    stage.upstream.answer("SALES", Answer(5.0))
    await settled(book, "A1")
    for row in range(2, 20):
        await type_in(book, f"A{row}", "=A1*2")
    assert await kept(stage) == before == [{}, {"shop": 1}]


async def test_a_formula_counts_whether_or_not_it_runs(stage: Stage) -> None:
    """A cell whose arguments load, whose condition is false or whose plugin is removed still uses the plugin."""
    book = await stage.open()
    await type_in(book, "A1", "=STOCK()")
    await type_in(book, "A2", "=SALES(A1)")
    await type_in(book, "A3", "=IF(FALSE,STOCK(),0)")
    assert (await kept(stage))[-1] == {"shop": 3}
    stage.installed.slugs = frozenset()
    await stage.hub.plugins_changed(book.owner.id)
    await type_in(book, "A4", "=STOCK()")
    assert (await kept(stage))[-1] == {"shop": 4}


async def test_opening_writes_what_another_process_left_out(stage: Stage) -> None:
    """Numbers that were lost while the storage was down are right again after the next opening, or edit."""
    book = await stage.open()
    await kept(stage)
    stage.uses.is_down = True
    await type_in(book, "A1", "=SALES(1)")
    assert await kept(stage) == [{}]
    stage.uses.is_down = False
    await type_in(book, "B1", "1")
    assert (await kept(stage))[-1] == {"shop": 1}
    stage.uses.cells.clear()
    await stage.hub.close_all()
    stage.hub = stage.new_hub()
    await stage.open()
    assert await kept(stage) == [{"shop": 1}]


async def test_closing_waits_for_the_numbers(stage: Stage) -> None:
    """What an edit changed is written before the workbook is closed."""
    book = await stage.open()
    await type_in(book, "A1", "=SALES(1)")
    await stage.hub.close_all()
    assert stage.uses.cells[-1] == {"shop": 1}
