"""A workbook as one person sees it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from gridos.errors import NotTheOwner, ReadOnly

Role: TypeAlias = Literal["owner", "editor", "viewer"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    id: UUID
    email: str


@dataclass(frozen=True, slots=True)
class Workbook:
    """
    A workbook, with the role of whoever asked for it.

    `refresh_minutes` is how often its connector cells are asked again while it is open; None means never by itself.
    `seq` counts its acknowledged edits.
    """

    id: UUID
    title: str
    role: Role
    owner: Person
    updated_at: datetime
    refresh_minutes: int | None
    seq: int

    @property
    def can_edit(self) -> bool:
        """Whether this person may change cells, and thereby cause calls on the owner's connections."""
        return self.role != "viewer"

    def require_editor(self) -> None:
        """Raise ReadOnly for a viewer."""
        if not self.can_edit:
            raise ReadOnly

    def require_owner(self) -> None:
        """Raise NotTheOwner for everybody else."""
        if self.role != "owner":
            raise NotTheOwner
