"""Whose connection a call spends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from gridos.secret import Secret


@dataclass(frozen=True, slots=True)
class ConnectionRef:
    """
    One owner's connection to one plugin, at one version.

    The version moves whenever a secret changes, so `(id, version, call)` never names an answer of a replaced key.
    """

    owner: UUID
    plugin: str
    id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class OpenConnection:
    """
    A connection whose secrets can be used; it lives only while a call runs.

    `ref` is the connection as it is now, which may be newer than the one asked for. `environment` is empty in `saas`.
    """

    ref: ConnectionRef
    secrets: Mapping[str, Secret]
    environment: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
