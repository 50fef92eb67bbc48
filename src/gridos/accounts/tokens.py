"""
Whose a bearer token (JWT) is.

Nothing in a token decides how it is checked: keys, algorithms, audience and issuer come from settings.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from gridos.accounts.addresses import accept_email
from gridos.errors import BadEmail, SignInRequired

LARGEST = 16_384  # characters


class Subject(NamedTuple):
    """Somebody as an issuer names them, where that name is not a UUID."""

    issuer: str
    name: str


@dataclass(frozen=True, slots=True)
class Bearer:
    """
    Whom a valid token speaks for.

    A `subject` that is a UUID is the user's id. `email` is None when there is none that we can use, and `is_proven`
    says that the issuer does not deny having checked it.
    """

    subject: UUID | Subject
    email: str | None
    is_proven: bool


class Keys(Protocol):
    """Where verification keys come from, and the only algorithms they are for."""

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What a token may be signed with."""
        ...

    @property
    def only_uuids(self) -> bool:
        """Whether every subject has to be a UUID."""
        ...

    async def find(self, kid: str | None) -> Key | None:
        """The key of this id; without an id the only key there is. Raises Unavailable when nobody can say."""
        ...


class _Claims(jwt.JWTClaimsRegistry):
    def validate_iat(self, value: object) -> None:
        """Any: a clock a second ahead of ours is no reason to keep somebody out, and `exp` bounds the token's life."""


class Signatures:
    """Opens signed tokens. What is in them is still to be checked."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        # Unknown header members are ignored, as RFC 7515, 4 asks; `crit` is refused before this is used.
        self._registry = JWSRegistry(algorithms=keys.algorithms, strict_check_header=False)

    async def open(self, text: str) -> jwt.Token:
        """The token, if one of the keys signed it; SignInRequired, or JoseError, ValueError or TypeError."""
        key = await self._keys.find(self._key_id(text))
        if key is None:
            raise SignInRequired("This token's key is not known here. Sign in again.")
        return jwt.decode(text, key, registry=self._registry)

    def _key_id(self, text: str) -> str | None:
        """Read the header, unverified: the `kid` is all it may choose, and we know no critical extension."""
        match _header(text):
            case {"crit": _} | {"b64": _}:
                pass
            case {"alg": algorithm, "kid": str() | None as kid} if algorithm in self._keys.algorithms:
                return kid
            case _:
                pass
        raise SignInRequired("This token is not one that this server accepts. Sign in again.")


class Tokens:
    """Reads bearer tokens of the one issuer the operator configured."""

    def __init__(self, keys: Keys, *, audience: str, issuer: str | None) -> None:
        """Without an `issuer` any `iss` is accepted, which only a shared secret can justify."""
        self._signatures = Signatures(keys)
        self._only_uuids = keys.only_uuids
        expected: dict[str, Any] = {"iss": {"essential": True, "value": issuer}} if issuer else {}
        self._claims = _Claims(
            exp={"essential": True},
            sub={"essential": True},
            aud={"essential": True, "value": audience},
            **expected,
        )

    async def read(self, text: str) -> Bearer:
        """Whom the token speaks for, or SignInRequired with a sentence that says what to do."""
        try:
            token = await self._signatures.open(text)
            self._claims.validate(token.claims)
        except ExpiredTokenError:
            raise SignInRequired("This token has expired. Sign in again.") from None
        except (JoseError, ValueError, TypeError):
            raise SignInRequired("This token is not valid here. Sign in again.") from None
        bearer = bearer_of(token.claims, is_our_own=True)
        if isinstance(bearer.subject, Subject) and (self._only_uuids or not bearer.subject.name.isprintable()):
            raise SignInRequired("This token's subject is not one that this server accepts. It has to be a UUID.")
        return bearer


def bearer_of(claims: Mapping[str, Any], *, is_our_own: bool) -> Bearer:
    """
    Whom checked claims speak for.

    Only the issuer that is our own (`is_our_own`) may name our users by their ids.
    """
    named = Subject(claims.get("iss", ""), claims["sub"])
    subject = (_find_uuid(named.name) if is_our_own else None) or named
    return Bearer(subject, _find_email(claims.get("email")), claims.get("email_verified") not in (False, "false"))


def _header(text: str) -> dict[str, Any]:
    """What a token says about itself; nothing if it is none, or far too large for one."""
    if len(text) > LARGEST:
        return {}
    try:
        header = json.loads(urlsafe_b64decode(text.partition(".")[0] + "=="))
    except (ValueError, RecursionError):
        return {}
    return {"kid": None, **header} if isinstance(header, dict) else {}


def _find_uuid(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    # UUID() also reads braces and urn:uuid:, which would be a second name for the same account.
    return found if str(found) == text.lower() else None


def _find_email(claim: object) -> str | None:
    try:
        return accept_email(claim) if isinstance(claim, str) else None
    except BadEmail:
        return None
