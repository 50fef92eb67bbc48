"""
Looks for a connection's secrets in what is about to be shown.

It nets accidents, such as an upstream that echoes our headers into an error message, not malice: a plugin that wants
to smuggle a secret out can cut it in two. What people type is never searched, for that would tell a guesser the truth.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final
from urllib.parse import quote, quote_plus

from gridos.grid import CellError
from gridos.secret import Secret

SHORTEST: Final = 8
"""Shorter values turn up in innocent answers, so they are not searched for."""

_OF_NUMBERS: Final = frozenset("0123456789.e+-")


class Scanner:
    """Knows every disguise of one connection's sensitive values, in the clear: it lives as long as one call."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        values = (secret.reveal() for secret in secrets)
        disguises = {form for value in values if len(value) >= SHORTEST for form in _disguises(value)}
        self._needles = disguises | {bare for form in disguises if len(bare := _bare(form)) >= SHORTEST}
        # Writing thousands of numbers out takes far longer than the search, and hardly any secret looks like one.
        self._may_be_numbers = any(_OF_NUMBERS.issuperset(needle) for needle in self._needles)

    def finds(self, value: object) -> bool:
        """Whether any part of an answer, or of an error's words, contains a secret."""
        if not self._needles:
            return False
        text = "\0".join(_texts([value], numbers=self._may_be_numbers))
        # Python and JSON escape by backslashes, and what was escaped twice has more of them.
        texts = (text, _bare(text)) if "\\" in text else (text,)
        return any(needle in text for text in texts for needle in self._needles)

    def blanked(self, text: str) -> str:
        """The same without the secrets; without any of its words when only an escaped one is left in it."""
        if not self.finds(text):
            return text
        for needle in sorted(self._needles, key=len, reverse=True):
            text = text.replace(needle, "…")
        return "…" if self.finds(text) else text


def _texts(values: Iterable[object], *, numbers: bool) -> Iterator[str]:
    for value in values:
        match value:
            case str():
                yield value
            case int() | float() if not numbers:
                pass
            case list():
                yield from _texts(value, numbers=numbers)  # pyright: ignore[reportUnknownArgumentType] -- a plugin may have returned anything
            case dict():
                yield from _texts([*value.keys(), *value.values()], numbers=numbers)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] -- as above
            case CellError():
                yield from (value.code, value.title, value.detail, value.action)
            case _:
                yield str(value)


def _bare(text: str) -> str:
    return text.replace("\\", "")


def _disguises(value: str) -> Iterator[str]:
    data = value.encode()
    yield from (value, value[::-1], data.hex(), data.hex().upper())
    for quoted in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield from (quoted, _lower_escapes(quoted))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], value.replace("/", r"\/"))
    yield from (repr(value)[1:-1], repr(data)[2:-1])
    yield from (escape(value), escape(value, quote=False), escape(value).replace("&#x27;", "&#39;"))
    for offset in range(3):
        yield from _base64_at(data, offset)


def _lower_escapes(quoted: str) -> str:
    """`%2F` → `%2f`; letters that are not part of an escape keep their case."""
    first, *rest = quoted.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])


def _base64_at(data: bytes, offset: int) -> Iterator[str]:
    """What base64 makes of the value `offset` bytes into a longer text, less the edges that it shares with others."""
    encoded = b64encode(bytes(offset) + data).decode()
    inner = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
    yield from (inner, inner.replace("+", "-").replace("/", "_"))
