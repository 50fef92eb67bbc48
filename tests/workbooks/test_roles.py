"""What each role may do, on PostgreSQL: row-level security stands behind every check of ours."""

from uuid import UUID, uuid4

import psycopg
import pytest

from gridos.db import Doors
from gridos.db.sharing import PostgresSharing
from gridos.db.workbooks import PostgresWorkbooks
from gridos.errors import BadEdit, BadInvite, NotTheOwner, UnknownCollaborator, UnknownInvite, UnknownWorkbook
from gridos.workbooks import Collaborator, Invitation, Person, Sharing, Snapshot, Workbooks
from gridos.workbooks.sharing import SharedRole

ROLES: list[SharedRole] = ["editor", "viewer"]


@pytest.fixture
async def workbook(workbooks: Workbooks, ada: Person) -> UUID:
    """Ada's."""
    return (await workbooks.create(ada.id, "Sales")).id


async def test_each_sees_a_workbook_with_ones_own_role(
    workbooks: Workbooks, people: PostgresSharing, workbook: UUID, ada: Person, ben: Person
) -> None:
    """The owner is the same person to everybody, and a stranger finds nothing."""
    assert (await workbooks.get(ada.id, workbook)).role == "owner"
    with pytest.raises(UnknownWorkbook):
        await workbooks.get(ben.id, workbook)
    for role in ROLES:
        await people.put_collaborator(ada.id, workbook, ben, role)
        found = await workbooks.get(ben.id, workbook)
        assert (found.role, found.owner) == (role, ada)


@pytest.mark.parametrize("role", [None, *ROLES])
async def test_the_database_lets_only_the_owner_change_a_workbook(
    store: PostgresWorkbooks,
    people: PostgresSharing,
    workbook: UUID,
    ada: Person,
    ben: Person,
    role: SharedRole | None,
) -> None:
    """Even past our own checks, nobody else renames or deletes."""
    if role:
        await people.put_collaborator(ada.id, workbook, ben, role)
    await store.change(ben.id, workbook, "Taken over", None)
    await store.delete(ben.id, workbook)
    found = await store.find(ada.id, workbook)
    assert found
    assert (found.title, found.refresh_minutes) == ("Sales", 15)


