"""Puts together how people sign in, as the operator set it."""

from urllib.parse import urlsplit

from gridos.accounts import (
    Accounts,
    ApiKeys,
    Passwords,
    Provider,
    ProviderClient,
    PublishedKeys,
    Sessions,
    SharedSecret,
    SingleSignOn,
    Tokens,
)
from gridos.app.issuers import IssuerHttp
from gridos.db import Doors
from gridos.db.accounts import PostgresAccounts
from gridos.db.api_keys import PostgresApiKeys
from gridos.settings import Settings


def make_accounts(settings: Settings, doors: Doors, http: IssuerHttp) -> Accounts:
    """Accounts in the database."""
    store = PostgresAccounts(doors)
    return Accounts(
        store,
        passwords=Passwords(),
        sessions=Sessions(store),
        api_keys=ApiKeys(PostgresApiKeys(doors)),
        tokens=_tokens(settings, http),
        sign_up=settings.sign_up,
    )


def _tokens(settings: Settings, http: IssuerHttp) -> Tokens | None:
    if settings.jwks_url:
        url = settings.jwks_url
        keys = PublishedKeys(lambda: http.get_json(url))
    elif settings.jwt_secret:
        keys = SharedSecret(settings.jwt_secret.reveal())
    else:
        return None
    return Tokens(keys, audience=settings.jwt_audience, issuer=settings.jwt_issuer)


def find_client(settings: Settings) -> ProviderClient | None:
    """What the operator's provider knows this server as, if there is one."""
    if not (settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret):
        return None
    secret, back = settings.oidc_client_secret.reveal(), f"{public_url(settings)}/auth/oidc/callback"
    return ProviderClient(settings.oidc_issuer, settings.oidc_client_id, secret, back)


def make_sign_on(settings: Settings, accounts: Accounts, http: IssuerHttp) -> SingleSignOn | None:
    """Single sign-on, if the operator named a provider."""
    client = find_client(settings)
    if client is None:
        return None
    # One issuer of both kinds of tokens has to mean the same people by the same subjects.
    provider = Provider(client, http, is_our_own=client.issuer == settings.jwt_issuer)
    return SingleSignOn(provider, accounts, issuer=client.issuer, client_secret=client.client_secret)


def is_https(settings: Settings) -> bool:
    """Whether browsers reach this server through https."""
    return urlsplit(settings.public_url or "").scheme == "https"


def public_url(settings: Settings) -> str:
    """The address people use, without a slash at its end."""
    return (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
