"""
Puts an owner's secrets onto a request, as the manifest's `connection` says.

This is the last thing that happens to a request: the plugin's part is fixed by then.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from urllib.parse import parse_qsl, quote, urlencode

from multidict import CIMultiDict
from yarl import URL

from gridos.fetching.addressing import join
from gridos.fetching.egress import EgressRefused
from gridos.plugins import AuthWay, BasicAuth, HeaderAuth, Manifest, MintedAuth, QueryAuth, fill, keys_in
from gridos.secret import Secret

Secrets: TypeAlias = Mapping[str, Secret]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request. Only its method is ever shown: the rest may hold a secret."""

    method: str
    url: URL = field(repr=False)
    headers: CIMultiDict[str] = field(repr=False, default_factory=CIMultiDict[str])
    body: bytes | None = field(repr=False, default=None)


def set_keys(secrets: Secrets) -> frozenset[str]:
    """The keys that have a value."""
    return frozenset(key for key, secret in secrets.items() if secret)


def base_address(manifest: Manifest, secrets: Secrets, stand_in: URL | None) -> URL:
    """
    The manifest's base address with this owner's values in it; every key it names must be set.

    A stand-in takes the place of its scheme, host and port. EgressRefused when a value no longer has the form that
    the manifest demands.
    """
    assert manifest.connection
    template = manifest.connection.base_url
    values = {key: secrets[key].reveal() for key in keys_in(template)}
    for key, value in values.items():
        slot = manifest.slot(key)
        if slot is None or not slot.matches(value):
            raise EgressRefused(f"The stored {key} does not have the form that this plugin's manifest demands.")
    base = URL(fill(template, values))
    return stand_in.origin().with_path(base.raw_path, encoded=True) if stand_in else base


def authenticate(request: Outgoing, way: AuthWay, secrets: Secrets, token: Secret | None) -> Outgoing:
    """The same request with this way's header or parameter; `token` is the minted one, if the way mints."""
    match way:
        case HeaderAuth(header=header, value=template):
            return _with_header(request, header, _fill(template, secrets))
        case MintedAuth(header=header) if token:
            return _with_header(request, header, token.reveal())
        case BasicAuth(basic=(user, password)):
            pair = f"{_fill(user, secrets)}:{_fill(password, secrets)}"
            return _with_header(request, "Authorization", f"Basic {b64encode(pair.encode()).decode()}")
        case QueryAuth(query=name, value=template):
            return _with_parameter(request, name, _fill(template, secrets))
        case _:
            return request


def mint_request(base: URL, way: MintedAuth, secrets: Secrets, headers: CIMultiDict[str]) -> Outgoing:
    """The form POST for a client-credentials token (RFC 6749, sections 4.4.2 and 2.3.1)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": _fill(way.client_id, secrets),
        "client_secret": _fill(way.client_secret, secrets),
    }
    request = Outgoing("POST", join(base, way.mint, None), headers, urlencode(form).encode())
    return _with_header(request, "Content-Type", "application/x-www-form-urlencoded")


def sensitive(manifest: Manifest, secrets: Secrets) -> list[Secret]:
    """The values that no answer may contain; `secrets` may also be keyed by environment variable."""
    open_slots = [slot.key for slot in manifest.secrets if not slot.sensitive]
    harmless = {*open_slots, *map(manifest.variable, open_slots)}
    return [secret for name, secret in secrets.items() if name not in harmless]


def begins(secret: Secret | None, ways: Sequence[str]) -> bool:
    """Whether a value is there and begins in one of these ways, by which some services tell kinds of keys apart."""
    return secret is not None and secret.reveal().startswith(tuple(ways))


def _fill(template: str, secrets: Secrets) -> str:
    return fill(template, {key: secrets[key].reveal() for key in keys_in(template)})


def _with_header(request: Outgoing, name: str, value: str) -> Outgoing:
    headers = request.headers.copy()
    headers[name] = value
    return replace(request, headers=headers)


def _with_parameter(request: Outgoing, name: str, value: str) -> Outgoing:
    query = request.url.raw_query_string
    if any(name == given for given, _ in parse_qsl(query, keep_blank_values=True)):
        raise EgressRefused("Its request sets the parameter that carries the owner's secret.")
    added = f"{quote(name, safe='')}={quote(value, safe='')}"
    address = str(request.url).partition("?")[0]
    return replace(request, url=URL(f"{address}?{query}&{added}" if query else f"{address}?{added}", encoded=True))
