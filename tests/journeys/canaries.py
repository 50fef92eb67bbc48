"""Looks for secrets that are easy to recognise, however they may be written."""

import hashlib
import html
import json
import re
from base64 import b32encode, b64encode
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

PIECE = 12
"""Characters of a canary that are one of its own: its beginning or end alone is a leak too."""

_ZEROS = re.compile(rb"\0{64,}")


def canary(name: str) -> str:
    """A value of no known shape that looks different in every encoding, and begins and ends as nothing else does."""
    return f'{name}-begins+/"quoted"&<tag>=\\ends-{name}'


def disguises(value: bytes) -> set[bytes]:
    """A secret as it may hide: in pieces, reversed, escaped for many formats, in hex and other bases."""
    forms = {value, value[:PIECE], value[-PIECE:], value[::-1], value.hex().encode(), value.hex().upper().encode()}
    forms |= {repr(value)[2:-1].encode(), b32encode(value).rstrip(b"=")[:-1], *_base64(value)}
    try:
        return forms | {form.encode() for form in _escaped(value.decode())}
    except UnicodeDecodeError:
        return forms


def hashes(value: bytes) -> set[bytes]:
    """What the usual hashes make of a secret: who has one can try out guesses."""
    made = [one(value) for one in (hashlib.md5, hashlib.sha1, hashlib.sha256, hashlib.blake2b)]
    return {form for one in made for form in (one.digest(), one.hexdigest().encode(), b64encode(one.digest())[:-2])}


def found(place: bytes, forms: Mapping[str, set[bytes]]) -> set[str]:
    """The names of the secrets that are in this place in any form."""
    place = _ZEROS.sub(b"\0" * 64, place)  # most of a database's files, and searched many times
    return {name for name, hidden in forms.items() if any(form in place for form in hidden)}


def _base64(value: bytes) -> Iterator[bytes]:
    """What base64 makes of a value behind 0 to 2 other bytes, less the edges that it shares with its neighbours."""
    for lead in range(3):
        encoded = b64encode(bytes(lead) + value)
        inner = encoded[-(-lead * 8 // 6) : (lead + len(value)) * 8 // 6]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def _escaped(text: str) -> Iterator[str]:
    yield from (json.dumps(text)[1:-1], json.dumps(json.dumps(text))[3:-3], repr(text)[1:-1], repr(repr(text))[2:-2])
    yield from (quote(text, safe=""), quote(text), quote_plus(text), quote(quote(text, safe=""), safe=""))
    yield from (html.escape(text), html.escape(text, quote=False), text.replace('"', '""'), text.replace("/", r"\/"))
    yield from (text.upper(), text.lower())
