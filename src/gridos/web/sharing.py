"""Collaborators of a workbook. These routes exist in multi-user mode only."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from gridos.errors import UnknownCollaborator, UnknownInvite
from gridos.web.guarding import GuardedRoute, SignedIn
from gridos.web.workbooks import WorkbooksBody, workbook_id, workbooks_body
from gridos.workbooks import Collaborator, Invitation, PendingInvite, Sharing, Workbooks


class Invite(BaseModel):
    """Whom to give which role."""

    model_config = ConfigDict(strict=True)

    email: str
    role: Literal["editor", "viewer"]


def router(workbooks: Workbooks, sharing: Sharing, public_url: str) -> APIRouter:
    """The routes of `/workbook/{id}/collaborators`, `/pending-invites` and `/workbook/shared-with-me`."""
    routes = APIRouter(route_class=GuardedRoute, tags=["sharing"])

    @routes.get("/workbook/shared-with-me")
    async def list_shared(user: SignedIn) -> WorkbooksBody:
        """What others share with me."""
        return workbooks_body(await workbooks.list_shared(user.id))

    @routes.get("/workbook/{workbook}/collaborators")
    async def list_collaborators(user: SignedIn, workbook: str) -> dict[str, list[dict[str, Any]]]:
        """Who else has access; the owner also sees who is still invited."""
        people, invites = await sharing.list(await workbooks.get(user.id, workbook_id(workbook)))
        return {"collaborators": [_active(one) for one in people], "pending": [_pending(one) for one in invites]}

    @routes.post("/workbook/{workbook}/collaborators")
    async def invite(user: SignedIn, workbook: str, new: Invite) -> dict[str, Any]:
        """Give an address a role. Without an account it stays pending, and its link is shown this once."""
        found = await workbooks.get(user.id, workbook_id(workbook))
        done = await sharing.invite(found, new.email, new.role)
        if isinstance(done, Invitation):
            link = f"{public_url}/sign-in?invite={done.token}"
            return {"ok": True, "collaborator": _pending(done.invite), "invite_url": link}
        return {"ok": True, "collaborator": _active(done)}

    @routes.delete("/workbook/{workbook}/collaborators/{person}")
    async def remove(user: SignedIn, workbook: str, person: str) -> dict[str, bool]:
        """Take somebody's access away."""
        found = await workbooks.get(user.id, workbook_id(workbook))
        await sharing.remove(found, _id(person, UnknownCollaborator))
        return {"ok": True}

    @routes.delete("/workbook/{workbook}/pending-invites/{invitation}")
    async def withdraw(user: SignedIn, workbook: str, invitation: str) -> dict[str, bool]:
        """Withdraw an invite."""
        found = await workbooks.get(user.id, workbook_id(workbook))
        await sharing.withdraw(found, _id(invitation, UnknownInvite))
        return {"ok": True}

    return routes


def _active(one: Collaborator) -> dict[str, Any]:
    return {"kind": "active", "user_id": str(one.user_id), "email": one.email, "role": one.role}


def _pending(one: PendingInvite) -> dict[str, Any]:
    return {"kind": "pending", "id": str(one.id), "email": one.email, "role": one.role}


def _id(text: str, unknown: type[UnknownCollaborator] | type[UnknownInvite]) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise unknown from None
