"""Install switches in PostgreSQL."""

from collections.abc import Set as AbstractSet
from uuid import UUID

from gridos.db.doors import Doors


class PostgresMarketplace:
    """`marketplace.MarketplaceStore` behind the user's door."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def find_installed(self, user: UUID) -> frozenset[str] | None:
        """See `MarketplaceStore`."""
        async with self._doors.as_user(user) as door:
            rows = await (
                await door.execute("select plugin_slug, installed from public.user_plugins where user_id = auth.uid()")
            ).fetchall()
        return frozenset(slug for slug, installed in rows if installed) if rows else None

    async def toggle(self, user: UUID, slug: str, default: AbstractSet[str], *, installed: bool) -> None:
        """See `MarketplaceStore`."""
        async with self._doors.as_user(user) as door:
            # A first toggle writes the whole set; later ones find rows there and add none.
            await door.execute(
                """
                insert into public.user_plugins (user_id, plugin_slug, installed)
                select auth.uid(), slug, true from unnest(%s::text[]) slug
                 where not exists (select from public.user_plugins where user_id = auth.uid())
                on conflict do nothing
                """,
                (sorted(default),),
            )
            await door.execute(
                """
                insert into public.user_plugins (user_id, plugin_slug, installed) values (auth.uid(), %s, %s)
                on conflict (user_id, plugin_slug) do update set installed = excluded.installed, updated_at = now()
                """,
                (slug, installed),
            )
