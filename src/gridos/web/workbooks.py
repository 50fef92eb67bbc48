"""Workbooks: list, create, rename, delete, and the cells in them."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from gridos.accounts import PerMinute
from gridos.errors import BadAddress, BadEdit, UnknownWorkbook
from gridos.grid import MAX_COLUMNS, MAX_ROWS, CellRange, Outline, SheetOutline, edit_from_json, parse_range
from gridos.live import Hub, OpenWorkbook
from gridos.web.cells import CellsBody, CellsResponse, ResultsBody, cell_body, shown_body
from gridos.web.guarding import GuardedRoute, SignedIn
from gridos.workbooks import Snapshot, Workbook, Workbooks

LONGEST_WAIT = 60.0
EVAL_SECONDS = 30.0
MOST_FORMULAS = 500
EVALS_A_MINUTE = 120
MOST_EDITS = 100_000


class LargeRoute(GuardedRoute):
    """A route that takes a pasted sheet."""

    largest_body: ClassVar[int] = 16 * 1_048_576


class PersonBody(BaseModel):
    """Somebody with an account."""

    id: UUID
    email: str


class WorkbookBody(BaseModel):
    """A workbook in a list."""

    id: UUID
    title: str
    role: str
    owner: PersonBody
    updated_at: str


class WorkbooksBody(BaseModel):
    """A list of workbooks."""

    workbooks: list[WorkbookBody]


class SizesBody(BaseModel):
    """Sizes in pixels of runs of columns (`B:D`) and rows (`2:5`); 0 is hidden. The others have the usual size."""

    columns: dict[str, float]
    rows: dict[str, float]


class FrozenBody(BaseModel):
    """How many rows and columns stay in view."""

    rows: int
    columns: int


class SheetBody(BaseModel):
    """A sheet, how far it reaches, and its layout. `id` stays when its name changes."""

    name: str
    rows: int
    columns: int
    id: int
    merges: list[str]
    sizes: SizesBody
    frozen: FrozenBody


class NameBody(BaseModel):
    """A defined name."""

    name: str
    refers_to: str


class OpenWorkbookBody(WorkbookBody):
    """A workbook with its sheets."""

    seq: int
    refresh_minutes: int | None
    sheets: list[SheetBody]
    names: list[NameBody]


class NewWorkbook(BaseModel):
    """What to create. A copy begins with the cells of `copy_of` and belongs, with its connections, to the copier."""

    model_config = ConfigDict(strict=True)

    title: str = ""
    copy_of: Annotated[UUID | None, Field(strict=False)] = None


class WorkbookChange(BaseModel):
    """What to change; a member left out stays."""

    model_config = ConfigDict(strict=True)

    title: str | None = None
    refresh_minutes: int | None = None


class Edits(BaseModel):
    """A batch of edits, applied all or not at all. With `id`, sending it again changes nothing."""

    model_config = ConfigDict(strict=True)

    edits: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_EDITS)
    base_seq: int | None = None
    id: Annotated[UUID | None, Field(strict=False)] = None


class Formulas(BaseModel):
    """Formulas to evaluate without writing them anywhere."""

    model_config = ConfigDict(strict=True)

    formulas: list[str] = Field(max_length=MOST_FORMULAS)
    sheet: str | None = None


class RefreshRequest(BaseModel):
    """Which calls to ask again; nothing means all."""

    model_config = ConfigDict(strict=True)

    plugin: str | None = None
    sheet: str | None = None
    range: str | None = None


class Requested(BaseModel):
    """How many calls were asked again."""

    requested: int


def router(workbooks: Workbooks, hub: Hub) -> APIRouter:
    """The routes of `/workbooks` and `/workbook/{id}`."""
    routes = APIRouter(route_class=GuardedRoute, tags=["workbooks"])
    _add_list_routes(routes, workbooks, hub)
    _add_workbook_routes(routes, workbooks, hub)
    _add_cell_routes(routes, workbooks, hub)
    return routes


def _add_list_routes(routes: APIRouter, workbooks: Workbooks, hub: Hub) -> None:
    @routes.get("/workbooks")
    async def list_workbooks(user: SignedIn) -> WorkbooksBody:
        """Own workbooks, newest change first."""
        return workbooks_body(await workbooks.list_own(user.id))

    @routes.post("/workbooks", status_code=201)
    async def create_workbook(user: SignedIn, new: NewWorkbook) -> OpenWorkbookBody:
        """Create one, empty or as a copy."""
        start = None
        if new.copy_of:
            original = await hub.open(await workbooks.get(user.id, new.copy_of))
            start = Snapshot(0, {"book": original.book.to_json()})
        return open_body(*await _open(await workbooks.create(user.id, new.title, start), hub))


def _add_workbook_routes(routes: APIRouter, workbooks: Workbooks, hub: Hub) -> None:
    @routes.get("/workbook/{workbook}")
    async def get_workbook(user: SignedIn, workbook: str) -> OpenWorkbookBody:
        """One workbook with its sheets."""
        return open_body(*await _open(await workbooks.get(user.id, workbook_id(workbook)), hub))

    @routes.patch("/workbook/{workbook}")
    async def change_workbook(user: SignedIn, workbook: str, change: WorkbookChange) -> OpenWorkbookBody:
        """Rename it, or change how often it refreshes."""
        found = await workbooks.get(user.id, workbook_id(workbook))
        minutes = change.refresh_minutes if "refresh_minutes" in change.model_fields_set else found.refresh_minutes
        return open_body(*await _open(await workbooks.change(user.id, found.id, change.title, minutes), hub))

    @routes.delete("/workbook/{workbook}")
    async def delete_workbook(user: SignedIn, workbook: str) -> dict[str, str]:
        """Delete it for everybody."""
        found = workbook_id(workbook)
        await workbooks.delete(user.id, found)
        await hub.close(found)
        return {"status": "Success"}


def _add_cell_routes(routes: APIRouter, workbooks: Workbooks, hub: Hub) -> None:
    evals = PerMinute(EVALS_A_MINUTE, "Too many evaluations. Wait a minute, or send more formulas at once.")

    async def open_for(user: SignedIn, workbook: str) -> tuple[Workbook, OpenWorkbook]:
        return await _open(await workbooks.get(user.id, workbook_id(workbook)), hub)

    async def edit(user: SignedIn, workbook: str, batch: Edits) -> Response:
        """Apply edits. What this answers is stored."""
        found = await workbooks.get(user.id, workbook_id(workbook))
        found.require_editor()
        edits = [edit_from_json(one) for one in batch.edits]
        _, opened = await _open(found, hub)
        seq, cells = await opened.edit(user.id, edits, batch.base_seq, batch.id)
        return CellsResponse({"seq": seq, "cells": [cell_body(cell, found.owner) for cell in cells]})

    routes.add_api_route(
        "/workbook/{workbook}/edits",
        edit,
        methods=["POST"],
        response_model=CellsBody,
        route_class_override=LargeRoute,
    )

    @routes.get("/workbook/{workbook}/cells", response_model=CellsBody)
    async def get_cells(
        user: SignedIn,
        workbook: str,
        sheet: str | None = None,
        area: Annotated[str | None, Query(alias="range")] = None,
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0,
    ) -> Response:
        """Read cells. `wait` holds the answer for as many seconds while one of them is loading."""
        found, opened = await open_for(user, workbook)
        if found.can_edit:
            opened.ask()
        cells_of = _range(opened, sheet, area)
        await opened.wait(cells_of, wait, is_viewer=not found.can_edit)
        cells = opened.cells(cells_of, is_viewer=not found.can_edit)
        return CellsResponse({"seq": opened.seq, "cells": [cell_body(cell, found.owner) for cell in cells]})

    @routes.post("/workbook/{workbook}/eval", response_model=ResultsBody)
    async def evaluate(user: SignedIn, workbook: str, asked: Formulas) -> Response:
        """Evaluate formulas as if typed into a sheet. Nothing is written."""
        found, opened = await open_for(user, workbook)
        evals.count(user.id)
        sheet = opened.book.sheet(asked.sheet).name if asked.sheet else opened.book.sheets[0].name
        results = await opened.evaluate(asked.formulas, sheet, EVAL_SECONDS, is_viewer=not found.can_edit)
        return CellsResponse(
            {
                "results": [
                    shown_body(sheet, None, text, shown, found.owner)
                    for text, shown in zip(asked.formulas, results, strict=True)
                ]
            }
        )

    @routes.post("/workbook/{workbook}/refresh")
    async def refresh(user: SignedIn, workbook: str, what: RefreshRequest) -> Requested:
        """Ask upstream again, within its limits."""
        found = await workbooks.get(user.id, workbook_id(workbook))
        found.require_editor()
        _, opened = await _open(found, hub)
        area = _range(opened, what.sheet, what.range) if what.sheet or what.range else None
        return Requested(requested=opened.refresh(what.plugin, area))


async def _open(found: Workbook, hub: Hub) -> tuple[Workbook, OpenWorkbook]:
    return found, await hub.open(found)


def workbook_id(text: str) -> UUID:
    """A workbook's id from an address; what is no id is no workbook either."""
    try:
        return UUID(text)
    except ValueError:
        raise UnknownWorkbook from None


