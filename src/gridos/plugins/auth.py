"""
The ways to put a secret on a request that a manifest may choose from.

A template such as `Bearer {TOKEN}` names the keys whose values take its place.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_KEY = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_RESERVED_HEADERS = re.compile(
    "(accept-encoding|connection|content-.*|cookie2?|expect|forwarded|host|keep-alive|origin|proxy-.*|referer|sec-.*"
    "|set-cookie2?|te|trailer|transfer-encoding|upgrade|via|x-forwarded-.*)",
    re.IGNORECASE,
)


def keys_in(template: str) -> frozenset[str]:
    """The keys a template names: `Bearer {TOKEN}` names `TOKEN`."""
    return frozenset(_KEY.findall(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in place of their keys, in one pass, so that a value is never itself read as a template."""
    return _KEY.sub(lambda match: values[match[1]], template)


def demand(pattern: str, sentence: str) -> AfterValidator:
    """Accept only texts that match as a whole; the sentence goes on after the member's name."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(sentence)
        return text

    return AfterValidator(check)


def _check_free(name: str) -> str:
    if _RESERVED_HEADERS.fullmatch(name):
        raise ValueError("is a header that GridOS sets itself. Choose the header the provider documents for its keys.")
    return name


def _check_template(template: str) -> str:
    if not keys_in(template):
        raise ValueError("names no key. Write a key of `secrets` in braces, as in `Bearer {TOKEN}`.")
    return template


HeaderName = Annotated[
    str,
    demand("[A-Za-z0-9][A-Za-z0-9-]*", "is not a header name. Use letters, digits and hyphens."),
    AfterValidator(_check_free),
]
HeaderValue = Annotated[str, demand("[ -~]+", "is not one line of plain ASCII text.")]
_Template = Annotated[HeaderValue, AfterValidator(_check_template)]
_Empty = Annotated[str, Field(max_length=0)]
_QueryName = Annotated[str, demand("[A-Za-z0-9_.~-]+", "is not the name of a query parameter.")]
_Path = Annotated[str, demand("(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+", "is not a path of the base address.")]


class _Way(BaseModel):
    model_config = ConfigDict(frozen=True)

    @property
    def keys(self) -> frozenset[str]:
        """The keys that must be set before this way can be used."""
        return frozenset(key for template in self._templates() for key in keys_in(template))

    def _templates(self) -> tuple[str, ...]:
        return ()


class HeaderAuth(_Way):
    """A header made from a template: `Authorization: Bearer {TOKEN}`."""

    header: HeaderName
    value: _Template

    def _templates(self) -> tuple[str, ...]:
        return (self.value,)


class BasicAuth(_Way):
    """HTTP Basic (RFC 7617) from two templates: user and password."""

    basic: tuple[_Template, HeaderValue | _Empty]

    def _templates(self) -> tuple[str, ...]:
        return self.basic


class QueryAuth(_Way):
    """A query parameter made from a template. The last resort, since addresses are logged along the way."""

    query: _QueryName
    value: _Template

    def _templates(self) -> tuple[str, ...]:
        return (self.value,)


class MintedAuth(_Way):
    """A header that holds a client-credentials token (RFC 6749, section 4.4), made and renewed by the host."""

    header: HeaderName
    mint: _Path
    client_id: _Template
    client_secret: _Template

    def _templates(self) -> tuple[str, ...]:
        return (self.client_id, self.client_secret)


class Anonymous(_Way):
    """Nothing is added: upstream answers strangers too."""


_WAYS: dict[str, type[_Way]] = {"mint": MintedAuth, "basic": BasicAuth, "query": QueryAuth, "header": HeaderAuth}


def _read_way(data: Any) -> Any:
    """Choose the way by the members it has, so that a mistake is reported for the way its author meant."""
    if isinstance(data, _Way):
        return data
    if not isinstance(data, dict):
        raise ValueError("must be an object in braces.")  # noqa: TRY004 -- pydantic reports a ValueError with its place
    if not data:
        return Anonymous()
    for member, way in _WAYS.items():
        if member in data:
            return way.model_validate(data)
    raise ValueError("is no way to authenticate. It needs `header`, `basic` or `query`, or nothing at all: `{}`.")


AuthWay: TypeAlias = Annotated[HeaderAuth | BasicAuth | QueryAuth | MintedAuth | Anonymous, BeforeValidator(_read_way)]
"""One way to authenticate a request."""