@pytest.mark.parametrize("role", [None, *ROLES])
async def test_the_database_lets_only_the_owner_share(
    people: PostgresSharing, workbook: UUID, ada: Person, ben: Person, role: SharedRole | None
) -> None:
    """Nobody else adds, raises, removes or invites, and nobody else sees an invite."""
    if role:
        await people.put_collaborator(ada.id, workbook, ben, role)
    invited = await people.put_invite(ada.id, workbook, "cleo@example.com", "viewer", bytes(32))
    for write in (
        people.put_collaborator(ben.id, workbook, ben, "editor"),
        people.put_collaborator(ben.id, workbook, ada, "viewer"),
        people.put_invite(ben.id, workbook, "eve@example.com", "editor", bytes([1] * 32)),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await write
    assert await people.list_invites(ben.id, workbook) == []
    assert not await people.remove_invite(ben.id, workbook, invited.id)
    assert not await people.remove_collaborator(ben.id, workbook, ben.id)
    assert await people.list_invites(ada.id, workbook) == [invited]
    expected = [Collaborator(ben.id, ben.email, role)] if role else []
    assert await people.list_collaborators(ada.id, workbook) == expected


async def test_nobody_makes_a_workbook_for_somebody_else(store: PostgresWorkbooks, ada: Person) -> None:
    """An owner is somebody with an account."""
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        await store.create(uuid4(), "Nobody's", None)
    assert await store.list_own(ada.id) == []


async def test_the_newest_change_comes_first(
    workbooks: Workbooks, people: PostgresSharing, ada: Person, ben: Person
) -> None:
    """One's own and what is shared with one are two lists, each by the last change."""
    first, second, third = [(await workbooks.create(ada.id, title)).id for title in ("First", "Second", "Third")]
    await workbooks.change(ada.id, first, "First again", None)
    for one in (first, third):
        await people.put_collaborator(ada.id, one, ben, "viewer")
    assert [one.id for one in await workbooks.list_own(ada.id)] == [first, third, second]
    assert [one.id for one in await workbooks.list_shared(ben.id)] == [first, third]
    assert await workbooks.list_own(ben.id) == await workbooks.list_shared(ada.id) == []


async def test_only_the_owner_changes_and_deletes(
    workbooks: Workbooks, people: PostgresSharing, workbook: UUID, ada: Person, ben: Person
) -> None:
    """A collaborator is told so, a stranger that there is nothing."""
    with pytest.raises(UnknownWorkbook):
        await workbooks.delete(ben.id, workbook)
    await people.put_collaborator(ada.id, workbook, ben, "editor")
    with pytest.raises(NotTheOwner):
        await workbooks.change(ben.id, workbook, "Mine", None)
    with pytest.raises(NotTheOwner):
        await workbooks.delete(ben.id, workbook)
    await workbooks.delete(ada.id, workbook)
    with pytest.raises(UnknownWorkbook):
        await workbooks.get(ada.id, workbook)


async def test_a_change_leaves_what_it_does_not_name(workbooks: Workbooks, workbook: UUID, ada: Person) -> None:
    """No title keeps the title; no interval is an interval of its own: off."""
    changed = await workbooks.change(ada.id, workbook, None, None)
    assert (changed.title, changed.refresh_minutes) == ("Sales", None)


@pytest.mark.parametrize(
    ("typed", "kept"), [("", "Untitled workbook"), (" \n", "Untitled workbook"), ("\u00fc \t b", "\u00fc b")]
)
async def test_titles_are_tidied(workbooks: Workbooks, ada: Person, typed: str, kept: str) -> None:
    """Blanks are joined, and there always is a title."""
    assert (await workbooks.create(ada.id, typed)).title == kept


@pytest.mark.parametrize("minutes", [0, -1, 525_601, 2**40])
async def test_an_interval_has_bounds(workbooks: Workbooks, workbook: UUID, ada: Person, minutes: int) -> None:
    """From a minute to a year."""
    with pytest.raises(BadEdit):
        await workbooks.change(ada.id, workbook, "Changed", minutes)
    assert (await workbooks.get(ada.id, workbook)).title == "Sales"


async def test_a_copy_begins_with_its_snapshot(workbooks: Workbooks, ada: Person) -> None:
    """A new workbook with a start has a snapshot at seq 0 and an empty log."""
    copy = await workbooks.create(ada.id, "Copy", Snapshot(0, {"book": {}}))
    assert copy.seq == 0


async def test_a_removed_account_takes_its_workbooks_along(
    doors: Doors, store: PostgresWorkbooks, people: PostgresSharing, workbook: UUID, ada: Person, ben: Person
) -> None:
    """Nothing of it stays in anybody's list."""
    await people.put_collaborator(ada.id, workbook, ben, "viewer")
    async with doors.as_service(why="a test removes a user") as door:
        await door.execute("delete from public.users where id = %s", (ada.id,))
    assert await store.list_shared(ben.id) == []


async def test_an_invite_for_an_account_is_withdrawn_when_it_joins(
    people: PostgresSharing, sharing: Sharing, workbooks: Workbooks, workbook: UUID, ada: Person, ben: Person
) -> None:
    """Of the same address in any case, and of this workbook only."""
    other = (await workbooks.create(ada.id, "Other")).id
    for at, digest in ((workbook, b"1"), (other, b"2")):
        await people.put_invite(ada.id, at, ben.email, "viewer", digest * 32)
    done = await sharing.invite(await workbooks.get(ada.id, workbook), " BEN@example.com", "editor")
    assert done == Collaborator(ben.id, ben.email, "editor")
    assert await people.list_invites(ada.id, workbook) == []
    assert len(await people.list_invites(ada.id, other)) == 1


async def test_an_invite_keeps_only_a_hash(
    doors: Doors, sharing: Sharing, workbooks: Workbooks, workbook: UUID, ada: Person
) -> None:
    """The token itself is nowhere in the row."""
    done = await sharing.invite(await workbooks.get(ada.id, workbook), "cleo@example.com", "editor")
    assert isinstance(done, Invitation)
    async with doors.as_service(why="a test looks for a token") as door:
        row = await (await door.execute("select i::text, token_hash from public.pending_invites i")).fetchone()
    assert row
    assert done.token not in row[0]
    assert done.token.encode() not in row[1]


async def test_refusals_of_sharing(sharing: Sharing, workbooks: Workbooks, workbook: UUID, ada: Person) -> None:
    """Oneself, somebody who is not there, and an invite that is not there."""
    own = await workbooks.get(ada.id, workbook)
    with pytest.raises(BadInvite):
        await sharing.invite(own, "ADA@example.com ", "viewer")
    with pytest.raises(UnknownCollaborator):
        await sharing.remove(own, uuid4())
    with pytest.raises(UnknownInvite):
        await sharing.withdraw(own, uuid4())
