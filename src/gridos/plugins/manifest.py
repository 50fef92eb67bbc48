"""What a plugin's `manifest.json` says."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from gridos.errors import BadManifest
from gridos.grid import CellError
from gridos.plugins.connection_spec import ConnectionSpec
from gridos.plugins.secret_slot import SecretSlot

SLUG = "[a-z][a-z0-9_]{1,39}"
SLUG_RULE = "a-z first, then a-z, 0-9 and _, 2 to 40 in all"
MAX_BYTES = 256 * 1024
MAX_DEPTH = 32

_SENTENCES = {
    "missing": "is missing. Add it.",
    "string_type": "must be a text in quotes.",
    "int_type": "must be a whole number.",
    "bool_type": "must be true or false.",
    "bool_parsing": "must be true or false.",
    "tuple_type": "must be a list in square brackets.",
    "dict_type": "must be an object in braces.",
    "model_type": "must be an object in braces.",
    "model_attributes_type": "must be an object in braces.",
}


class _Shown(BaseModel):
    """Unknown members are kept and shown: a manifest may say more than GridOS understands."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow", coerce_numbers_to_str=True)

    def shown(self) -> dict[str, Any]:
        """The members the manifest wrote, and the defaults of the others."""
        return self.model_dump(by_alias=True)


class Argument(_Shown):
    """One argument of a function, as the formula bar explains it."""

    name: str
    description: str = ""
    optional: bool = False


def _read_argument(data: Any) -> Any:
    return {"name": data} if isinstance(data, str) else data


def _read_arguments(data: Any) -> Any:
    return [name.strip() for name in data.split(",") if name.strip()] if isinstance(data, str) else data


class FunctionSpec(_Shown):
    """How one function is explained to the person who types it. `arguments` may be plain names."""

    name: str
    description: str = ""
    arguments: Annotated[
        tuple[Annotated[Argument, BeforeValidator(_read_argument)], ...], BeforeValidator(_read_arguments)
    ] = ()
    example: str = ""


class GrantedSpec(_Shown):
    """
    Where, in the answer that proves a connection, its permissions are listed, and which are wanted.

    Each of `wanted` is a list of permissions of which any will do; people are told the first.
    """

    at: str
    wanted: tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...]


_Path: TypeAlias = Annotated[str, Field(pattern=r"^/([^/\s]\S*)?$")]


class PermissionSpec(_Shown):
    """A GET that is answered with 403 unless a permission was granted, and how people know that permission."""

    path: _Path
    permission: str


class NoteSpec(_Shown):
    """What to tell whoever tests a connection when the value of `key` begins in one of these ways."""

    key: str
    begins: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    note: str


class VerifySpec(_Shown):
    """
    The request that proves a connection: a POST of `json`, or a GET without.

    `account` is the dotted path, in the answer, of the name to show: `data.shop.name`. `connected_on` are statuses
    besides success that prove it too, unless they mean a limit: GitHub's 403 says that it knows the token. `granted`
    names permissions that are missed if the answer does not list them. Where no answer lists them, `permission` is the
    one that this request needs, and `permissions` are further requests to find out by.
    """

    path: _Path
    body: Any = Field(default=None, alias="json")
    account: str | None = None
    connected_on: tuple[int, ...] = ()
    granted: GrantedSpec | None = None
    permission: str | None = None
    permissions: tuple[PermissionSpec, ...] = ()
    notes: tuple[NoteSpec, ...] = ()


