"""Who somebody is, and what a request in their name may do."""

from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

Scope: TypeAlias = Literal["read", "write", "secrets", "account"]
"""
What a request needs.

`read`: to be shown things. `write`: to change them, or to have formulas evaluated. `secrets`: whatever is about plugin
secrets. `account`: the account itself, which no API key may touch.
"""

EVERY_SCOPE: frozenset[Scope] = frozenset({"read", "write", "secrets", "account"})


@dataclass(frozen=True, slots=True)
class User:
    """One account: what every other room may know about a person."""

    id: UUID
    email: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a request speaks for, and what it may do: everything, unless it carries an API key."""

    user: User
    scopes: frozenset[Scope] = EVERY_SCOPE
