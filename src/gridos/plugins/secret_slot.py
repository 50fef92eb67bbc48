"""One secret a manifest declares: how its field looks, and which values it accepts."""

import re
import unicodedata
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gridos.errors import BadSecret

MAX_BYTES = 8 * 1024

_MASKS = frozenset("*•●")
_FORBIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_HEAD_OF_HOST = r"(?:[A-Za-z0-9-]|\\[.-]|\\d|\[[A-Za-z0-9-]+\]|\(\?:|\)|\{[0-9]+,?[0-9]*\}|[+*?])*"
_ENDS_IN_DOMAIN = re.compile(_HEAD_OF_HOST + r"\\\.[a-z0-9-]*[a-z0-9]\\\.[a-z]{2,}")


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        raise ValueError("is not a regular expression as Python's `re` reads them.") from None
    return pattern


def _check_link(url: str) -> str:
    if not re.fullmatch(r"https://[!-~]+", url):
        raise ValueError("is not an https:// address.")
    return url


class SecretSlot(BaseModel):
    """
    One declared secret.

    `pattern` is a regular expression that the whole value must match. `normalize: "hostname"` drops a scheme and
    slashes at the end and turns the rest to lower case, so that a pasted address becomes a host name.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow", coerce_numbers_to_str=True)

    key: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
    label: str = ""
    placeholder: str = ""
    help: str = ""
    optional: bool = False
    sensitive: bool = True
    pattern: Annotated[str, AfterValidator(_check_pattern)] | None = None
    normalize: Literal["hostname"] | None = None
    obtain_url: Annotated[str, AfterValidator(_check_link)] | None = None
    obtain_label: str | None = None

    def shown(self) -> dict[str, Any]:
        """What the settings form gets: the four members it always finds, then what else the manifest wrote."""
        four = {"key": self.key, "label": self.label or self.key, "placeholder": self.placeholder, "help": self.help}
        return four | self.model_dump(exclude_unset=True)

    def accept(self, text: str) -> str:
        """The value as it is to be stored; BadSecret, with a sentence that never repeats it, if it cannot be one."""
        value = self._normalized(text.strip())
        if not value:
            raise BadSecret(f"{self.key} is blank. Enter a value, or remove the stored one.")
        if any(unicodedata.category(character) in _FORBIDDEN for character in value):
            raise BadSecret(f"{self.key} holds a line break or another control character. Paste it again without.")
        if len(value.encode()) > MAX_BYTES:
            raise BadSecret(f"{self.key} is longer than 8 KB.")
        if _MASKS.issuperset(value):
            raise BadSecret(f"{self.key} is only a mask. Enter the value itself.")
        if not self.matches(value):
            raise BadSecret(f"{self.key} does not have the expected form{self._example()}.")
        return value

    def matches(self, value: str) -> bool:
        """Whether the whole value has the declared form. Asked again at use, since a manifest may have changed."""
        return self.pattern is None or re.fullmatch(self.pattern, value) is not None

    @property
    def can_steer(self) -> bool:
        """
        Whether the value may stand in a base address, because it can only name a host of one literal domain.

        Alternatives, flags and wildcards are not followed: a pattern that uses them before the domain cannot steer.
        """
        return not self.sensitive and self.pattern is not None and bool(_ENDS_IN_DOMAIN.fullmatch(self.pattern))

    def _normalized(self, text: str) -> str:
        if self.normalize == "hostname":
            return re.sub(r"^https?://", "", text.lower()).rstrip("/")
        return text

    def _example(self) -> str:
        return f", which looks like {self.placeholder}" if self.placeholder else ""
