"""The operator's OpenID Connect provider: where it sends people from, and whom it says they are."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from joserfc.errors import JoseError

from gridos.accounts import oauth
from gridos.accounts.keys import PublishedKeys
from gridos.accounts.tokens import Bearer, Signatures, bearer_of
from gridos.errors import ProviderUntrusted, SignInDeclined, SignInLost, SignInRequired, Unavailable

log = logging.getLogger(__name__)

METADATA_SECONDS = 3_600.0
RETRY_SECONDS = 5.0  # after a provider could not be reached
LONGEST_SUBJECT = 255  # OpenID Connect Core, 2
CODE_REFUSED = 400  # RFC 6749, 5.2


class Http(Protocol):
    """How to reach the provider. Both raise Unavailable when it does not answer, or not in JSON."""

    async def get_json(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON of an answer that is no error."""
        ...

    async def post_form(self, form: oauth.Form) -> tuple[int, Any]:
        """The status and the JSON of any answer."""
        ...


@dataclass(frozen=True, slots=True)
class ProviderClient:
    """What the provider knows us as. `redirect_uri` is where it sends people back to."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way. Only the browser that began it has these, and the provider only two of the three."""

    state: str
    nonce: str
    verifier: str
    destination: str


class _Metadata(NamedTuple):
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    auth_method: oauth.AuthMethod
    names_itself: bool


