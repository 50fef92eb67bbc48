"""Signing in through the operator's OpenID Connect provider. The browser comes and goes by plain links."""

import re
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from gridos.accounts import ATTEMPT_SECONDS, Accounts, SingleSignOn
from gridos.errors import GridOSError, NotFound
from gridos.web.accounts import browser_of, session_cookie
from gridos.web.cookies import SafeCookie
from gridos.web.guarding import OpenRoute

SEE_OTHER = 303


class MethodsBody(BaseModel):
    """How one can sign in besides with a password. `oidc` names the provider, or is null."""

    oidc: str | None


def router(accounts: Accounts, sign_on: SingleSignOn | None, *, is_https: bool) -> APIRouter:
    """The routes of `/auth/oidc` and `/auth/methods`. Without a provider the first two are 404."""
    routes = APIRouter(route_class=OpenRoute, tags=["accounts"])
    session = session_cookie(is_https=is_https)
    attempts = SafeCookie("gridos-sign-in", ATTEMPT_SECONDS, is_https=is_https)

    @routes.get("/auth/methods")
    async def get_methods() -> MethodsBody:
        """How one can sign in, for the sign-in page."""
        return MethodsBody(oidc=sign_on.name if sign_on else None)

    @routes.get("/auth/oidc/login", status_code=SEE_OTHER, response_class=RedirectResponse)
    async def login(next: str = "/") -> RedirectResponse:  # noqa: A002 -- as it stands in the address
        """Go to the provider; `next` is the page of ours to come back to."""
        if sign_on is None:
            raise _NO_PROVIDER
        try:
            address, sealed = await sign_on.begin(next)
        except GridOSError as error:
            return _refused(error, next)
        answer = RedirectResponse(address, SEE_OTHER)
        attempts.put(answer, sealed)
        return answer

    @routes.get("/auth/oidc/callback", status_code=SEE_OTHER, response_class=RedirectResponse)
    async def callback(request: Request) -> RedirectResponse:
        """Come back from the provider, and be signed in."""
        if sign_on is None:
            raise _NO_PROVIDER
        attempt = sign_on.find_attempt(attempts.find(request))
        destination = attempt.destination if attempt else "/"
        try:
            new = await sign_on.finish(attempt, request.query_params, browser_of(request))
        except GridOSError as error:
            answer = _refused(error, destination)
        else:
            answer = RedirectResponse(destination, SEE_OTHER)
            if old := session.find(request):
                await accounts.sessions.end(old)
            session.put(answer, new.id)
        attempts.wipe(answer)
        return answer

    return routes


_NO_PROVIDER = NotFound("This server has no OpenID Connect provider. Sign in with an e-mail address and a password.")


def _refused(error: GridOSError, destination: str) -> RedirectResponse:
    """
    Back to the sign-in page, which has a sentence for each reason.

    The reason travels by its name: a sentence in an address could be anybody's.
    """
    reason = re.sub(r"\B(?=[A-Z])", "_", type(error).__name__).lower()
    query = {"refused": reason} if destination == "/" else {"refused": reason, "next": destination}
    return RedirectResponse(f"/sign-in?{urlencode(query)}", SEE_OTHER)
