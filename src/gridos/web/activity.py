"""What happened to one's own secrets, to look at and to keep."""

import csv
import io
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from gridos.plugin_secrets import Action, ActivityStore, Entry
from gridos.web.guarding import SecretsRoute, SignedIn

MOST_IN_A_FILE = 50_000
Slug = Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
_COLUMNS = ("at", "actor", "plugin_slug", "key", "action", "detail", "count")


class EntryBody(BaseModel):
    """One entry. Without an `actor` GridOS did it: for your workbooks, or at the operator's wish."""

    id: int
    at: datetime
    actor: str | None
    plugin_slug: str | None
    key: str | None
    action: Action
    detail: str
    count: int


class ActivityBody(BaseModel):
    """The newest first. `next` is the `before` of the page that follows, or null."""

    activity: list[EntryBody]
    next: int | None


def router(store: ActivityStore) -> APIRouter:
    """The routes of `/settings/activity`."""
    routes = APIRouter(route_class=SecretsRoute, prefix="/settings", tags=["activity"])

    @routes.get("/activity")
    async def show(
        user: SignedIn,
        plugin: Slug = None,
        before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> ActivityBody:
        """What happened to your secrets: stored, replaced, cleared, tested, used, kept from leaving."""
        entries = await store.read(user.id, plugin=plugin, before=before, most=limit)
        following = entries[-1].id if len(entries) == limit else None
        return ActivityBody(activity=[_body(entry) for entry in entries], next=following)

    @routes.get("/activity.csv", response_class=Response)
    async def download(user: SignedIn, plugin: Slug = None) -> Response:
        """The same as a file."""
        entries = await store.read(user.id, plugin=plugin, most=MOST_IN_A_FILE)
        headers = {"Content-Disposition": 'attachment; filename="gridos-activity.csv"'}
        return Response(_file(entries), media_type="text/csv; charset=utf-8", headers=headers)

    return routes


def _body(entry: Entry) -> EntryBody:
    return EntryBody(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        plugin_slug=entry.plugin,
        key=entry.key,
        action=entry.action,
        detail=entry.detail,
        count=entry.count,
    )


def _file(entries: list[Entry]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for entry in entries:
        cells = (entry.at.isoformat(), entry.actor, entry.plugin, entry.key, entry.action, entry.detail, entry.count)
        writer.writerow([_harmless(cell) for cell in cells])
    return file.getvalue()


def _harmless(cell: object) -> object:
    """A spreadsheet would run a text that begins like a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
