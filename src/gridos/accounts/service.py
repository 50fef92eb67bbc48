"""Signing up, signing in, and finding out who asks."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID, uuid4

from gridos.accounts.addresses import accept_email
from gridos.accounts.api_keys import PREFIX, ApiKeys
from gridos.accounts.passwords import Passwords
from gridos.accounts.sessions import Sessions, fingerprint
from gridos.accounts.store import Account, AccountStore
from gridos.accounts.tokens import Bearer, Tokens
from gridos.accounts.tries import SignInLimits
from gridos.accounts.user import Caller, User
from gridos.errors import (
    AccountDisabled,
    AddressMissing,
    AddressTaken,
    BadEmail,
    NotFound,
    SignInFailed,
    SignInRequired,
    SignUpClosed,
)

SignUp: TypeAlias = Literal["open", "invited", "closed"]
LOCAL_USER = User(UUID("00000000-0000-4000-8000-000000000001"), "you@localhost")
"""Who everybody is in single-user mode. No address that may sign up or sign in looks like this one."""


class Browser(NamedTuple):
    """Where a sign-in comes from: an IP address to count tries by, and a name to recognise a session by."""

    address: str
    user_agent: str


class NewSession(NamedTuple):
    """Who signed in, and the session's id for the cookie."""

    user: User
    id: str


class Accounts:
    """Everything about who somebody is. `tokens` is None when the operator configured no issuer."""

    def __init__(
        self,
        store: AccountStore,
        *,
        passwords: Passwords,
        sessions: Sessions,
        api_keys: ApiKeys,
        tokens: Tokens | None = None,
        sign_up: SignUp = "invited",
        limits: SignInLimits | None = None,
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._tokens = tokens
        self._sign_up = sign_up
        self._limits = limits or SignInLimits()
        self.sessions = sessions
        self.api_keys = api_keys

    async def identify(self, session: str | None, authorization: str | None, client: str = "") -> Caller:
        """
        Who sends a request with this cookie and this Authorization header, or SignInRequired.

        `client` is the IP address it comes from: wrong API keys are counted by it, and TooManyTries ends the counting.

        A request with the header is judged by the header alone: the origin check has let it pass for that reason.
        """
        if authorization is not None:
            return await self._identify_bearer(authorization, client)
        user = await self.sessions.find_user(session) if session else None
        if user is None:
            raise SignInRequired("You are not signed in, or your session has ended. Sign in to go on.")
        return Caller(user)

    async def sign_up(self, email: str, password: str, *, invite: str | None, browser: Browser) -> NewSession:
        """
        Create an account and sign it in.

        An invite's token proves the address for that one invite: whoever was handed the link need not be whom the
        other invites for this address mean.
        """
        email = accept_email(email)
        if self._sign_up == "closed" or (self._sign_up == "invited" and not invite):
            raise SignUpClosed
        with self._limits.counted(email, browser.address):
            user = await self._create(email, password, fingerprint(invite) if invite else None)
        return NewSession(user, await self.sessions.open(user, browser.user_agent))

    async def sign_in(self, email: str, password: str, *, browser: Browser) -> NewSession:
        """Begin a session, or raise SignInFailed, which does not say whether the address is known."""
        with self._limits.counted(email, browser.address):
            account = await self._check(await self._find(email), password)
            if account.is_disabled:
                raise AccountDisabled
        return NewSession(account.user, await self.sessions.open(account.user, browser.user_agent))

    async def sign_in_as(self, bearer: Bearer, *, browser: Browser) -> NewSession:
        """
        Begin a session for whom the operator's OpenID Connect provider sent; at first sight, with a new account.

        Raises AccountDisabled, AddressMissing, AddressTaken, or SignUpClosed where sign-up is closed altogether.
        """
        user = await self._admit(bearer, may_be_new=self._sign_up != "closed")
        return NewSession(user, await self.sessions.open(user, browser.user_agent))

    async def has_password(self, user: User) -> bool:
        """Whether somebody can sign in with a password; whom only an issuer of the operator's vouches for cannot."""
        account = await self._store.find_account(user.id)
        return account is not None and account.password_hash is not None

    async def change_password(
        self, user: User, current: str, new: str, *, session: str | None, browser: Browser
    ) -> None:
        """Replace one's own password and end all sessions but `session`, the one that asks."""
        with self._limits.counted(user.email, browser.address):
            await self._check(await self._store.find_account(user.id), current, "The current password is wrong.")
        keep = fingerprint(session) if session else None
        await self._store.put_password(user.id, await self._passwords.hash(new), keep=keep)

    async def create_user(self, email: str, password: str) -> User:
        """Create an account on the operator's word, whatever the sign-up rule is. Proves no address."""
        return await self._create(accept_email(email), password, None)

    async def set_password(self, email: str, password: str) -> None:
        """Give an account a new password on the operator's word, and end all its sessions."""
        account = await self._get(email)
        await self._store.put_password(account.user.id, await self._passwords.hash(password), keep=None)

    async def disable(self, email: str) -> None:
        """Keep somebody out from now on, however they sign in."""
        await self._store.disable((await self._get(email)).user.id)

    async def list_users(self) -> Sequence[Account]:
        """Every account, the oldest first."""
        return await self._store.list_accounts()

    async def ensure_local_user(self) -> User:
        """The one user of single-user mode, created at the first start."""
        return await self._store.admit(LOCAL_USER.id, LOCAL_USER.email, is_proven=False)

    async def _identify_bearer(self, authorization: str, client: str) -> Caller:
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise SignInRequired("Send a session cookie, or the header `Authorization: Bearer …`.")
        if (text := text.strip()).startswith(PREFIX):
            return await self.api_keys.identify(text, client)
        if self._tokens is None:
            raise SignInRequired("This server accepts no bearer tokens. Sign in with an e-mail address and a password.")
        bearer = await self._tokens.read(text)
        try:
            return Caller(await self._admit(bearer))
        except (SignInFailed, AddressTaken) as refused:
            raise SignInRequired(str(refused)) from None

    async def _admit(self, bearer: Bearer, *, may_be_new: bool = True) -> User:
        if account := await self._store.find_account(bearer.subject):
            if account.is_disabled:
                raise AccountDisabled
            return account.user
        if not may_be_new:
            raise SignUpClosed
        if bearer.email is None:
            raise AddressMissing
        return await self._store.admit(bearer.subject, bearer.email, is_proven=bearer.is_proven)

    async def _create(self, email: str, password: str, invite: bytes | None) -> User:
        user = User(uuid4(), email)
        await self._store.create(user, await self._passwords.hash(password), invite=invite)
        return user

    async def _check(self, account: Account | None, password: str, refusal: str | None = None) -> Account:
        """The account if the password is right, rehashed if need be; the same work is done for no account at all."""
        hashed = account.password_hash if account else None
        if not await self._passwords.is_right(password, hashed) or account is None or hashed is None:
            raise SignInFailed(refusal)
        if self._passwords.is_outdated(hashed):
            renewed = await self._passwords.hash(password)
            await self._store.renew_password_hash(account.user.id, hashed, renewed)
        return account

    async def _find(self, email: str) -> Account | None:
        try:
            return await self._store.find_account_by_email(accept_email(email))
        except BadEmail:
            return None

    async def _get(self, email: str) -> Account:
        if account := await self._find(email):
            return account
        raise NotFound("Nobody has an account with this e-mail address.")
