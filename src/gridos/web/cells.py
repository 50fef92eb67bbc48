"""
Cells, as they travel.

The models describe them to `/openapi.json`; cells themselves are plain dictionaries, because there may be many.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from gridos.grid import CellError, Horizontal, Scalar, Shown, State, Vertical, style_to_json
from gridos.live import Cell
from gridos.workbooks import Person


class ErrorBody(BaseModel):
    """Why a cell cannot show a number. `retry_at` is ISO 8601, or null when nothing is retried by itself."""

    code: str
    title: str
    detail: str
    action: str
    retry_at: str | None
    plugin: str | None


class ConnectionBody(BaseModel):
    """Whose connection a cell's number came over."""

    plugin: str
    owner_email: str


class StyleBody(BaseModel):
    """How a cell looks, as far as somebody chose it. `number_format` may also follow from what was typed: `50%`."""

    bold: bool | None = None
    italic: bool | None = None
    underline: bool | None = None
    strike: bool | None = None
    color: str | None = None
    background: str | None = None
    horizontal_align: Horizontal | None = None
    vertical_align: Vertical | None = None
    wrap: bool | None = None
    font_size: float | None = None
    number_format: str | None = None


class CellBody(BaseModel):
    """
    One cell. Members without a value are left out.

    A formula evaluated on its own stands in no cell: its `cell` is null.
    """

    sheet: str
    cell: str | None
    input: str
    value: Scalar
    state: State
    error: ErrorBody | None = None
    style: StyleBody | None = None
    fetched_at: str | None = None
    connection: ConnectionBody | None = None


class CellsBody(BaseModel):
    """Cells, at a version of their workbook."""

    seq: int
    cells: list[CellBody]


class ResultsBody(BaseModel):
    """One cell for each formula asked, in that order."""

    results: list[CellBody]


class CellsResponse(JSONResponse):
    """An answer with many cells: Python's own encoder would hold everybody else up for as long as a pass."""

    def render(self, content: Any) -> bytes:
        """The body."""
        return msgspec.json.encode(content)


def cell_body(cell: Cell, owner: Person) -> dict[str, Any]:
    """A `CellBody`."""
    body = shown_body(cell.ref.sheet, cell.ref.a1, cell.input, cell.shown, owner)
    if cell.style:
        body["style"] = style_to_json(cell.style)
    return body


def shown_body(sheet: str, a1: str | None, typed: str, shown: Shown, owner: Person) -> dict[str, Any]:
    """A `CellBody` from its parts."""
    body: dict[str, Any] = {
        "sheet": sheet,
        "cell": a1,
        "input": typed,
        "value": shown.value,
        "state": shown.state,
    }
    if shown.error:
        body["error"] = _error_body(shown.error)
    if shown.fetched_at is not None:
        body["fetched_at"] = iso(shown.fetched_at)
    if shown.plugin:
        body["connection"] = {"plugin": shown.plugin, "owner_email": owner.email}
    return body


def _error_body(error: CellError) -> dict[str, Any]:
    return {
        "code": error.code,
        "title": error.title,
        "detail": error.detail,
        "action": error.action,
        "retry_at": None if error.retry_at is None else iso(error.retry_at),
        "plugin": error.plugin,
    }


@lru_cache(1024)  # a thousand cells show few moments
def iso(seconds: float) -> str:
    """POSIX seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
