"""Turns the path and parameters that a plugin asks for into an address that cannot leave the plugin's base address."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import quote, urlencode

from yarl import URL

from gridos.fetching.egress import EgressRefused

# RFC 3986 lets these stand in a path or a query; `%` is checked before it is passed on.
_PATH_SAFE: Final = "/%:@!$&'()*+,;=~"
_QUERY_SAFE: Final = _PATH_SAFE + "?[]"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HALF_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HIDDEN = re.compile(r"[\\#]|%(?:2[ef]|5c|[01][0-9a-f]|7f)", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_absolute(path: str) -> bool:
    """Whether a plugin wrote a whole address instead of a path."""
    return _ABSOLUTE.match(path) is not None


def join(base: URL, text: str, params: Mapping[str, Any] | None) -> URL:
    """The address of a path below `base`; EgressRefused for every spelling that could lead elsewhere."""
    path, _, query = text.partition("?")
    path = "/" + path.removeprefix("/")
    if _CONTROL.search(text) or _HALF_ESCAPE.search(text) or _HIDDEN.search(path):
        raise EgressRefused("The path of its request holds a character that could lead elsewhere.")
    if "//" in path or any(part in {".", ".."} for part in path.split("/")):
        raise EgressRefused("The path of its request could lead elsewhere: it holds `//`, `.` or `..`.")
    origin = f"{base.scheme}://{base.raw_authority}{base.raw_path.rstrip('/')}"
    return _with_params(origin + quote(path, safe=_PATH_SAFE), quote(query, safe=_QUERY_SAFE), params)


def absolute(text: str, params: Mapping[str, Any] | None) -> URL:
    """The address a plugin wrote out in full, every escape as it is, for a guard to judge."""
    if _CONTROL.search(text) or not text.isascii() or " " in text or "\\" in text:
        raise EgressRefused
    address, _, query = text.partition("#")[0].partition("?")
    return _with_params(address, query, params)


def path_below(base: URL, url: URL) -> str:
    """The part of an address that follows its base address, without its query."""
    return url.raw_path.removeprefix(base.raw_path.rstrip("/"))


def _with_params(address: str, query: str, params: Mapping[str, Any] | None) -> URL:
    added = urlencode(list(_pairs(params or {})), quote_via=quote)
    whole = "&".join(part for part in (query, added) if part)
    try:
        return URL(f"{address}?{whole}" if whole else address, encoded=True)
    except ValueError:
        raise EgressRefused from None


def _pairs(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """None leaves a parameter out, a list repeats it."""
    for name, value in params.items():
        for item in cast("Sequence[Any]", value if isinstance(value, list | tuple) else [value]):
            if item is not None:
                yield name, _text(item)


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case int() | float() | str():
            return str(value)
        case _:
            raise TypeError("a parameter is a text, a number, a truth value, None, or a list of these")
