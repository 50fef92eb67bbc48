"""
What stands before every route: the origin check, the sign-in and the body's limit, in this order.

A route class does it, not a middleware, because it runs after the route is found (an unmounted route is a plain 404
in either mode) and before the body is read (a stranger gets 401, not a lesson in the body's shape).
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive

from gridos.accounts import Caller, Scope, User
from gridos.errors import ForeignOrigin, ScopeMissing

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_BODY = 1_048_576
# An escape, the byte that begins a half in UTF-8, and one that UTF-16 and UTF-32 cannot do without: `json` reads all.
_SIGNS_OF_A_HALF = (b"\\u", b"\xed", b"\0")


@dataclass(frozen=True)
class Guard:
    """
    Decides who may pass.

    `identify` takes the session cookie and the Authorization header (None when absent) and the client's IP address, and
    gives the caller or raises SignInRequired. `hosts` are the host names this server answers to; None means any, behind
    an operator's proxy.
    """

    identify: Callable[[str | None, str | None, str], Awaitable[Caller]]
    cookie: str
    hosts: frozenset[str] | None = None

    def check_origin(self, connection: HTTPConnection) -> None:
        """
        Raise ForeignOrigin for what a page of another site made a browser send.

        In single-user mode there is no cookie to guard, so the Host is checked as well: it stops DNS rebinding.
        """
        if not self._is_ours(connection.scope["type"], connection.scope.get("method", ""), connection.headers):
            raise ForeignOrigin

    def _is_ours(self, kind: str, method: str, headers: Headers) -> bool:
        host = headers.get("host", "")
        if self.hosts is not None and _host_name(host) not in self.hosts:
            return False
        if kind == "http" and method in SAFE_METHODS:
            return True
        if _is_bearer(headers.get("authorization", "")):  # no page can make a browser add one; the cookie is ignored
            return True
        if kind == "http" and (site := headers.get("sec-fetch-site")):
            return site in {"same-origin", "none"}
        # Every browser of this decade names the origin. What names none is a script, which holds a cookie only if
        # somebody gave it one, or a browser so old that its Referer has to do.
        origin = headers.get("origin") or headers.get("referer")
        return origin is None or _authority(origin) == host

    async def sign_in(self, connection: HTTPConnection, scope: Scope) -> User:
        """The user this request speaks for. Raises ScopeMissing when it speaks for them, but not in this."""
        caller = await self.identify(
            connection.cookies.get(self.cookie),
            connection.headers.get("authorization"),
            connection.client.host if connection.client else "",
        )
        if scope not in caller.scopes:
            raise ScopeMissing(scope)
        return caller.user


class OpenRoute(APIRoute):
    """A route for everybody that still refuses foreign origins and large bodies: sign-in and sign-up."""

    largest_body: ClassVar[int] = LARGEST_BODY

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Wrap FastAPI's handler, which reads the body first and runs dependencies after."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await self.admit(request.app.state.guard, request)
            capped = Request(request.scope, _capped(request, self.largest_body))
            _refuse_half_characters(await capped.body())
            return await handle(capped)

        return guarded

    async def admit(self, guard: Guard, request: Request) -> None:
        """Raise what keeps this request out."""
        guard.check_origin(request)


class GuardedRoute(OpenRoute):
    """
    A route for signed-in users: the usual one.

    `scope` is what an API key needs for it; without one, reading needs `read` and everything else `write`.
    """

    scope: ClassVar[Scope | None] = None

    async def admit(self, guard: Guard, request: Request) -> None:
        """Also find out who asks."""
        guard.check_origin(request)
        by_method: Scope = "read" if request.method in SAFE_METHODS else "write"
        request.state.user = await guard.sign_in(request, self.scope or by_method)


class SecretsRoute(GuardedRoute):
    """A route about plugin secrets: an API key needs a scope of its own for it, to look as well."""

    scope = "secrets"


class AccountRoute(GuardedRoute):
    """A route about the account itself, which no API key may touch: it could make itself a successor."""

    scope = "account"


async def _signed_in(request: Request) -> User:
    # Without a wait inside, and yet `async`: FastAPI would run a plain function in a thread.
    user: User = request.state.user
    return user


SignedIn = Annotated[User, Depends(_signed_in)]
"""The user a guarded route was called by."""


def _is_bearer(authorization: str) -> bool:
    """Whether a script wrote it: `ws://name:password@host` makes a browser send `Basic`."""
    scheme, _, text = authorization.partition(" ")
    return scheme.lower() == "bearer" and bool(text)


def _authority(address: str) -> str | None:
    """Host and port of an address; None for what has none, such as `null`."""
    try:
        return urlsplit(address).netloc or None
    except ValueError:
        return None


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _capped(request: Request, limit: int) -> Receive:
    """The request's body, cut off with 413 as soon as it is, or says it is, larger than `limit` bytes."""
    seen = 0

    async def receive() -> Message:
        nonlocal seen
        if _said_length(request.headers) > limit:
            raise _too_large(limit)
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return receive


def _refuse_half_characters(body: bytes) -> None:
    r"""JSON can spell half a character (`\ud800`, or its bytes), which no database or browser takes back."""
    if any(sign in body for sign in _SIGNS_OF_A_HALF):
        try:
            json.dumps(json.loads(body), ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise HTTPException(422, "The body holds half of a surrogate pair.") from None
        except (ValueError, RecursionError):
            return  # whoever reads the body says what is wrong with it


def _said_length(headers: Headers) -> int:
    said = headers.get("content-length", "")
    return int(said) if said.isdecimal() else 0


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"The body is larger than {limit // 1024} KB. Send less at once.")
