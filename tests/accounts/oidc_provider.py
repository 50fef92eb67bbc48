"""An OpenID Connect provider made of Authlib's server parts, with people who are signed in there already."""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false, reportIncompatibleMethodOverride=false
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportReturnType=false
# pyright: reportOptionalMemberAccess=false
# Authlib carries no types, and the ones that others have written for it describe an earlier version.

import hmac
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin
from authlib.oidc.core.grants import OpenIDCode
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import Key, RSAKey
from joserfc.jws import JWSRegistry

from tests.web.serving import listening

Json = Any
CLIENT_ID = "gridos"
CLIENT_SECRET = "a secret of the provider and its client"
KEY = RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class Somebody:
    """A person of the provider. `claims` go into the ID token, `info` is what the UserInfo endpoint says."""

    claims: dict[str, Json]
    info: dict[str, Json]


@dataclass
class Provider:
    """The provider. What is set here, tests change."""

    issuer: str = ""
    somebody: Somebody = field(
        default_factory=lambda: Somebody({"sub": "ada-of-the-provider", "email": "ada@example.com"}, {})
    )
    metadata: dict[str, Json] = field(default_factory=dict[str, Json])
    forge: Callable[[dict[str, Json]], str] | None = None
    is_down: bool = False
    redirect_uri: str = ""
    names_itself: bool = False
    asked: list[str] = field(default_factory=list[str])
    codes: dict[str, "Code"] = field(default_factory=dict[str, "Code"])
    tokens: dict[str, Somebody] = field(default_factory=dict[str, Somebody])

    def describe(self) -> dict[str, Json]:
        """What Discovery answers."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            **self.metadata,
        }


def sign(claims: dict[str, Json], *, key: Key = KEY, algorithm: str = "RS256", kid: str | None = "one") -> str:
    """An ID token that says this."""
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    header = {"alg": algorithm, "kid": kid} if kid else {"alg": algorithm}
    return jwt.encode(header, claims, key, registry=registry)


@dataclass
class Code(AuthorizationCodeMixin):
    """A code, once it was given out."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    somebody: Somebody

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())


class _Client(ClientMixin):
    def __init__(self, redirect_uri: str, auth_methods: list[str]) -> None:
        self._redirect_uri = redirect_uri
        self._auth_methods = auth_methods

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return self._redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self._redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(client_secret, CLIENT_SECRET)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in self._auth_methods

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class _Request(OAuth2Request):
    """A request. Its address is given as one with https, which Authlib insists on and a test has not."""

    def __init__(self, method: str, headers: Any, args: dict[str, str], form: dict[str, str]) -> None:
        super().__init__(method, "https://provider.example", headers=headers)
        self._args, self._form = args, form
        self.payload = BasicOAuth2Payload({**args, **form})

    @property
    def args(self) -> dict[str, str]:
        return self._args

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Server(AuthorizationServer):
    def __init__(self, provider: Provider) -> None:
        super().__init__(scopes_supported=["openid", "email"])
        self.provider = provider
        self.register_token_generator("default", self._new_token)
        self.register_grant(_CodeGrant, [CodeChallenge(required=True), _IdTokens(require_nonce=True)])

    def query_client(self, client_id: str) -> _Client | None:
        methods = self.provider.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return _Client(self.provider.redirect_uri, methods) if client_id == CLIENT_ID else None

    def save_token(self, token: dict[str, Json], request: OAuth2Request) -> None:
        self.provider.tokens[token["access_token"]] = request.user

    def create_oauth2_request(self, request: _Request) -> _Request:
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Json, headers: Any) -> Response:
        content = json.dumps(body) if isinstance(body, dict) else body
        return Response(content, status, dict(headers))

    @staticmethod
    def _new_token(**how: Any) -> dict[str, Json]:
        return {
            "token_type": "Bearer",
            "access_token": generate_token(42),
            "expires_in": 3600,
            "scope": how["scope"],
        }


class _CodeGrant(AuthorizationCodeGrant):
    server: _Server

    def save_authorization_code(self, code: str, request: _Request) -> None:
        asked = request.payload.data
        self.server.provider.codes[code] = Code(
            code,
            asked["redirect_uri"],
            asked["scope"],
            asked.get("nonce"),
            asked.get("code_challenge"),
            asked.get("code_challenge_method"),
            request.user,
        )

    def query_authorization_code(self, code: str, client: _Client) -> Code | None:
        return self.server.provider.codes.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del self.server.provider.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> Somebody:
        return authorization_code.somebody


class _IdTokens(OpenIDCode):
    def __call__(self, grant: _CodeGrant) -> None:
        self._provider = grant.server.provider
        super().__call__(grant)

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return any(code.nonce == nonce for code in self._provider.codes.values())

    def resolve_client_private_key(self, client: _Client) -> Key:
        return KEY

    def get_client_claims(self, client: _Client) -> dict[str, Json]:
        return {"iss": self._provider.issuer, "aud": [CLIENT_ID]}

    def generate_user_info(self, user: Somebody, scope: str) -> dict[str, Json]:
        return user.claims

    def encode_id_token(self, token: dict[str, Json], request: OAuth2Request) -> str:
        text = super().encode_id_token(token, request)
        if self._provider.forge is None:
            return text
        return self._provider.forge(json.loads(urlsafe_b64decode(text.split(".")[1] + "==")))


def _app(provider: Provider) -> FastAPI:
    app, server = FastAPI(), _Server(provider)

    @app.middleware("http")
    async def watch(request: Request, call_next: Any) -> Response:
        provider.asked.append(request.url.path)
        return Response("", 502) if provider.is_down else await call_next(request)

    @app.get("/.well-known/openid-configuration")
    async def describe() -> JSONResponse:
        return JSONResponse(provider.describe())

    @app.get("/keys")
    async def keys() -> JSONResponse:
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})

    @app.get("/authorize")
    async def authorize(request: Request) -> Response:
        asked = _Request("GET", request.headers, dict(request.query_params), {})
        grant = server.get_consent_grant(asked, end_user=provider.somebody)
        answer = server.create_authorization_response(asked, grant_user=provider.somebody, grant=grant)
        if provider.names_itself:
            answer.headers["location"] += f"&iss={provider.issuer}"
        return answer

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        return server.create_token_response(_Request("POST", request.headers, {}, form))

    @app.get("/userinfo")
    async def userinfo(request: Request) -> JSONResponse:
        somebody = provider.tokens[request.headers["authorization"].removeprefix("Bearer ")]
        return JSONResponse({"sub": somebody.claims["sub"], **somebody.info})

    return app


@asynccontextmanager
async def providing() -> AsyncGenerator[Provider]:
    """A provider on a real socket. Whose address it redirects to is set once that is known."""
    provider = Provider()
    async with listening(_app(provider)) as url:
        provider.issuer = url
        yield provider
