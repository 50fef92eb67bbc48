"""
Where a plugin's requests go.

The rules here and in `auth` are what keeps a stored secret on its way to one provider (contract, section 7).
"""

from collections.abc import Container, Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gridos.plugins.auth import Anonymous, AuthWay, HeaderName, HeaderValue, demand, keys_in

_HOST = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
_KEY = r"\{[A-Za-z][A-Za-z0-9_]*\}"
_PATH = r"(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*"


_BaseUrl = Annotated[
    str,
    AfterValidator(lambda url: url.rstrip("/")),
    demand(
        f"https://({_HOST}|{_KEY})(:[0-9]{{1,5}})?{_PATH}",
        "must be `https://`, then a host name in lower case or one `{KEY}`, then at most a plain path.",
    ),
]
_Host = Annotated[str, demand(_HOST, "is not a host name in lower case, as in `storage.example.com`.")]
_Method = Annotated[
    str,
    demand(
        r"(GET|HEAD|POST|PUT|PATCH|DELETE)( /[^\s?#]*)?",
        "is not a method such as `GET`, or a method and a path such as `POST /graphql`.",
    ),
]


class PaceSpec(BaseModel):
    """
    How fast requests of one connection may follow each other, in units that a request costs.

    `burst` may be spent at once, and `per_second` is added to it. What upstream tells at run time takes their place.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")

    per_second: Annotated[float, Field(ge=0.001, le=1_000_000)]
    burst: Annotated[float, Field(ge=1, le=1_000_000)]


class ConnectionSpec(BaseModel):
    """
    Where a plugin's requests go and how they are authenticated.

    `hosts` are further hosts that get GET requests without secrets. `headers` go with every request to the base
    address (an API's version, say). `at_once` is how many requests of one connection may run at the same time, `pace`
    how fast they may follow each other.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")

    base_url: _BaseUrl
    methods: tuple[_Method, ...] = ("GET",)
    hosts: tuple[_Host, ...] = ()
    headers: Mapping[HeaderName, HeaderValue] = Field(default_factory=dict[str, str])
    auth: Annotated[tuple[AuthWay, ...], Field(min_length=1)] = (Anonymous(),)
    at_once: Annotated[int, Field(ge=1, le=100)] = 8
    pace: PaceSpec | None = None

    @property
    def base_keys(self) -> frozenset[str]:
        """The keys whose values decide where requests go."""
        return keys_in(self.base_url)

    @property
    def keys(self) -> frozenset[str]:
        """Every key this connection names."""
        return self.base_keys.union(*(way.keys for way in self.auth))

    def find_way(self, is_set: Container[str]) -> AuthWay | None:
        """The first way whose keys, and those of the base address, are all set."""
        if not all(key in is_set for key in self.base_keys):
            return None
        return next((way for way in self.auth if all(key in is_set for key in way.keys)), None)

    def allows(self, method: str, path: str) -> bool:
        """Whether a plugin may send this method to this path (without query) below the base address."""
        return method in self.methods or f"{method} {path}" in self.methods
