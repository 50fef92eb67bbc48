"""Keeps the client-credentials tokens that the host mints for owners, in memory only."""

import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID

from gridos.fetching.merging import Merging
from gridos.fetching.priority import Urgency
from gridos.plugins import ConnectionRef, Response
from gridos.secret import Secret

# RFC 6749 only recommends `expires_in`; a token that does not say how long it lives is renewed hourly.
_LIFE_UNTOLD: Final = 3600.0
_LONGEST_LIFE: Final = 86_400.0
_RENEWED_AT: Final = 0.8
_REMEMBERED: Final = 3
"""Tokens of one connection: requests may be under way with one that was replaced meanwhile."""
_TOKEN = re.compile(r"[!-~]{1,8192}")


@dataclass(frozen=True, slots=True)
class Minted:
    """A token and how many seconds it lives."""

    token: Secret
    life: float


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    token: Secret
    renew_at: float


Mint: TypeAlias = Callable[[Urgency], Coroutine[Any, Any, Minted]]


class Tokens:
    """One token per connection version, minted once however many requests wait for it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._held: dict[UUID, _Held] = {}
        self._known: defaultdict[UUID, deque[Secret]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        self._minting: Merging[tuple[UUID, int], Secret] = Merging()
        self._clock = clock

    def find(self, ref: ConnectionRef) -> Secret | None:
        """The token held for this version, if one is and has most of its life before it."""
        held = self._held.get(ref.id)
        return held.token if held and held.version == ref.version and self._clock() < held.renew_at else None

    def known(self, connection: UUID) -> Sequence[Secret]:
        """The newest tokens of a connection, also those that are no longer used."""
        return tuple(self._known.get(connection, ()))

    async def get(self, ref: ConnectionRef, mint: Mint, urgency: Urgency) -> Secret:
        """The token held, else a new one."""
        held = self.find(ref)
        return held or await self._minting.run((ref.id, ref.version), partial(self._mint, ref, mint), urgency)

    def reject(self, ref: ConnectionRef, token: Secret) -> None:
        """Upstream no longer takes this token. A newer one, which another request has minted since, is kept."""
        held = self._held.get(ref.id)
        if held and held.token is token:
            del self._held[ref.id]

    def forget(self, connection: UUID) -> None:
        """Drop a connection's token, also one that is being minted."""
        self._minting.drop(lambda key: key[0] == connection)
        self._held.pop(connection, None)
        self._known.pop(connection, None)

    async def _mint(self, ref: ConnectionRef, mint: Mint, urgency: Urgency) -> Secret:
        asked_at = self._clock()
        minted = await mint(urgency)
        self._known[ref.id].append(minted.token)
        self._held[ref.id] = _Held(ref.version, minted.token, asked_at + _RENEWED_AT * minted.life)
        return minted.token


def read_minted(response: Response) -> Minted | None:
    """The token in an answer (RFC 6749, section 5.1); None when there is none that fits into a header."""
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    match answer:
        case {"access_token": str(token)} if _TOKEN.fullmatch(token):
            life = answer.get("expires_in")
            return Minted(Secret(token), min(float(life), _LONGEST_LIFE) if _is_life(life) else _LIFE_UNTOLD)
        case _:
            return None


def _is_life(life: object) -> bool:
    return isinstance(life, int | float) and not isinstance(life, bool) and life > 0
