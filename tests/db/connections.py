"""Owners and their connections, for tests of what is kept for those."""

from uuid import UUID, uuid4, uuid5

from gridos.db import Doors
from gridos.plugins import ConnectionRef

_SEALED = b"GV\x01\x01" + bytes(60)


async def new_owner(doors: Doors) -> UUID:
    """Somebody with an account."""
    owner = uuid4()
    async with doors.as_service(why="a test needs a user") as door:
        await door.execute("insert into public.users (id, email) values (%s, %s)", (owner, f"{owner}@example.com"))
    return owner


async def connect(doors: Doors, owner: UUID, plugin: str = "probe") -> ConnectionRef:
    """Store a secret, or another one; the connection as it is then."""
    async with doors.as_user(owner) as door:
        await door.execute(
            "insert into public.user_plugin_secrets (user_id, plugin_slug, secret_key, secret_value)"
            " values (%s, %s, 'TOKEN', %s)"
            " on conflict (user_id, plugin_slug, secret_key) do update set secret_value = excluded.secret_value",
            (owner, plugin, _SEALED),
        )
    rows = await doors.as_service(why="a test looks").fetch(
        "select connection_id, version from public.plugin_connections where user_id = %s and plugin_slug = %s",
        (owner, plugin),
    )
    return ConnectionRef(owner, plugin, *rows[0])


def unconnected(owner: UUID, plugin: str = "probe") -> ConnectionRef:
    """The connection of somebody who never stored a secret for a plugin."""
    return ConnectionRef(owner, plugin, uuid5(owner, plugin), 0)
