"""Users, sign-in, sessions, and whose a bearer token is."""

from gridos.accounts.addresses import accept_email
from gridos.accounts.keys import PublishedKeys, SharedSecret
from gridos.accounts.passwords import Passwords
from gridos.accounts.service import Accounts, Browser, NewSession, SignUp
from gridos.accounts.sessions import LIFETIME, SEEN_EVERY, Sessions
from gridos.accounts.store import Account, AccountStore, Session
from gridos.accounts.tokens import Subject, Tokens
from gridos.accounts.tries import SignInLimits
from gridos.accounts.user import User

__all__ = [
    "LIFETIME",
    "SEEN_EVERY",
    "Account",
    "AccountStore",
    "Accounts",
    "Browser",
    "NewSession",
    "Passwords",
    "PublishedKeys",
    "Session",
    "Sessions",
    "SharedSecret",
    "SignInLimits",
    "SignUp",
    "Subject",
    "Tokens",
    "User",
    "accept_email",
]