class Manifest(_Shown):
    """One plugin as it describes itself. Every member may be left out; `slug` is the name of its folder."""

    slug: Annotated[str, Field(pattern=rf"^{SLUG}$")]
    name: str = ""
    description: str = ""
    category: str = ""
    author: str = ""
    version: str = ""
    secrets: tuple[SecretSlot, ...] = ()
    connection: ConnectionSpec | None = None
    verify: VerifySpec | None = None
    functions: tuple[FunctionSpec, ...] = ()

    @property
    def title(self) -> str:
        """What people call it: its name, else its slug."""
        return self.name or self.slug

    @property
    def keys(self) -> frozenset[str]:
        """Every declared key."""
        return frozenset(slot.key for slot in self.secrets)

    def is_configured(self, is_set: Collection[str]) -> bool:
        """Whether these keys make a connection of one's own: nothing is needed, or all that is needed is set."""
        if not self.secrets:
            return True
        if self.connection and not self.connection.find_way(is_set):
            return False
        return bool(is_set) and all(slot.optional or self.connection or slot.key in is_set for slot in self.secrets)

    @property
    def is_live(self) -> bool:
        """Whether all of its functions are live, because it declares secrets or a connection."""
        return bool(self.secrets or self.connection)

    def slot(self, key: str) -> SecretSlot | None:
        """The declared secret of that key."""
        return next((slot for slot in self.secrets if slot.key == key), None)

    def declared(self) -> list[dict[str, Any]]:
        """The declared secrets in their order, as the settings form gets them."""
        return [slot.shown() for slot in self.secrets]

    def variable(self, key: str) -> str:
        """The environment variable that holds this key in `oss`: `SHOPIFY_ADMIN_TOKEN`."""
        return f"{self.slug}_{key}".upper()

    @property
    def variables(self) -> frozenset[str]:
        """Every environment variable that this plugin may cause to be read in `oss`."""
        return self.keys | {self.variable(key) for key in self.keys}

    def error(
        self, word: str, title: str, detail: str = "", action: str = "", retry_at: float | None = None
    ) -> CellError:
        """One of this plugin's own errors: `AUTH` gives `#STRIPE_AUTH!`."""
        return CellError(f"#{self.slug.upper()}_{word}!", title, detail, action, retry_at, self.slug)

    @model_validator(mode="after")
    def _keys_agree(self) -> Self:
        if len({slot.key.upper() for slot in self.secrets}) < len(self.secrets):
            raise ValueError("`secrets` declares a key twice. Give each its own `key`.")
        if self.connection is None:
            return self
        if unknown := sorted(self.connection.keys - self.keys):
            raise ValueError(f"`connection` names {unknown[0]}, which `secrets` does not declare. Declare it there.")
        for key in sorted(self.connection.base_keys):
            slot = self.slot(key)
            if slot is None or not slot.can_steer:
                raise ValueError(
                    f"`connection.base_url` names {key}, so {key} must be `sensitive: false` and have a `pattern` of "
                    r"letters, digits and hyphens that ends in a literal domain, as in `[a-z0-9-]+\.example\.com`."
                )
        return self


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a plugin's folder; BadManifest says which member to change, and how."""
    return parse_manifest(folder.name, _read_bytes(folder))


def parse_manifest(slug: str, content: bytes) -> Manifest:
    """As `read_manifest`, from the file's bytes. The folder's name is the slug, whatever the file says."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
        # What JSON cannot carry back to a browser (NaN, half a surrogate pair) is refused before anybody is sent it.
        json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadManifest(f"{slug}/manifest.json is not JSON in UTF-8{_place(error)}.") from None
    if _is_deeper(data, MAX_DEPTH):
        raise BadManifest(f"{slug}/manifest.json is nested more than {MAX_DEPTH} levels deep.")
    if not isinstance(data, dict):
        raise BadManifest(f"{slug}/manifest.json must hold one object in braces.")
    try:
        return Manifest.model_validate({**data, "slug": slug})
    except ValidationError as error:
        raise BadManifest(_sentence(slug, error.errors(include_input=False, include_url=False)[0])) from None


def _read_bytes(folder: Path) -> bytes:
    try:
        with (folder / "manifest.json").open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise BadManifest(f"{folder.name}/manifest.json is missing. `{{}}` is enough to begin with.") from None
    except OSError:
        raise BadManifest(f"{folder.name}/manifest.json cannot be read.") from None
    if len(content) > MAX_BYTES:
        raise BadManifest(f"{folder.name}/manifest.json is larger than 256 KB.")
    return content


def _is_deeper(data: Any, levels: int) -> bool:
    match data:
        case {**members}:
            inner = list[Any](members.values())
        case [*items]:
            inner = list[Any](items)
        case _:
            return False
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in inner)


def _place(error: Exception) -> str:
    return f": see line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""


def _sentence(slug: str, error: ErrorDetails) -> str:
    place = [part for part in error["loc"] if part != "[key]"]
    member = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    if error["type"] == "value_error":
        what = str(error.get("ctx", {}).get("error", ""))
    else:
        what = _SENTENCES.get(error["type"]) or f"is not accepted: {error['msg']}."
    return f"{slug}/manifest.json: `{member}` {what}" if member else f"{slug}/manifest.json: {what}"
