"""The numbers of what a disconnection would stop, and who sees them."""

from uuid import UUID, uuid4

import pytest

from gridos.db import Doors
from gridos.db.plugin_uses import PostgresUses
from gridos.db.workbooks import PostgresWorkbooks
from gridos.errors import UnknownWorkbook
from gridos.live import Uses


async def new_user(doors: Doors) -> UUID:
    """Somebody with an account."""
    user = uuid4()
    async with doors.as_service(why="a test needs a user") as door:
        await door.execute("insert into public.users (id, email) values (%s, %s)", (user, f"{user}@example.com"))
    return user


async def test_numbers_follow_the_workbooks(doors: Doors) -> None:
    """Numbers of several workbooks are added; new ones replace old ones; a deleted workbook has none."""
    uses, workbooks, ada = PostgresUses(doors), PostgresWorkbooks(doors), await new_user(doors)
    first, second = [await workbooks.create(ada, title, None) for title in ("One", "Two")]
    assert await uses.count(ada, "stripe") == Uses(0, 0)
    await uses.put(first, {"stripe": 3, "shopify": 1})
    await uses.put(second, {"stripe": 4})
    assert await uses.count(ada, "stripe") == Uses(2, 7)
    await uses.put(first, {"stripe": 5})
    assert await uses.count(ada, "stripe") == Uses(2, 9)
    assert await uses.count(ada, "shopify") == Uses(0, 0)
    await workbooks.delete(ada, second)
    assert await uses.count(ada, "stripe") == Uses(1, 5)
    await uses.put(first, {})
    assert await uses.count(ada, "stripe") == Uses(0, 0)


async def test_only_the_owner_sees_them(doors: Doors) -> None:
    """A collaborator's own numbers do not hold the owner's: other people's workbooks use other people's connections."""
    uses, workbooks = PostgresUses(doors), PostgresWorkbooks(doors)
    ada, ben, eve = [await new_user(doors) for _ in range(3)]
    workbook = await workbooks.create(ada, "Ours", None)
    await uses.put(workbook, {"stripe": 3})
    async with doors.as_user(ada) as door:
        await door.execute(
            "insert into public.workbook_collaborators (workbook_id, user_id, role) values (%s, %s, 'editor')",
            (workbook, ben),
        )
    assert await uses.count(ada, "stripe") == Uses(1, 3)
    assert await uses.count(ben, "stripe") == await uses.count(eve, "stripe") == Uses(0, 0)


async def test_a_deleted_workbook_keeps_no_numbers(doors: Doors) -> None:
    """Numbers that come too late are refused."""
    with pytest.raises(UnknownWorkbook):
        await PostgresUses(doors).put(uuid4(), {"stripe": 1})
