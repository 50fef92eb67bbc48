"""Signing up, in and out, one's sessions, and who one is."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gridos.accounts import Accounts, Browser, NewSession, Session
from gridos.errors import UnknownSession
from gridos.web.cookies import SafeCookie
from gridos.web.guarding import AccountRoute, GuardedRoute, OpenRoute, SignedIn

# Browsers keep a cookie for 400 days at most. The session ends long before, thirty days after it was last seen.
COOKIE_SECONDS = 400 * 86_400
LONGEST_EMAIL = 320

_Email = Annotated[str, Field(max_length=LONGEST_EMAIL, repr=False)]
_Password = Annotated[str, Field(repr=False)]


class SignInForm(BaseModel):
    """An address and its password."""

    model_config = ConfigDict(strict=True)

    email: _Email
    password: _Password


class SignUpForm(SignInForm):
    """A new account. `invite` is what the link of an invite carries."""

    invite: str | None = Field(None, repr=False)


class PasswordForm(BaseModel):
    """One's own password, and the one to have from now on."""

    model_config = ConfigDict(strict=True)

    current: _Password
    new: _Password


class PasswordBody(BaseModel):
    """Whether one has a password; without one, one signs in through a provider of the operator's."""

    is_set: bool


class PersonBody(BaseModel):
    """Somebody with an account."""

    id: UUID
    email: str


class WhoAmIBody(PersonBody):
    """Who asks, and whether the server knows one user (`oss`) or many (`saas`)."""

    mode: str


class SessionBody(BaseModel):
    """A signed-in browser."""

    id: UUID
    created_at: str
    last_seen_at: str
    user_agent: str
    current: bool


class SessionsBody(BaseModel):
    """The browsers one is signed in with, the last seen first."""

    sessions: list[SessionBody]


def session_cookie(*, is_https: bool) -> SafeCookie:
    """The cookie that carries a session's id."""
    return SafeCookie("gridos", COOKIE_SECONDS, is_https=is_https)


def local_router() -> APIRouter:
    """The only route there is in single-user mode."""
    return _joined(_who_am_i("oss"))


def router(accounts: Accounts, *, is_https: bool) -> APIRouter:
    """The routes of `/auth`. `is_https` says how browsers reach this server."""
    cookie = session_cookie(is_https=is_https)
    return _joined(_who_am_i("saas"), _open_routes(accounts, cookie), _own_routes(accounts, cookie))


def _joined(*parts: APIRouter) -> APIRouter:
    routes = APIRouter(tags=["accounts"])
    for part in parts:
        routes.include_router(part)
    return routes


def _who_am_i(mode: str) -> APIRouter:
    routes = APIRouter(route_class=GuardedRoute)

    @routes.get("/auth/whoami")
    async def who_am_i(user: SignedIn) -> WhoAmIBody:
        """Who asks."""
        return WhoAmIBody(id=user.id, email=user.email, mode=mode)

    return routes


def _open_routes(accounts: Accounts, cookie: SafeCookie) -> APIRouter:
    routes = APIRouter(route_class=OpenRoute)

    async def let_in(request: Request, response: Response, new: NewSession) -> PersonBody:
        if old := cookie.find(request):
            await accounts.sessions.end(old)
        cookie.put(response, new.id)
        return PersonBody(id=new.user.id, email=new.user.email)

    @routes.post("/auth/sign-up", status_code=201)
    async def sign_up(request: Request, response: Response, form: SignUpForm) -> PersonBody:
        """Create an account and sign in."""
        new = await accounts.sign_up(form.email, form.password, invite=form.invite, browser=browser_of(request))
        return await let_in(request, response, new)

    @routes.post("/auth/sign-in")
    async def sign_in(request: Request, response: Response, form: SignInForm) -> PersonBody:
        """Begin a new session in this browser, instead of the one it may have."""
        new = await accounts.sign_in(form.email, form.password, browser=browser_of(request))
        return await let_in(request, response, new)

    @routes.post("/auth/sign-out")
    async def sign_out(request: Request, response: Response) -> dict[str, str]:
        """End this browser's session, if it has one."""
        if session := cookie.find(request):
            await accounts.sessions.end(session)
            cookie.wipe(response)
        return {"status": "Success"}

    return routes


def _own_routes(accounts: Accounts, cookie: SafeCookie) -> APIRouter:
    routes = APIRouter(route_class=AccountRoute)

    @routes.get("/auth/password")
    async def get_password(user: SignedIn) -> PasswordBody:
        """Whether one has a password."""
        return PasswordBody(is_set=await accounts.has_password(user))

    @routes.post("/auth/password")
    async def change_password(request: Request, user: SignedIn, form: PasswordForm) -> dict[str, str]:
        """Change one's own password, which ends all other sessions."""
        await accounts.change_password(
            user, form.current, form.new, session=cookie.find(request), browser=browser_of(request)
        )
        return {"status": "Success"}

    @routes.get("/auth/sessions")
    async def list_sessions(request: Request, user: SignedIn) -> SessionsBody:
        """The browsers one is signed in with."""
        found = await accounts.sessions.list(user, cookie.find(request))
        return SessionsBody(sessions=[_session_body(session) for session in found])

    @routes.delete("/auth/sessions/{session}")
    async def end_session(user: SignedIn, session: str) -> dict[str, str]:
        """Sign one of one's browsers out."""
        await accounts.sessions.end_by_id(user, _session_id(session))
        return {"status": "Success"}

    return routes


def browser_of(request: Request) -> Browser:
    """Where a request comes from."""
    return Browser(request.client.host if request.client else "", request.headers.get("user-agent", ""))


def _session_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UnknownSession from None


def _session_body(session: Session) -> SessionBody:
    return SessionBody(
        id=session.id,
        created_at=session.created_at.isoformat(),
        last_seen_at=session.seen_at.isoformat(),
        user_agent=session.user_agent,
        current=session.is_current,
    )
