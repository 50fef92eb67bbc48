"""Users, sign-in, sessions, API keys, and whose a bearer token is."""

from gridos.accounts.addresses import accept_email
from gridos.accounts.api_keys import (
    DEFAULT_SCOPES,
    LONGEST_NAME,
    ApiKey,
    ApiKeys,
    ApiKeyStore,
    FoundKey,
    KeyScope,
)
from gridos.accounts.keys import PublishedKeys, SharedSecret
from gridos.accounts.passwords import Passwords
from gridos.accounts.provider import Attempt, Http, Provider, ProviderClient
from gridos.accounts.service import Accounts, Browser, NewSession, SignUp
from gridos.accounts.sessions import LIFETIME, MOST_SESSIONS, SEEN_EVERY, Sessions
from gridos.accounts.single_sign_on import ATTEMPT_SECONDS, SingleSignOn
from gridos.accounts.store import Account, AccountStore, Session
from gridos.accounts.tokens import Subject, Tokens
from gridos.accounts.tries import PerMinute, SignInLimits
from gridos.accounts.user import Caller, Scope, User

__all__ = [
    "ATTEMPT_SECONDS",
    "DEFAULT_SCOPES",
    "LIFETIME",
    "LONGEST_NAME",
    "MOST_SESSIONS",
    "SEEN_EVERY",
    "Account",
    "AccountStore",
    "Accounts",
    "ApiKey",
    "ApiKeyStore",
    "ApiKeys",
    "Attempt",
    "Browser",
    "Caller",
    "FoundKey",
    "Http",
    "KeyScope",
    "NewSession",
    "Passwords",
    "PerMinute",
    "Provider",
    "ProviderClient",
    "PublishedKeys",
    "Scope",
    "Session",
    "Sessions",
    "SharedSecret",
    "SignInLimits",
    "SignUp",
    "SingleSignOn",
    "Subject",
    "Tokens",
    "User",
    "accept_email",
]
