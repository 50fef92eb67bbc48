"""What happened to secrets, in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from gridos.db.doors import Doors
from gridos.plugin_secrets import Entry, Event


class PostgresActivity:
    """An `ActivityStore`: the service adds, an owner reads."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def note(self, events: Sequence[Event]) -> None:
        """See `ActivityStore`."""
        async with self._doors.as_service(why="write down what happened to secrets") as door:
            await door.execute(
                "insert into public.secret_activity (user_id, actor_id, plugin_slug, action, detail, count)"
                " select owner, actor, plugin, action, detail, times"
                " from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::integer[])"
                "  as fresh (owner, actor, plugin, action, detail, times)"
                " join public.users on users.id = owner",
                (
                    [event.owner for event in events],
                    [event.actor for event in events],
                    [event.plugin for event in events],
                    [event.action for event in events],
                    [event.detail for event in events],
                    [event.count for event in events],
                ),
            )

    async def read(
        self, owner: UUID, *, plugin: str | None = None, before: int | None = None, most: int
    ) -> list[Entry]:
        """See `ActivityStore`."""
        # As the service, because an owner may not read the addresses of those who act for others.
        rows = await self._doors.as_service(why="read what happened to one's own secrets").fetch(
            "select activity_id, at, users.email, plugin_slug, secret_key, action, detail, count"
            " from public.secret_activity left join public.users on users.id = actor_id"
            " where user_id = %s and activity_id < coalesce(%s, 9223372036854775807)"
            " and (%s::text is null or plugin_slug = %s)"
            " order by activity_id desc limit %s",
            (owner, before, plugin, plugin, most),
        )
        return [Entry(*row) for row in rows]