class Provider:
    """One provider. `is_our_own` says that its subjects are our users' ids, as a bearer token's are."""

    def __init__(
        self,
        client: ProviderClient,
        http: Http,
        *,
        is_our_own: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._http = http
        self._is_our_own = is_our_own
        self._clock = clock
        self._signatures = Signatures(PublishedKeys(self._fetch_keys, clock))
        self._metadata: _Metadata | None = None
        self._next_at = -METADATA_SECONDS
        self._turn = asyncio.Lock()

    async def check(self) -> None:
        """Unavailable when the provider does not describe itself; ValueError says what of it cannot be used."""
        await self._fetch_metadata()

    async def authorization_url(self, attempt: Attempt) -> str:
        """Where to send the browser."""
        return oauth.authorization_url(
            (await self._get_metadata()).authorization_endpoint,
            self._client.client_id,
            self._client.redirect_uri,
            state=attempt.state,
            nonce=attempt.nonce,
            verifier=attempt.verifier,
        )

    async def read(self, answer: Mapping[str, str], attempt: Attempt) -> Bearer:
        """
        Whom the provider sent back with this answer, the redirect's query.

        Raises SignInDeclined, SignInLost, ProviderUntrusted or Unavailable. The caller has compared the state.
        """
        metadata = await self._get_metadata()
        # RFC 9207: an answer of another provider must not be mistaken for this one's.
        if answer.get("iss", None if metadata.names_itself else self._client.issuer) != self._client.issuer:
            raise ProviderUntrusted
        if "error" in answer:
            raise SignInDeclined if answer["error"] == "access_denied" else ProviderUntrusted
        if not answer.get("code"):
            raise ProviderUntrusted
        tokens = await self._redeem(answer["code"], attempt, metadata)
        claims = await self._read_id_token(tokens, attempt)
        return bearer_of(await self._with_email(claims, tokens, metadata), is_our_own=self._is_our_own)

    async def _redeem(self, code: str, attempt: Attempt, metadata: _Metadata) -> Mapping[str, Any]:
        ours = self._client
        form = oauth.token_request(
            metadata.token_endpoint,
            ours.client_id,
            ours.client_secret,
            ours.redirect_uri,
            code=code,
            verifier=attempt.verifier,
            how=metadata.auth_method,
        )
        match await self._http.post_form(form):
            case 200, {"id_token": str()} as tokens:
                return tokens
            case status, {"error": "invalid_grant"} if status == CODE_REFUSED:
                raise SignInLost
            case status, _:
                log.error("The OpenID Connect provider took no code of ours (%d). Check the client's secret.", status)
                raise ProviderUntrusted

    async def _read_id_token(self, tokens: Mapping[str, Any], attempt: Attempt) -> Mapping[str, Any]:
        access_token = tokens.get("access_token")
        try:
            token = await self._signatures.open(tokens["id_token"])
            oauth.check_id_token(
                token.claims,
                token.header,
                issuer=self._client.issuer,
                client_id=self._client.client_id,
                nonce=attempt.nonce,
                access_token=access_token if isinstance(access_token, str) else None,
            )
        except (JoseError, SignInRequired, ValueError, TypeError) as error:
            log.warning("The OpenID Connect provider sent an ID token that is refused: %s", type(error).__name__)
            raise ProviderUntrusted from None
        match token.claims:
            case {"sub": str(subject)} if subject.isprintable() and 0 < len(subject) <= LONGEST_SUBJECT:
                return token.claims
            case _:
                raise ProviderUntrusted

    async def _with_email(
        self, claims: Mapping[str, Any], tokens: Mapping[str, Any], metadata: _Metadata
    ) -> Mapping[str, Any]:
        """A provider may leave the address to its UserInfo endpoint (OpenID Connect Core, 5.4)."""
        access_token = tokens.get("access_token")
        if "email" in claims or metadata.userinfo_endpoint is None or not isinstance(access_token, str):
            return claims
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        match await self._http.get_json(metadata.userinfo_endpoint, headers):
            case {"sub": subject, "email": email, **others} if subject == claims["sub"]:
                return {**claims, "email": email, "email_verified": others.get("email_verified")}
            case {"sub": subject} if subject == claims["sub"]:
                return claims
            case _:
                raise ProviderUntrusted

    async def _fetch_keys(self) -> Any:
        return await self._http.get_json((await self._get_metadata()).jwks_uri)

    async def _get_metadata(self) -> _Metadata:
        async with self._turn:
            if self._clock() >= self._next_at:
                await self._refetch()
        if self._metadata is None:
            raise Unavailable("The sign-in service cannot be reached at the moment. Try again shortly.")
        return self._metadata

    async def _refetch(self) -> None:
        """What is known goes on being used while the provider does not answer."""
        try:
            self._metadata = await self._fetch_metadata()
        except (Unavailable, ValueError) as error:
            log.warning("The OpenID Connect provider's metadata cannot be used: %s", error)
            self._next_at = self._clock() + RETRY_SECONDS
        else:
            self._next_at = self._clock() + METADATA_SECONDS

    async def _fetch_metadata(self) -> _Metadata:
        return _read_metadata(await self._http.get_json(oauth.metadata_url(self._client.issuer)), self._client.issuer)


def _read_metadata(document: Any, issuer: str) -> _Metadata:
    """What we need of OpenID Connect Discovery, 3. The issuer has to be the configured one to the letter (4.3)."""
    match document:
        case {
            "issuer": str(named),
            "authorization_endpoint": str(authorization),
            "token_endpoint": str(token),
            "jwks_uri": str(jwks),
            **others,
        } if named == issuer:
            userinfo = others.get("userinfo_endpoint")
            used = [authorization, token, jwks, *([userinfo] if isinstance(userinfo, str) else [])]
            if issuer.startswith("https:") and not all(url.startswith("https:") for url in used):
                raise ValueError("it names addresses without https.")
            return _Metadata(
                authorization,
                token,
                jwks,
                userinfo if isinstance(userinfo, str) else None,
                _choose(others.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])),
                names_itself=others.get("authorization_response_iss_parameter_supported") is True,
            )
        case {"issuer": str(named)} if named != issuer:
            raise ValueError(f"it names itself {named[:200]!r}, and GRIDOS_OIDC_ISSUER has to be that, to the letter.")
        case _:
            raise ValueError("it lacks an issuer, an authorization_endpoint, a token_endpoint or a jwks_uri.")


def _choose(methods: Any) -> oauth.AuthMethod:
    match methods:
        case [*named] if "client_secret_basic" in named:
            return "client_secret_basic"
        case [*named] if "client_secret_post" in named:
            return "client_secret_post"
        case _:
            raise ValueError("it accepts no client secret, neither client_secret_basic nor client_secret_post.")
