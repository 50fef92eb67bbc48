"""A secret is found in every disguise it accidentally travels in, and innocent answers pass."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridos.fetching.scanning import Scanner
from gridos.grid import CellError
from gridos.secret import Secret

VALUE = "sk_live_<4&2>/+\"\\é ~'x"
SCANNER = Scanner([Secret(VALUE)])


@pytest.mark.parametrize(
    "text",
    [
        VALUE,
        VALUE[::-1],
        VALUE.encode().hex(),
        VALUE.encode().hex().upper(),
        quote(VALUE),
        quote(VALUE, safe=""),
        quote_plus(VALUE),
        quote(VALUE, safe="")
        .replace("%3C", "%3c")
        .replace("%2F", "%2f")
        .replace("%3E", "%3e")
        .replace("%2B", "%2b")
        .replace("%C3%A9", "%c3%a9")
        .replace("%5C", "%5c"),
        json.dumps(VALUE),
        json.dumps(VALUE, ensure_ascii=False),
        VALUE.replace("/", "\\/"),
        json.dumps(json.dumps({"told": VALUE})),
        json.dumps(json.dumps(json.dumps(VALUE, ensure_ascii=False))),
        str({"told": VALUE}),
        str({"told": VALUE.encode()}),
        json.dumps(str([VALUE])),
        html.escape(VALUE),
        html.escape(VALUE, quote=False),
        html.escape(VALUE).replace("&#x27;", "&#39;"),
        b64encode(f"user:{VALUE}".encode()).decode(),
        b64encode(f"{VALUE}:".encode()).decode(),
        urlsafe_b64encode(f"..{VALUE}.".encode()).decode(),
    ],
)
def test_disguises(text: str) -> None:
    """Raw, reversed, hex, quoted, escaped and base64 are all found, inside other text, in lists and in errors."""
    assert SCANNER.finds(f"before {text} after")
    assert SCANNER.finds([[1, None], ["x", f"({text})"]])
    assert SCANNER.finds(CellError("#X_ERROR!", "Title", f"detail {text}"))
    assert SCANNER.finds(CellError(f"#{text}!"))


@given(st.binary(max_size=9), st.text(min_size=8, max_size=40), st.binary(max_size=9))
def test_base64_at_every_alignment(before: bytes, value: str, after: bytes) -> None:
    """Wherever a secret lies in what was encoded, both alphabets of base64 are seen through."""
    scanner = Scanner([Secret(value)])
    if len(value) >= 8:
        assert scanner.finds(b64encode(before + value.encode() + after).decode())
        assert scanner.finds(urlsafe_b64encode(before + value.encode() + after).decode())


def test_numbers() -> None:
    """A secret of digits is found when it comes back as a number."""
    scanner = Scanner([Secret("1234567890")])
    assert scanner.finds(1234567890)
    assert scanner.finds([[1234567890.0]])
    assert not scanner.finds(123456789)


def test_short_values_are_left_alone() -> None:
    """Values under eight characters turn up by chance, so they are not searched for."""
    assert not Scanner([Secret("1234567")]).finds("1234567")


@pytest.mark.parametrize(
    "value", ["", 42, 4.2, True, None, "sk_live", [[1, "a"], [None, True]], CellError("#X!", "t", "d", "a")]
)
def test_innocent_answers(value: object) -> None:
    """Ordinary answers pass."""
    assert not SCANNER.finds(value)  # pyright: ignore[reportArgumentType] -- the table holds every kind of answer
