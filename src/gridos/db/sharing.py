"""Collaborators and invites in PostgreSQL. Policies let only a workbook's owner write them."""

from typing import Any
from uuid import UUID

from gridos.db.doors import Doors
from gridos.workbooks import Collaborator, PendingInvite, Person
from gridos.workbooks.sharing import SharedRole


class PostgresSharing:
    """`workbooks.SharingStore`: the owner's door, and the service's to find an account by its address."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def find_account(self, email: str) -> Person | None:
        """See `SharingStore`."""
        async with self._doors.as_service(why="share with an address") as door:
            row = await (
                await door.execute("select id, email from public.users where lower(email) = lower(%s)", (email,))
            ).fetchone()
        return Person(*row) if row else None

    async def put_collaborator(self, owner: UUID, workbook: UUID, person: Person, role: SharedRole) -> None:
        """See `SharingStore`."""
        async with self._doors.as_user(owner) as door:
            await door.execute(
                "delete from public.pending_invites where workbook_id = %s and email = lower(%s)",
                (workbook, person.email),
            )
            await door.execute(
                """
                insert into public.workbook_collaborators (workbook_id, user_id, role) values (%s, %s, %s)
                on conflict (workbook_id, user_id) do update set role = excluded.role
                """,
                (workbook, person.id, role),
            )

    async def put_invite(
        self, owner: UUID, workbook: UUID, email: str, role: SharedRole, token_hash: bytes
    ) -> PendingInvite:
        """See `SharingStore`."""
        async with self._doors.as_user(owner) as door:
            row = await (
                await door.execute(
                    """
                    insert into public.pending_invites (workbook_id, email, role, token_hash, invited_by)
                    values (%s, %s, %s, %s, %s)
                    on conflict (workbook_id, email) do update
                       set role = excluded.role, token_hash = excluded.token_hash, created_at = now()
                    returning id, email, role
                    """,
                    (workbook, email, role, token_hash, owner),
                )
            ).fetchone()
        assert row
        return PendingInvite(*row)

    async def list_collaborators(self, user: UUID, workbook: UUID) -> list[Collaborator]:
        """See `SharingStore`."""
        async with self._doors.as_user(user) as door:
            rows = await door.execute(
                """
                select c.user_id, person.email, c.role from public.workbook_collaborators c
                  join gridos.fellows() person on person.id = c.user_id
                 where c.workbook_id = %s order by person.email
                """,
                (workbook,),
            )
            return [Collaborator(*row) async for row in rows]

    async def list_invites(self, owner: UUID, workbook: UUID) -> list[PendingInvite]:
        """See `SharingStore`."""
        async with self._doors.as_user(owner) as door:
            rows = await door.execute(
                "select id, email, role from public.pending_invites where workbook_id = %s order by email", (workbook,)
            )
            return [PendingInvite(*row) async for row in rows]

    async def remove_collaborator(self, owner: UUID, workbook: UUID, user: UUID) -> bool:
        """See `SharingStore`."""
        async with self._doors.as_user(owner) as door:
            done: Any = await door.execute(
                "delete from public.workbook_collaborators where workbook_id = %s and user_id = %s", (workbook, user)
            )
        return done.rowcount > 0

    async def remove_invite(self, owner: UUID, workbook: UUID, invite: UUID) -> bool:
        """See `SharingStore`."""
        async with self._doors.as_user(owner) as door:
            done: Any = await door.execute(
                "delete from public.pending_invites where workbook_id = %s and id = %s", (workbook, invite)
            )
        return done.rowcount > 0
