"""
What the operator sets, read from the environment once at start and never changed after.

`docs/settings.md` lists every name. Only `app` imports this module: the rooms get plain values.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, DirectoryPath, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gridos.secret import Secret

Mode = Literal["oss", "saas"]
SignUp = Literal["open", "invited", "closed"]


_ORIGIN = re.compile(r"https?://([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?")

SECRET_VARIABLES = (
    "DATABASE_URL",
    "GRIDOS_DATABASE_URL",
    "GRIDOS_DATABASE_USER_URL",
    "GRIDOS_DATABASE_SERVICE_URL",
    "GRIDOS_JWT_SECRET",
    "GRIDOS_METRICS_TOKEN",
    "GRIDOS_OIDC_CLIENT_SECRET",
    "GRIDOS_ROOT_KEY",
    "SUPABASE_JWT_SECRET",
)
"""Variables whose value is a secret. Once read they need not stay in the environment."""


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")


def _is_origin(address: str) -> bool:
    """Whether this is a scheme, a host and perhaps a port: the paths are those of the services."""
    try:
        return bool(_ORIGIN.fullmatch(address) and urlsplit(address).port != 0)
    except ValueError:  # a port beyond 65535, or what only looks like an address of IPv6
        return False


class Settings(BaseSettings):
    """One frozen object. An empty variable counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix="GRIDOS_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
    )

    mode: Mode = "oss"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    public_url: str | None = None
    data_dir: Path = Field(default_factory=lambda: _data_home() / "gridos")

    pg_bin: Path | None = None
    database_url: Secret | None = Field(
        default=None, validation_alias=AliasChoices("GRIDOS_DATABASE_URL", "DATABASE_URL")
    )
    database_user_url: Secret | None = None
    database_service_url: Secret | None = None

    sign_up: SignUp = "invited"
    security_contact: str | None = None
    metrics_token: Secret | None = None
    root_key: Secret | None = None
    root_key_file: Path | None = None

    jwt_secret: Secret | None = Field(
        default=None, validation_alias=AliasChoices("GRIDOS_JWT_SECRET", "SUPABASE_JWT_SECRET")
    )
    jwt_issuer: str | None = None
    jwt_audience: str = "authenticated"
    jwks_url: str | None = None

    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: Secret | None = None

    plugins_dir: Annotated[tuple[DirectoryPath, ...], NoDecode] = ()
    egress_allow: str = ""
    plugin_isolation: Literal["process", "inprocess"] | None = None
    trusted_plugins: Annotated[tuple[str, ...], NoDecode] = ()
    upstream_shopify_url: str | None = None
    upstream_stripe_url: str | None = None
    upstream_github_url: str | None = None

    @field_validator("plugins_dir", mode="before")
    @classmethod
    def _split_folders(cls, value: Any) -> Any:
        return tuple(filter(None, value.split(os.pathsep))) if isinstance(value, str) else value

    @field_validator("trusted_plugins", mode="before")
    @classmethod
    def _split_slugs(cls, value: Any) -> Any:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("upstream_shopify_url", "upstream_stripe_url", "upstream_github_url")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        if value is not None and not _is_origin(value):
            raise ValueError("this is not a scheme, a host and a port alone, such as `http://127.0.0.1:8100`")
        return value

    @field_validator("public_url", "jwks_url", "oidc_issuer")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://[^/?#@\s]+", value):
            raise ValueError("this is not an address such as `https://grid.example.com`")
        return value

    @field_validator("security_contact")
    @classmethod
    def _is_contact(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"(https://|mailto:)[!-~]+", value):
            raise ValueError("this is not an address such as `mailto:security@example.com`")
        return value

    @field_validator("log_level", "mode", "sign_up", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _saas_mode(cls, values: Any) -> Any:
        """`SAAS_MODE=true` is the older spelling of `GRIDOS_MODE=saas`; the newer one wins."""
        if os.environ.get("SAAS_MODE", "").lower() in {"1", "true", "yes", "on"}:
            values.setdefault("mode", "saas")
        return values

    @model_validator(mode="after")
    def _jwks_needs_issuer(self) -> Self:
        if self.jwks_url and not self.jwt_issuer:
            raise ValueError("GRIDOS_JWKS_URL needs GRIDOS_JWT_ISSUER: without it any issuer's key set would do.")
        return self

    @model_validator(mode="after")
    def _oidc_needs_all(self) -> Self:
        given = {name: getattr(self, name) for name in ("oidc_issuer", "oidc_client_id", "oidc_client_secret")}
        missing = [f"GRIDOS_{name.upper()}" for name, value in given.items() if not value]
        if 0 < len(missing) < len(given):
            raise ValueError(f"{' and '.join(missing)} must be set too: single sign-on needs all three GRIDOS_OIDC_*.")
        return self

    @property
    def saas(self) -> bool:
        """Many users, every request signed in."""
        return self.mode == "saas"

    @property
    def isolates_plugins(self) -> bool:
        """Whether plugins that nobody vouches for run in locked processes: in `saas`, unless told otherwise."""
        return self.saas if self.plugin_isolation is None else self.plugin_isolation == "process"

    @property
    def upstreams(self) -> dict[str, str]:
        """The stand-ins for upstream services, by plugin slug."""
        named = {
            "shopify": self.upstream_shopify_url,
            "stripe": self.upstream_stripe_url,
            "github": self.upstream_github_url,
        }
        return {slug: url for slug, url in named.items() if url}
