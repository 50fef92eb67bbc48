"""The edit log: no gaps, no lost or doubled op, whoever appends."""

import asyncio
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from gridos.db import Doors


@pytest.fixture
async def workbook(doors: Doors) -> UUID:
    """A new workbook, whose log is empty."""
    owner, workbook = uuid4(), uuid4()
    async with doors.as_service(why="test") as door:
        await door.execute("insert into public.users (id, email) values (%s, 'ada@example.com')", (owner,))
    async with doors.as_user(owner) as door:
        await door.execute(
            "insert into public.workbooks (id, owner_id, title) values (%s, %s, 'Sales')", (workbook, owner)
        )
    return workbook


async def append(doors: Doors, workbook: UUID, expected: int | None, *ids: UUID) -> int | None:
    """Append one small op for each id; the new seq, or None when others came first."""
    ops = [Jsonb({"op": "set", "input": "1"}) for _ in ids]
    async with doors.as_service(why="test") as door:
        row = await (
            await door.execute(
                "select gridos.append_ops(%s, %s, %s, %s, %s)", (workbook, expected, uuid4(), ops, list(ids))
            )
        ).fetchone()
    return row[0] if row else None


async def log(doors: Doors, workbook: UUID) -> list[int]:
    """The seqs in a workbook's log, and last its head."""
    async with doors.as_service(why="test") as door:
        ops = await door.execute("select seq from public.workbook_op where workbook_id = %s order by seq", (workbook,))
        head = await door.execute("select seq from public.workbook_head where workbook_id = %s", (workbook,))
        return [seq for (seq,) in [*await ops.fetchall(), *await head.fetchall()]]


async def test_append(doors: Doors, workbook: UUID) -> None:
    """A batch gets consecutive numbers, and the head is its last."""
    assert await append(doors, workbook, 0, uuid4(), uuid4()) == 2
    assert await append(doors, workbook, 2, uuid4()) == 3
    assert await log(doors, workbook) == [1, 2, 3, 3]


async def test_stale(doors: Doors, workbook: UUID) -> None:
    """Whoever has not seen the newest op appends nothing; without an expectation the server orders."""
    await append(doors, workbook, 0, uuid4())
    assert await append(doors, workbook, 0, uuid4()) is None
    assert await append(doors, workbook, None, uuid4()) == 2
    assert await log(doors, workbook) == [1, 2, 2]


async def test_retry(doors: Doors, workbook: UUID) -> None:
    """An append that is repeated, its answer having been lost, writes nothing twice, whatever came between."""
    lost = uuid4()
    assert await append(doors, workbook, 0, lost) == 1
    await append(doors, workbook, 1, uuid4())
    assert await append(doors, workbook, 0, lost) == 1
    assert await log(doors, workbook) == [1, 2, 2]


async def test_unknown_workbook(doors: Doors) -> None:
    """Appending to a workbook that is gone is an error of its own."""
    with pytest.raises(psycopg.errors.NoDataFound):
        await append(doors, uuid4(), 0, uuid4())


async def test_contenders(doors: Doors, workbook: UUID) -> None:
    """Writers that contend for one workbook leave head = count = highest number."""

    async def write() -> None:
        seen: int | None = 0
        for _ in range(20):
            while (seen := await append(doors, workbook, seen, uuid4())) is None:
                *_, seen = await log(doors, workbook)

    await asyncio.gather(*(write() for _ in range(6)))
    assert await log(doors, workbook) == [*range(1, 121), 120]
