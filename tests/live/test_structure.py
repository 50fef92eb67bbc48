"""Structure edits, formats and undo in an open workbook, through the log."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from gridos.errors import BadEdit, EditsCollide, StorageUnavailable
from gridos.formulas import Answer
from gridos.grid import CellRange, Edit, Undo, edit_from_json
from gridos.live import Cell, OpenWorkbook
from gridos.workbooks import Op
from tests.live.stage import ACTOR, Stage, typed

ALL = CellRange("Sheet1", 1, 1, 100, 10)
OTHER = uuid4()


def edit(op: str, **members: Any) -> Edit:
    """An edit of the first sheet."""
    return edit_from_json({"op": op, "sheet": "Sheet1", **members})


def cells(book: OpenWorkbook) -> dict[str, tuple[str, object]]:
    """What is typed and shown on the first sheet."""
    return {cell.ref.a1: (cell.input, cell.shown.value) for cell in book.cells(ALL, is_viewer=False)}


async def test_inserted_rows_move_cells_and_their_formulas(stage: Stage) -> None:
    """What an edit returns is every cell that holds or shows something else now."""
    book = await stage.open()
    await book.edit(ACTOR, [typed("A1", "1"), typed("A2", "=A1+1")])
    seq, changed = await book.edit(ACTOR, [edit("insert_rows", at=1, count=1)])
    assert seq == 2
    assert {one.ref.a1: one.input for one in changed} == {"A1": "", "A2": "1", "A3": "=A2+1"}
    assert cells(book) == {"A2": ("1", 1), "A3": ("=A2+1", 2)}


async def test_other_processes_and_restarts_see_the_same(stage: Stage) -> None:
    """Every kind of edit reaches another process through the log, and a third through a snapshot; both can undo."""
    book = await stage.open()
    await book.edit(
        ACTOR, [typed("A1", "1"), typed("A2", "=A1+tax"), edit("define_name", name="tax", refers_to="=0.5")]
    )
    other = await stage.new_hub().open(stage.workbook())
    await book.edit(ACTOR, [edit("delete_rows", at=1, count=1), edit("format", range="A1", style={"bold": True})])
    await book.edit(ACTOR, [edit("rename_sheet", name="Data"), edit("add_sheet", name="Sheet1")])
    await other.follow(book.seq)
    await book.snapshots.write()
    third = await stage.new_hub().open(stage.workbook())
    for follower in (other, third):
        assert follower.book == book.book
        assert follower.cells(CellRange("Data", 1, 1, 9, 9), is_viewer=False) == book.cells(
            CellRange("Data", 1, 1, 9, 9), is_viewer=False
        )
    await third.edit(ACTOR, [Undo()])
    await third.edit(ACTOR, [Undo()])
    await other.follow(third.seq)
    assert cells(other) == {"A1": ("1", 1), "A2": ("=A1+tax", 1.5)}
    await third.close()


async def test_the_log_names_what_an_undo_undid(stage: Stage) -> None:
    """A logged undo says which batch it took back, so that it means the same whoever reads it."""
    book = await stage.open()
    await book.edit(ACTOR, [typed("A1", "1")])
    await book.edit(OTHER, [typed("B1", "1")])
    await book.edit(ACTOR, [Undo()])
    assert list(stage.log.ops[-1][0].edits) == [Undo(1)]
    assert cells(book) == {"B1": ("1", 1)}


async def test_an_edit_the_log_does_not_take_leaves_no_trace(stage: Stage) -> None:
    """When the log fails, moved cells and their formulas are back where they were."""
    book = await stage.open()
    await book.edit(ACTOR, [typed("A1", "1"), typed("A2", "=A1+1")])
    before, state = cells(book), book.book.to_json()
    stage.log.is_down = True
    for batch in ([edit("insert_rows", at=1, count=1)], [edit("rename_sheet", name="Data")], [Undo()]):
        with pytest.raises(StorageUnavailable):
            await book.edit(ACTOR, batch)
    stage.log.is_down = False
    assert (cells(book), book.book.to_json()) == (before, state)
    await book.edit(ACTOR, [typed("A1", "5")])
    assert cells(book)["A2"] == ("=A1+1", 6)


async def test_a_refused_batch_is_in_no_log(stage: Stage) -> None:
    """A batch whose last edit cannot be done is not acknowledged, and changes nothing."""
    book = await stage.open()
    await book.edit(ACTOR, [typed("A1", "1")])
    with pytest.raises(BadEdit):
        await book.edit(ACTOR, [edit("insert_rows", at=1, count=1), edit("delete_sheet")])
    assert book.seq == len(stage.log.ops) == 1
    assert cells(book) == {"A1": ("1", 1)}


async def test_moves_collide_with_what_their_sender_did_not_know(stage: Stage) -> None:
    """A move sent without knowing an edit is refused, and so is typing sent without knowing a move."""
    book = await stage.open()
    await book.edit(ACTOR, [typed("A1", "1")])
    with pytest.raises(EditsCollide):
        await book.edit(OTHER, [edit("delete_rows", at=5, count=1)], base_seq=0)
    await book.edit(ACTOR, [edit("insert_rows", at=50, count=1)])
    with pytest.raises(EditsCollide):
        await book.edit(OTHER, [typed("C1", "1")], base_seq=1)
    await book.edit(OTHER, [typed("C1", "1")], base_seq=2)


async def test_two_processes_moving_at_once_agree(stage: Stage) -> None:
    """A move that lost the race for the log is planned again on what won it."""
    book, other = await stage.open(), await stage.new_hub().open(stage.workbook())
    await book.edit(ACTOR, [typed("A1", "1")])
    await other.edit(OTHER, [edit("insert_rows", at=1, count=1)])
    await book.edit(ACTOR, [edit("insert_rows", at=1, count=2)])
    await other.follow(book.seq)
    assert cells(book) == cells(other) == {"A4": ("1", 1)}


async def test_a_move_asks_nothing_again(stage: Stage) -> None:
    """A live cell keeps its answer where it moves, and upstream hears of nothing."""
    book = await stage.open()
    stage.upstream.answer("STOCK", Answer(7, fetched_at=1.0))
    await book.edit(ACTOR, [typed("A1", "=STOCK()")])
    async with asyncio.timeout(5):
        await book.wait(ALL, 5, is_viewer=False)
    asked = len(stage.upstream.asked)
    await book.edit(ACTOR, [edit("insert_rows", at=1, count=4)])
    await book.edit(ACTOR, [edit("rename_sheet", name="Data")])
    found = book.cells(ALL._replace(sheet="Data"), is_viewer=False)
    assert [(one.ref.a1, one.shown.value) for one in found] == [("A5", 7)]
    assert len(stage.upstream.asked) == asked


async def test_formats_show_on_cells_also_empty_ones(stage: Stage) -> None:
    """A formatted cell is read with its style, and the typed number format needs no edit."""
    book = await stage.open()
    _, changed = await book.edit(ACTOR, [edit("format", range="A1:A2", style={"italic": True}), typed("B1", "5%")])
    styles = {one.ref.a1: _style(one) for one in book.cells(ALL, is_viewer=False)}
    assert styles == {"A1": {"italic": True}, "A2": {"italic": True}, "B1": {"number_format": "0%"}}
    assert {one.ref.a1 for one in changed} == {"A1", "A2", "B1"}


def _style(cell: Cell) -> dict[str, Any]:
    return {name: value for name in ("italic", "number_format") if (value := getattr(cell.style, name))}


async def test_a_logged_edit_that_cannot_be_done_is_left_out(stage: Stage) -> None:
    """A workbook opens even when its log holds an edit this version refuses."""
    stage.log.ops.append((Op(1, ACTOR, [Undo(99)]), uuid4()))
    book = await stage.open()
    await book.edit(ACTOR, [typed("A1", "1")])
    assert (book.seq, cells(book)) == (2, {"A1": ("1", 1)})
