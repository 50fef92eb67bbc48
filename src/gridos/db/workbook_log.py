"""The append-only log in PostgreSQL. What `append` returns has been flushed to disk."""

import zlib
from collections.abc import Sequence
from uuid import UUID

import msgspec
from psycopg import errors
from psycopg.types.json import Jsonb

from gridos.db.doors import Connection, Doors
from gridos.errors import UnknownWorkbook
from gridos.grid import Edit, edit_from_json, edit_to_json
from gridos.workbooks import Op, Snapshot


class PostgresWorkbookLog:
    """`workbooks.WorkbookLog` behind the service's door: whoever calls has already checked the role."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def find_head(self, workbook: UUID) -> int | None:
        """See `WorkbookLog`."""
        rows = await self._doors.as_service(why="follow a workbook").fetch(
            "select seq from public.workbook_head where workbook_id = %s", (workbook,)
        )
        return rows[0][0] if rows else None

    async def read(self, workbook: UUID, after: int) -> list[Op]:
        """See `WorkbookLog`."""
        async with self._doors.as_service(why="follow a workbook") as door:
            rows = await door.execute(
                "select seq, actor_id, op from public.workbook_op where workbook_id = %s and seq > %s order by seq",
                (workbook, after),
            )
            return [Op(seq, actor, [edit_from_json(one) for one in op]) async for seq, actor, op in rows]

    async def find_seq(self, workbook: UUID, op_id: UUID) -> int | None:
        """See `WorkbookLog`."""
        async with self._doors.as_service(why="recognise a repeated edit") as door:
            row = await (
                await door.execute(
                    "select seq from public.workbook_op where workbook_id = %s and op_id = %s", (workbook, op_id)
                )
            ).fetchone()
        return row[0] if row else None

    async def append(
        self, workbook: UUID, actor: UUID, edits: Sequence[Edit], op_id: UUID, expected: int
    ) -> int | None:
        """See `WorkbookLog`."""
        op = Jsonb([edit_to_json(edit) for edit in edits], dumps=msgspec.json.encode)
        try:
            async with self._doors.as_service(why="append an edit") as door:
                row = await (
                    await door.execute(
                        "select gridos.append_ops(%s, %s, %s, array[%s], array[%s])",
                        (workbook, expected, actor, op, op_id),
                    )
                ).fetchone()
        except errors.NoDataFound:
            raise UnknownWorkbook from None
        return row[0] if row else None

    async def find_snapshot(self, workbook: UUID) -> Snapshot | None:
        """See `WorkbookLog`."""
        async with self._doors.as_service(why="open a workbook") as door:
            row = await (
                await door.execute(
                    "select seq, state from public.workbook_snapshot where workbook_id = %s order by seq desc limit 1",
                    (workbook,),
                )
            ).fetchone()
        return Snapshot(row[0], msgspec.json.decode(zlib.decompress(row[1]))) if row else None

    async def put_snapshot(self, workbook: UUID, snapshot: Snapshot) -> None:
        """See `WorkbookLog`."""
        try:
            async with self._doors.as_service(why="keep a snapshot") as door:
                await door.execute(
                    "delete from public.workbook_snapshot where workbook_id = %s and seq <= %s",
                    (workbook, snapshot.seq),
                )
                await insert_snapshot(door, workbook, snapshot)
        except errors.ForeignKeyViolation:
            raise UnknownWorkbook from None


async def insert_snapshot(door: Connection, workbook: UUID, snapshot: Snapshot) -> None:
    """Write one snapshot; another process's of the same moment is as good."""
    await door.execute(
        "insert into public.workbook_snapshot (workbook_id, seq, state) values (%s, %s, %s) on conflict do nothing",
        (workbook, snapshot.seq, zlib.compress(msgspec.json.encode(snapshot.state), 1)),
    )
