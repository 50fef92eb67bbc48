"""The log of edits on PostgreSQL."""

import asyncio
from uuid import UUID, uuid4

import pytest

from gridos.db.workbook_log import PostgresWorkbookLog
from gridos.errors import UnknownWorkbook
from gridos.grid import ClearRange, SetCell, parse_cell, parse_range
from gridos.workbooks import Op, Person, Snapshot, Workbooks


def typed(text: str) -> SetCell:
    """Type into A1."""
    return SetCell(parse_cell("Sheet1", "A1"), text)


@pytest.fixture
async def workbook(workbooks: Workbooks, ada: Person) -> UUID:
    """Ada's, with an empty log."""
    return (await workbooks.create(ada.id, "Sales")).id


async def test_what_was_appended_is_read_in_order(log: PostgresWorkbookLog, workbook: UUID, ada: Person) -> None:
    """Each batch with its number, its author and its edits, after whichever number one knows."""
    batches = [[typed("1"), ClearRange(parse_range("Sheet1", "A:C"))], [typed("\u00fc\n'\U0001f600")], []]
    for seq, edits in enumerate(batches):
        assert await log.append(workbook, ada.id, edits, uuid4(), seq) == seq + 1
    assert await log.read(workbook, 0) == [Op(seq, ada.id, edits) for seq, edits in enumerate(batches, 1)]
    assert [op.seq for op in await log.read(workbook, 2)] == [3]
    assert await log.read(workbook, 3) == []
    assert await log.find_head(workbook) == 3


async def test_an_append_after_something_else_writes_nothing(
    log: PostgresWorkbookLog, workbook: UUID, ada: Person
) -> None:
    """None says that the log has moved on, or is not yet that far."""
    await log.append(workbook, ada.id, [typed("1")], uuid4(), 0)
    for expected in (0, 2, -1):
        assert await log.append(workbook, ada.id, [typed("2")], uuid4(), expected) is None
    assert len(await log.read(workbook, 0)) == 1


async def test_the_same_edit_is_written_once(log: PostgresWorkbookLog, workbook: UUID, ada: Person) -> None:
    """Its id tells, whatever number the sender expects by now."""
    once = uuid4()
    assert await log.append(workbook, ada.id, [typed("1")], once, 0) == 1
    await log.append(workbook, ada.id, [typed("2")], uuid4(), 1)
    assert await log.append(workbook, ada.id, [typed("1")], once, 2) == 1
    assert await log.find_seq(workbook, once) == 1
    assert await log.find_seq(workbook, uuid4()) is None
    assert await log.find_head(workbook) == 2


async def test_the_same_id_in_another_workbook_is_another_edit(
    log: PostgresWorkbookLog, workbooks: Workbooks, workbook: UUID, ada: Person
) -> None:
    """Ids are compared within one workbook."""
    other, once = (await workbooks.create(ada.id, "Other")).id, uuid4()
    await log.append(workbook, ada.id, [typed("1")], once, 0)
    assert await log.find_seq(other, once) is None
    assert await log.append(other, ada.id, [typed("1")], once, 0) == 1


async def test_contenders_leave_no_gap(log: PostgresWorkbookLog, workbook: UUID, ada: Person) -> None:
    """Many writers at once: each batch is there exactly once, numbered without a gap."""

    async def write(text: str) -> int:
        once = uuid4()
        while True:
            head = await log.find_head(workbook)
            assert head is not None
            if (seq := await log.append(workbook, ada.id, [typed(text)], once, head)) is not None:
                return seq

    seqs = await asyncio.gather(*(write(str(number)) for number in range(24)))
    assert sorted(seqs) == list(range(1, 25))
    ops = await log.read(workbook, 0)
    assert [op.seq for op in ops] == list(range(1, 25))
    assert {edit.input for op in ops for edit in op.edits if isinstance(edit, SetCell)} == {str(n) for n in range(24)}
    assert await log.find_head(workbook) == 24


async def test_a_deleted_workbooks_log_is_gone(
    log: PostgresWorkbookLog, workbooks: Workbooks, workbook: UUID, ada: Person
) -> None:
    """Appending and keeping raise UnknownWorkbook; there is nothing left to read."""
    await log.append(workbook, ada.id, [typed("1")], uuid4(), 0)
    await log.put_snapshot(workbook, Snapshot(1, {}))
    await workbooks.delete(ada.id, workbook)
    with pytest.raises(UnknownWorkbook):
        await log.append(workbook, ada.id, [typed("2")], uuid4(), 1)
    with pytest.raises(UnknownWorkbook):
        await log.put_snapshot(workbook, Snapshot(1, {}))
    assert await log.find_head(workbook) is None
    assert await log.read(workbook, 0) == []
    assert await log.find_snapshot(workbook) is None


async def test_a_newer_snapshot_replaces_the_older(log: PostgresWorkbookLog, workbook: UUID) -> None:
    """Also one of the same number; what is read back is what was kept."""
    assert await log.find_snapshot(workbook) is None
    for snapshot in (Snapshot(0, {"a": [1, None, "\u00fc\u0000"]}), Snapshot(5, {"b": 1.5}), Snapshot(5, {"b": 2})):
        await log.put_snapshot(workbook, snapshot)
        assert await log.find_snapshot(workbook) == snapshot


async def test_an_older_snapshot_replaces_no_newer(log: PostgresWorkbookLog, workbook: UUID) -> None:
    """A slow server's snapshot does not turn the clock back."""
    await log.put_snapshot(workbook, Snapshot(5, {"a": 5}))
    await log.put_snapshot(workbook, Snapshot(3, {"a": 3}))
    assert await log.find_snapshot(workbook) == Snapshot(5, {"a": 5})


async def test_snapshots_at_the_same_moment_leave_one(log: PostgresWorkbookLog, workbook: UUID) -> None:
    """Two servers that keep the same workbook at once do not stand in each other's way."""
    await asyncio.gather(*(log.put_snapshot(workbook, Snapshot(7, {"by": number})) for number in range(8)))
    found = await log.find_snapshot(workbook)
    assert found
    assert found.seq == 7
