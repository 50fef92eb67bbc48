"""Who somebody is."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class User:
    """One account: what every other room may know about a person."""

    id: UUID
    email: str
