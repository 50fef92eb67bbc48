"""The messages of OAuth 2.0 and OpenID Connect, as Authlib writes and checks them. Sending them is for others."""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# Authlib carries no types. What leaves this module has some.

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url

AuthMethod: TypeAlias = Literal["client_secret_basic", "client_secret_post"]

SCOPE = "openid email"
LEEWAY = 60  # seconds by which a provider's clock and ours may differ


class Form(NamedTuple):
    """A form to be posted."""

    url: str
    headers: dict[str, str]
    body: str


def metadata_url(issuer: str) -> str:
    """Where a provider describes itself (OpenID Connect Discovery, 4)."""
    return get_well_known_url(issuer, external=True)


def authorization_url(
    endpoint: str, client_id: str, redirect_uri: str, *, state: str, nonce: str, verifier: str
) -> str:
    """Where to send a browser: the code flow, with a nonce and a PKCE challenge (RFC 7636)."""
    return prepare_grant_uri(
        endpoint,
        client_id,
        "code",
        redirect_uri,
        SCOPE,
        state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )


def token_request(
    endpoint: str, client_id: str, client_secret: str, redirect_uri: str, *, code: str, verifier: str, how: AuthMethod
) -> Form:
    """What to ask the token endpoint in exchange for a code."""
    body = prepare_token_request("authorization_code", "", redirect_uri, code=code, code_verifier=verifier)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return Form(*ClientAuth(client_id, client_secret, how).prepare("POST", endpoint, headers, body))


def check_id_token(
    claims: Mapping[str, Any],
    header: Mapping[str, Any],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str | None,
) -> None:
    """
    Check what an ID token says, once its signature is known to be right (OpenID Connect Core, 3.1.3.7).

    Raises joserfc's JoseError for another issuer, audience or nonce, and for a token that has expired or that belongs
    to another access token.
    """
    expected = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
    params = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
    CodeIDToken(dict(claims), dict(header), expected, params).validate(leeway=LEEWAY)
