"""Collaborators, and invites that wait for an account."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from gridos.errors import BadEmail, BadInvite, UnknownCollaborator, UnknownInvite
from gridos.workbooks.roles import Person, Workbook

SharedRole = Literal["editor", "viewer"]


@dataclass(frozen=True, slots=True)
class Collaborator:
    """Somebody with an account who may view or edit."""

    user_id: UUID
    email: str
    role: SharedRole


@dataclass(frozen=True, slots=True)
class PendingInvite:
    """An invited address without a proven account."""

    id: UUID
    email: str
    role: SharedRole


@dataclass(frozen=True, slots=True)
class Invitation:
    """A pending invite just made, with the token that goes into its link. Only the token's hash is stored."""

    invite: PendingInvite
    token: str


class SharingStore(Protocol):
    """Where collaborators are kept. Every method acts as `owner`, and row-level security checks that it is."""

    async def find_account(self, email: str) -> Person | None:
        """The account of an address, in any case."""
        ...

    async def put_collaborator(self, owner: UUID, workbook: UUID, person: Person, role: SharedRole) -> None:
        """Add somebody, or change the role. An invite that waited for the same address is withdrawn with it."""
        ...

    async def put_invite(
        self, owner: UUID, workbook: UUID, email: str, role: SharedRole, token_hash: bytes
    ) -> PendingInvite:
        """Add an invite, or replace the role and token of the same address's earlier one."""
        ...

    async def list_collaborators(self, user: UUID, workbook: UUID) -> list[Collaborator]:
        """Everybody but the owner, by address."""
        ...

    async def list_invites(self, owner: UUID, workbook: UUID) -> list[PendingInvite]:
        """The invites that wait, by address."""
        ...

    async def remove_collaborator(self, owner: UUID, workbook: UUID, user: UUID) -> bool:
        """Take somebody's access; False when there was none."""
        ...

    async def remove_invite(self, owner: UUID, workbook: UUID, invite: UUID) -> bool:
        """Withdraw an invite; False when there was none."""
        ...


class Sharing:
    """What an owner does about other people."""

    def __init__(self, store: SharingStore, accept_email: Callable[[str], str]) -> None:
        """`accept_email` trims an address, or raises BadEmail for one that no account here can have."""
        self._store = store
        self._accept_email = accept_email

    async def invite(self, workbook: Workbook, email: str, role: SharedRole) -> Collaborator | Invitation:
        """
        Give an address a role: at once when it has an account, else when it has one and has proven the address.

        Inviting the same address again changes its role.
        """
        workbook.require_owner()
        try:
            email = self._accept_email(email)
        except BadEmail as why:
            raise BadInvite(str(why)) from None
        if email.lower() == workbook.owner.email.lower():
            raise BadInvite("You own this workbook already. Invite somebody else's address.")
        if person := await self._store.find_account(email):
            await self._store.put_collaborator(workbook.owner.id, workbook.id, person, role)
            return Collaborator(person.id, person.email, role)
        token = secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode()).digest()
        return Invitation(
            await self._store.put_invite(workbook.owner.id, workbook.id, email.lower(), role, digest), token
        )

    async def list(self, workbook: Workbook) -> tuple[list[Collaborator], list[PendingInvite]]:
        """Who has access; only the owner sees who is still invited."""
        people = await self._store.list_collaborators(workbook.owner.id, workbook.id)
        if workbook.role != "owner":
            return people, []
        return people, await self._store.list_invites(workbook.owner.id, workbook.id)

    async def remove(self, workbook: Workbook, user: UUID) -> None:
        """Take somebody's access away."""
        workbook.require_owner()
        if not await self._store.remove_collaborator(workbook.owner.id, workbook.id, user):
            raise UnknownCollaborator

    async def withdraw(self, workbook: Workbook, invite: UUID) -> None:
        """Withdraw a pending invite; its link stops working."""
        workbook.require_owner()
        if not await self._store.remove_invite(workbook.owner.id, workbook.id, invite):
            raise UnknownInvite