def _range(opened: OpenWorkbook, sheet: str | None, area: str | None) -> CellRange:
    """A range of the query. Both parts may be missing: the first sheet, all of it."""
    name = opened.book.sheet(sheet or opened.book.sheets[0].name).name
    if area is None:
        return CellRange(name, 1, 1, MAX_ROWS, MAX_COLUMNS)
    try:
        return parse_range(name, area)
    except BadAddress:
        raise BadEdit("The range is not an address such as `A1:C20`, `A:C` or `1:3`.") from None


def workbooks_body(found: list[Workbook]) -> WorkbooksBody:
    """A list of workbooks, as it travels."""
    return WorkbooksBody(workbooks=[WorkbookBody.model_validate(_members(one)) for one in found])


def open_body(found: Workbook, opened: OpenWorkbook) -> OpenWorkbookBody:
    """An open workbook, as it travels."""
    return workbook_body(found, opened.seq, opened.book.outline())


def workbook_body(found: Workbook, seq: int, outline: Outline) -> OpenWorkbookBody:
    """A workbook with its sheets, as it travels."""
    return OpenWorkbookBody.model_validate(
        {
            **_members(found),
            "seq": seq,
            "refresh_minutes": found.refresh_minutes,
            **outline_members(outline),
        }
    )


def outline_members(outline: Outline) -> dict[str, Any]:
    """The sheets with their layout, and the defined names."""
    return {
        "sheets": [_sheet_members(one) for one in outline.sheets],
        "names": [{"name": name, "refers_to": f"={meaning}"} for name, meaning in outline.names.items()],
    }


def _sheet_members(one: SheetOutline) -> dict[str, Any]:
    rows, columns = one.frozen
    return {
        **one.sheet._asdict(),
        "merges": list(one.merges),
        "sizes": one.sizes,
        "frozen": {"rows": rows, "columns": columns},
    }


def _members(found: Workbook) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.title,
        "role": found.role,
        "owner": {"id": found.owner.id, "email": found.owner.email},
        "updated_at": found.updated_at.isoformat(),
    }
