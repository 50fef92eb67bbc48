"""Edits of an open workbook: acknowledged only when logged, ordered, never applied twice."""

import asyncio
from uuid import uuid4

import pytest

from gridos.errors import BadEdit, EditsCollide, StorageUnavailable, UnknownWorkbook
from gridos.grid import ClearRange, parse_range
from tests.live.stage import ACTOR, Stage, shows, type_in, typed


async def test_an_edit_changes_what_depends_on_it(stage: Stage) -> None:
    """The answer to an edit holds every cell that shows something else."""
    book = await stage.open()
    await type_in(book, "A1", "2")
    await type_in(book, "B1", "=A1*10")
    seq, cells = await book.edit(ACTOR, [typed("A1", "3")])
    assert seq == 3
    assert {cell.ref.a1: cell.shown.value for cell in cells} == {"A1": 3, "B1": 30}


async def test_an_edit_the_log_did_not_take_is_taken_back(stage: Stage) -> None:
    """When the database does not answer, nothing is shown that is not stored."""
    book = await stage.open()
    await type_in(book, "A1", "1")
    await type_in(book, "B1", "=A1+1")
    stage.log.is_down = True
    with pytest.raises(StorageUnavailable):
        await type_in(book, "A1", "5")
    stage.log.is_down = False
    assert (shows(book, "A1"), shows(book, "B1")) == (shows(book, "A1"), shows(book, "B1"))
    value = shows(book, "B1")
    assert value
    assert value.value == 2
    await type_in(book, "C1", "=B1")
    copied = shows(book, "C1")
    assert copied
    assert copied.value == 2


async def test_a_refused_edit_leaves_no_trace(stage: Stage) -> None:
    """One bad edit of a batch refuses the whole batch, and the log never hears of it."""
    book = await stage.open()
    with pytest.raises(BadEdit):
        await book.edit(ACTOR, [typed("A1", "1"), typed("A2", "x" * 40_000)])
    assert stage.log.ops == []
    assert shows(book, "A1") is None


async def test_clearing_a_range_empties_its_cells(stage: Stage) -> None:
    """Clearing writes nothing into cells that were empty already."""
    book = await stage.open()
    await book.edit(ACTOR, [typed("A1", "1"), typed("B2", "2"), typed("D4", "3")])
    _, cells = await book.edit(ACTOR, [ClearRange(parse_range("sheet1", "A:C"))])
    assert {cell.ref.a1: cell.shown.value for cell in cells} == {"A1": None, "B2": None}


async def test_a_repeated_edit_is_applied_once(stage: Stage) -> None:
    """A client that lost the answer may send the same edit again under its id."""
    book = await stage.open()
    op_id = uuid4()
    first = await book.edit(ACTOR, [typed("A1", "1")], op_id=op_id)
    await type_in(book, "A1", "2")
    again = await book.edit(ACTOR, [typed("A1", "1")], op_id=op_id)
    assert first[0] == again[0] == 1
    shown = shows(book, "A1")
    assert shown
    assert shown.value == 2


async def test_colliding_edits_are_refused_others_are_not(stage: Stage) -> None:
    """Only an edit whose cells changed since its `base_seq` collides."""
    book = await stage.open()
    await type_in(book, "A1", "1")
    await type_in(book, "A1", "2")
    with pytest.raises(EditsCollide) as refused:
        await book.edit(ACTOR, [typed("A1", "3")], base_seq=1)
    assert refused.value.seq == 2
    await book.edit(ACTOR, [typed("B1", "3")], base_seq=1)
    await book.edit(ACTOR, [typed("A1", "3")], base_seq=2)


async def test_two_processes_follow_each_other(stage: Stage) -> None:
    """An edit on one server lands behind an edit of another, and both show the same."""
    here, other_hub = await stage.open(), stage.new_hub()
    there = await other_hub.open(stage.workbook())
    await type_in(here, "A1", "1")
    await type_in(there, "B1", "=A1+1")
    assert (await stage.open()).cells(parse_range("Sheet1", "A:B"), is_viewer=False) == there.cells(
        parse_range("Sheet1", "A:B"), is_viewer=False
    )
    await other_hub.close_all()


async def test_edits_at_once_lose_nothing(stage: Stage) -> None:
    """Fifty edits at the same moment get fifty seqs without a gap."""
    book = await stage.open()
    seqs = await asyncio.gather(*(type_in(book, f"A{row}", str(row)) for row in range(1, 51)))
    assert sorted(seqs) == list(range(1, 51))
    await type_in(book, "B1", "=SUM(A:A)")
    total = shows(book, "B1")
    assert total
    assert total.value == 1275


async def test_a_deleted_workbook_is_unknown(stage: Stage) -> None:
    """An edit that meets a deletion is refused, and the workbook closes."""
    book = await stage.open()
    stage.log.is_gone = True
    with pytest.raises(UnknownWorkbook):
        await type_in(book, "A1", "1")
    await stage.hub.follow(stage.id)
    assert stage.hub.open_count == 0


async def test_a_snapshot_and_the_ops_after_it_make_the_same_book(stage: Stage) -> None:
    """Opening from a snapshot shows what opening from the whole log shows."""
    book = await stage.open()
    await type_in(book, "A1", "1")
    await type_in(book, "B1", "=A1*2")
    await book.snapshots.write()
    await type_in(book, "A1", "4")
    assert stage.log.snapshot
    assert stage.log.snapshot.seq == 2
    again = await stage.new_hub().open(stage.workbook())
    shown = shows(again, "B1")
    assert shown
    assert shown.value == 8
    await again.close()
