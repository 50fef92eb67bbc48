"""Creating, finding, renaming and deleting workbooks."""

from typing import Protocol
from uuid import UUID

from gridos.errors import BadEdit, UnknownWorkbook
from gridos.workbooks.log import Snapshot
from gridos.workbooks.roles import Workbook

LONGEST_TITLE = 200
LONGEST_REFRESH_MINUTES = 365 * 24 * 60
DEFAULT_TITLE = "Untitled workbook"


class WorkbookStore(Protocol):
    """Where workbooks are kept. Every method sees only what `user` may see."""

    async def list_own(self, user: UUID) -> list[Workbook]:
        """The workbooks somebody owns, newest change first."""
        ...

    async def list_shared(self, user: UUID) -> list[Workbook]:
        """The workbooks others share with somebody, newest change first."""
        ...

    async def find(self, user: UUID, workbook: UUID) -> Workbook | None:
        """One workbook, or None when it does not exist for this user."""
        ...

    async def create(self, owner: UUID, title: str, start: Snapshot | None) -> UUID:
        """Make one, beginning with the cells of `start`."""
        ...

    async def change(self, owner: UUID, workbook: UUID, title: str, refresh_minutes: int | None) -> None:
        """Write the title and the refresh interval."""
        ...

    async def delete(self, owner: UUID, workbook: UUID) -> None:
        """Delete it with its log, collaborators and invites."""
        ...


class Workbooks:
    """Workbooks, for people with a role on them."""

    def __init__(self, store: WorkbookStore) -> None:
        self._store = store

    async def list_own(self, user: UUID) -> list[Workbook]:
        """My workbooks."""
        return await self._store.list_own(user)

    async def list_shared(self, user: UUID) -> list[Workbook]:
        """Shared with me."""
        return await self._store.list_shared(user)

    async def get(self, user: UUID, workbook: UUID) -> Workbook:
        """One workbook with the user's role; UnknownWorkbook also when it is somebody else's."""
        if found := await self._store.find(user, workbook):
            return found
        raise UnknownWorkbook

    async def create(self, owner: UUID, title: str, start: Snapshot | None = None) -> Workbook:
        """A new workbook with one empty sheet, or with the cells of `start` (a copy)."""
        return await self.get(owner, await self._store.create(owner, _title(title), start))

    async def change(self, user: UUID, workbook: UUID, title: str | None, refresh_minutes: int | None) -> Workbook:
        """Rename it or change its refresh interval; a title of None keeps the old one."""
        found = await self.get(user, workbook)
        found.require_owner()
        if refresh_minutes is not None and not 1 <= refresh_minutes <= LONGEST_REFRESH_MINUTES:
            raise BadEdit(f"Cells can be refreshed every 1 to {LONGEST_REFRESH_MINUTES:,} minutes. Null turns it off.")
        await self._store.change(user, workbook, found.title if title is None else _title(title), refresh_minutes)
        return await self.get(user, workbook)

    async def delete(self, user: UUID, workbook: UUID) -> None:
        """Delete it for everybody."""
        (await self.get(user, workbook)).require_owner()
        await self._store.delete(user, workbook)


def _title(text: str) -> str:
    title = " ".join(text.split()) or DEFAULT_TITLE
    if len(title) > LONGEST_TITLE or not title.isprintable():
        raise BadEdit(f"A title has at most {LONGEST_TITLE} printable characters.")
    return title
