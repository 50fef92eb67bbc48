"""Invitations to seal secrets in the browser, in PostgreSQL."""

from uuid import UUID

from gridos.db.doors import Doors


class PostgresInvitations:
    """An `InvitationStore`: the service's alone."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def open(self, owner: UUID, seconds: int) -> UUID:
        """See `InvitationStore`."""
        rows = await self._doors.as_service(why="invite to seal secrets").fetch(
            "with old as (delete from public.sealing_invitations where user_id = %s and expires_at < now())"
            " insert into public.sealing_invitations (user_id, expires_at)"
            " values (%s, now() + make_interval(secs => %s)) returning invitation_id",
            (owner, owner, seconds),
        )
        return rows[0][0]

    async def spend(self, owner: UUID, invitation: UUID) -> bool:
        """See `InvitationStore`."""
        async with self._doors.as_service(why="spend an invitation to seal secrets") as door:
            rows = await door.execute(
                "delete from public.sealing_invitations where invitation_id = %s and user_id = %s"
                " returning expires_at > now()",
                (invitation, owner),
            )
            return await rows.fetchone() == (True,)
