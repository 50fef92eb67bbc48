"""How many cells of each workbook use each plugin, in PostgreSQL."""

from collections.abc import Mapping
from uuid import UUID

from psycopg import errors

from gridos.db.doors import Doors
from gridos.errors import UnknownWorkbook
from gridos.live import Uses


class PostgresUses:
    """A `live.UseStore`: the service writes what it calculated, an owner reads."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def put(self, workbook: UUID, cells: Mapping[str, int]) -> None:
        """See `UseStore`."""
        plugins = sorted(cells)
        try:
            async with self._doors.as_service(why="keep what a workbook uses") as door:
                await door.execute(
                    "delete from public.workbook_plugins where workbook_id = %s and not plugin_slug = any(%s)",
                    (workbook, plugins),
                )
                await door.execute(
                    "insert into public.workbook_plugins as kept (workbook_id, plugin_slug, cells)"
                    " select %s, slug, cells from unnest(%s::text[], %s::integer[]) as fresh (slug, cells)"
                    " on conflict (workbook_id, plugin_slug) do update set cells = excluded.cells"
                    " where kept.cells <> excluded.cells",
                    (workbook, plugins, [cells[plugin] for plugin in plugins]),
                )
        except errors.ForeignKeyViolation:
            raise UnknownWorkbook from None

    async def count(self, owner: UUID, plugin: str) -> Uses:
        """See `UseStore`."""
        rows = await self._doors.as_user(owner).fetch(
            "select count(*), coalesce(sum(cells), 0) from public.workbook_plugins where plugin_slug = %s", (plugin,)
        )
        return Uses(*rows[0])
