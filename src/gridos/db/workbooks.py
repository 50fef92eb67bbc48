"""Workbooks in PostgreSQL. Row-level security decides what a user finds."""

from typing import Any, LiteralString
from uuid import UUID

from gridos.db.doors import Connection, Doors
from gridos.db.workbook_log import insert_snapshot
from gridos.workbooks import Person, Snapshot, Workbook

_FIND: LiteralString = """
    select w.id, w.title, case when w.owner_id = auth.uid() then 'owner' else c.role end,
           w.owner_id, owner.email, greatest(w.updated_at, head.updated_at), w.refresh_minutes, head.seq
      from public.workbooks w
      join public.workbook_head head on head.workbook_id = w.id
      join gridos.fellows() owner on owner.id = w.owner_id
      left join public.workbook_collaborators c on c.workbook_id = w.id and c.user_id = auth.uid()
"""
_NEWEST_FIRST: LiteralString = " order by greatest(w.updated_at, head.updated_at) desc, w.id"


class PostgresWorkbooks:
    """`workbooks.WorkbookStore` behind the user's door."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def list_own(self, user: UUID) -> list[Workbook]:
        """See `WorkbookStore`."""
        return await self._list(user, "w.owner_id = auth.uid()")

    async def list_shared(self, user: UUID) -> list[Workbook]:
        """See `WorkbookStore`."""
        return await self._list(user, "w.owner_id <> auth.uid()")

    async def _list(self, user: UUID, which: LiteralString) -> list[Workbook]:
        async with self._doors.as_user(user) as door:
            rows = await door.execute(_FIND + " where " + which + _NEWEST_FIRST)
            return [_workbook(row) async for row in rows]

    async def find(self, user: UUID, workbook: UUID) -> Workbook | None:
        """See `WorkbookStore`."""
        rows = await self._doors.as_user(user).fetch(_FIND + " where w.id = %s", (workbook,))
        return _workbook(rows[0]) if rows else None

    async def create(self, owner: UUID, title: str, start: Snapshot | None) -> UUID:
        """See `WorkbookStore`. A copy's cells are in the log's tables, which only the service writes."""
        if start is None:
            async with self._doors.as_user(owner) as door:
                return await _insert(door, owner, title)
        async with self._doors.as_service(why="copy a workbook") as door:
            workbook = await _insert(door, owner, title)
            await insert_snapshot(door, workbook, start)
            return workbook

    async def change(self, owner: UUID, workbook: UUID, title: str, refresh_minutes: int | None) -> None:
        """See `WorkbookStore`."""
        async with self._doors.as_user(owner) as door:
            await door.execute(
                "update public.workbooks set title = %s, refresh_minutes = %s, updated_at = now() where id = %s",
                (title, refresh_minutes, workbook),
            )

    async def delete(self, owner: UUID, workbook: UUID) -> None:
        """See `WorkbookStore`."""
        async with self._doors.as_user(owner) as door:
            await door.execute("delete from public.workbooks where id = %s", (workbook,))


async def _insert(door: Connection, owner: UUID, title: str) -> UUID:
    row = await (
        await door.execute(
            "insert into public.workbooks (owner_id, title) values (%s, %s) returning id", (owner, title)
        )
    ).fetchone()
    assert row
    return row[0]


def _workbook(row: tuple[Any, ...]) -> Workbook:
    workbook, title, role, owner, email, updated_at, refresh_minutes, seq = row
    return Workbook(workbook, title, role, Person(owner, email), updated_at, refresh_minutes, seq)
