"""Seeded bad input for every operation a schema describes."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Json = Any
CANARY = "canary7Qx"

ODD_TEXTS = [
    "",
    " ",
    CANARY,
    f"{CANARY}\u0000",
    f"\u0000{CANARY}",
    f"{CANARY}\r\n\t\u001b[31m\u0007\u007f\u0085",
    f"\u202e{CANARY}\u200b\ufeff\uffff",
    f"{CANARY}\U0001f600\u00e9\u0130\u1e9e",
    CANARY * 1_200,
    f"={CANARY}(1)",
    f'="{CANARY}"&1/0',
    f"='{CANARY}'!A1",
    f"=__{CANARY}",
    f"=SUM({CANARY}",
    "=" + "(" * 1_000,
    "=" + "-" * 8_000 + "1",
    "={" + "1," * 100 + "1}",
    f'=INDIRECT("{CANARY}")',
    "=A1:XFD1048576",
    "='\u0001'!A1",
    f"'; drop table workbooks; -- {CANARY}",
    f"../../../etc/{CANARY}",
    f"<script>{CANARY}</script>",
    f"{CANARY}@example.com",
    f"%s%n{{0}}${{{CANARY}}}",
    "1e308",
    "NaN",
    "A1",
    "Sheet1",
    "shop",
    "00000000-0000-4000-8000-000000000001",
]
ODD_NUMBERS: list[Json] = [0, -1, 1, 2**31, 2**63, -(2**63), 10**40, 1e308, -1e308, 5e-324, 0.5, -0.0]
ODD_VALUES: list[Json] = [None, True, False, [], {}, [[]], [[None]], [{}], {CANARY: CANARY}, [CANARY], *ODD_NUMBERS]


@dataclass(frozen=True)
class Request:
    """One request to send."""

    method: str
    path: str
    body: bytes | None
    content_type: str


class Mutator:
    """Makes requests that are almost right, or not at all; the same seed makes the same ones."""

    def __init__(self, schema: Json, known: dict[str, str], seed: int) -> None:
        """`known` gives a right value for a path's parameter, so that requests get past it."""
        self._schema = schema
        self._known = known
        self._random = random.Random(seed)

    def requests(self, each: int) -> Iterator[Request]:
        """So many requests for every operation."""
        for path, methods in self._schema["paths"].items():
            for method, operation in methods.items():
                for _ in range(each):
                    yield self._request(method.upper(), path, operation)

    def _request(self, method: str, path: str, operation: Json) -> Request:
        for one in operation.get("parameters", []):
            if one["in"] == "path":
                path = path.replace("{" + one["name"] + "}", self._path_value(one["name"]))
        query = "&".join(
            f"{one['name']}={self._quoted(self._text())}"
            for one in operation.get("parameters", [])
            if one["in"] == "query" and self._random.random() < 0.5
        )
        body, content_type = self._body(operation)
        return Request(method, f"{path}?{query}" if query else path, body, content_type)

    def _path_value(self, name: str) -> str:
        if name in self._known and self._random.random() < 0.85:
            return self._known[name]
        odd = [
            self._text(),
            f"..%2f{CANARY}",
            f"%2e%2e/{CANARY}",
            f"%ff%fe{CANARY}",
            f"%ed%a0%80{CANARY}",
            f"{CANARY}%00",
        ]
        value = self._random.choice(odd)
        return value if "%" in value and value.isascii() and " " not in value else self._quoted(value) or "%20"

    def _quoted(self, text: str) -> str:
        return quote(text[:2_000], safe="")

    def _body(self, operation: Json) -> tuple[bytes | None, str]:
        described = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if described is None:
            return (None, "application/json") if self._random.random() < 0.8 else (self._broken(b"{}"), "text/plain")
        right = json.dumps(self._value(described["schema"], depth=0)).encode()
        types = ["application/json"] * 12 + [
            "text/plain",
            "",
            "multipart/form-data",
            "application/json; charset=utf-16",
        ]
        return (right if self._random.random() < 0.75 else self._broken(right)), self._random.choice(types)

    def _broken(self, body: bytes) -> bytes | None:
        cut = self._random.randrange(len(body) + 1)
        nested = self._random.choice([50, 900, 1_100, 100_000])
        return self._random.choice(
            [
                None,
                b"",
                b"null",
                b"NaN",
                b'{"title": NaN, "base_seq": Infinity, "edits": [{"op": -Infinity}]}',
                b'{"title": 1e999, "refresh_minutes": 1e999}',
                b'{"refresh_minutes": ' + b"9" * 5_000 + b"}",
                b'{"title": "\\ud800' + CANARY.encode() + b'"}',
                b"\xff\xfe" + CANARY.encode(),
                b"\xef\xbb\xbf" + body,
                body.decode().encode("utf-16"),
                body[:cut],
                body[:cut] + b"\x00" + body[cut:],
                body + body,
                b"[" * nested,
                b"[" * nested + b"]" * nested,
                b'{"a":' * nested + b"1" + b"}" * nested,
                b'{"edits": [' + b'{"op": ' * nested + b"1" + b"}" * nested + b"]}",
                body.replace(b"{", b'{"title": "' + CANARY.encode() + b'", "secrets": {}, "slug": 1, ', 1),
            ]
        )

    def _text(self) -> str:
        return self._random.choice(ODD_TEXTS)

    def _value(self, schema: Json, depth: int) -> Json:
        """A value of the schema, each part of which may be odd instead."""
        if "$ref" in schema:
            return self._value(self._schema["components"]["schemas"][schema["$ref"].rpartition("/")[2]], depth)
        if self._random.random() < (0.03 if depth == 0 else 0.2):
            return self._random.choice([*ODD_VALUES, self._text()])
        if "anyOf" in schema:
            return self._value(self._random.choice(schema["anyOf"]), depth)
        return self._typed(schema, depth)

    def _typed(self, schema: Json, depth: int) -> Json:
        made: dict[str, Callable[[], Json]] = {
            "object": lambda: self._members(schema, depth),
            "array": lambda: [
                self._value(schema["items"], depth + 1) for _ in range(self._random.choice([0, 1, 1, 2, 5]))
            ],
            "string": lambda: self._random.choice(schema["enum"]) if "enum" in schema else self._text(),
            "integer": lambda: self._random.choice(ODD_NUMBERS),
            "number": lambda: self._random.choice(ODD_NUMBERS),
            "boolean": lambda: self._random.random() < 0.5,
            "null": lambda: None,
        }
        return made.get(schema.get("type", "null"), self._text)()

    def _members(self, schema: Json, depth: int) -> Json:
        if "properties" not in schema:
            return self._edit() if self._random.random() < 0.8 else {self._text(): self._text()}
        members = {
            name: self._value(one, depth + 1)
            for name, one in schema["properties"].items()
            if self._random.random() < 0.85
        }
        return {**members, CANARY: self._text()} if self._random.random() < 0.1 else members

    def _edit(self) -> Json:
        """One edit of a workbook, and one pair for whatever else is a free mapping."""
        edit: Json = {
            "op": self._random.choice(["set", "set", "set", "clear", "format", "undo"]),
            "sheet": "Sheet1",
            "cell": self._random.choice(["A1", "B2", "C3", "ALL100000"]),
            "range": self._random.choice(["A1:B2", "A:A", "1:3"]),
            "input": self._text(),
        }
        if self._random.random() < 0.3:
            edit[self._random.choice([*edit])] = self._random.choice([*ODD_VALUES, self._text()])
        return edit
