"""The frames of the live socket: JSON texts, each an object whose `type` says what it is."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, TypeAlias
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec

from gridos.errors import BadFrame, GridOSError
from gridos.grid import CellRange, edit_to_json
from gridos.live import (
    Ack,
    Cell,
    Changes,
    Description,
    Layout,
    News,
    Picture,
    Presence,
    Present,
    Progress,
    Refusal,
    Values,
)
from gridos.web.cells import cell_body
from gridos.web.workbooks import MOST_EDITS, outline_members, workbook_body
from gridos.workbooks import Person

# The largest integer that every reader of JSON takes for what it is.
Seq: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
LONGEST_NAME = 255
Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)]


class Hello(msgspec.Struct, tag="hello"):
    """Begin to listen; with the last `seq` one knows, only what happened since is told first."""

    seq: Seq | None = None


class EditBatch(msgspec.Struct, tag="edit"):
    """Edits, applied all or not at all. Sent again under the same `id`, they change nothing again."""

    id: UUID
    edits: Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1, max_length=MOST_EDITS)]
    base_seq: Seq | None = None


class Cursor(msgspec.Struct, tag="cursor"):
    """What somebody has selected."""

    sheet: Name
    range: Name


class _Identified(msgspec.Struct):
    id: UUID


ClientFrame: TypeAlias = Hello | EditBatch | Cursor
_client_frames = msgspec.json.Decoder(ClientFrame)
_identified = msgspec.json.Decoder(_Identified)


def read_frame(text: str | bytes) -> ClientFrame:
    """What a client sent, or BadFrame without a word of it."""
    try:
        return _client_frames.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadFrame from None


def find_id(text: str | bytes) -> UUID | None:
    """The id of a frame that cannot be read otherwise, so that its sender knows which one was refused."""
    try:
        return _identified.decode(text).id
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def refusal(edit: UUID | None, error: GridOSError) -> Refusal:
    """The code is the error's own name: BadEdit is `bad_edit`."""
    code = re.sub(r"\B(?=[A-Z])", "_", type(error).__name__).lower()
    return Refusal(edit, code, str(error))


# What many are told is encoded by the first who sends it, and forgotten with it.
_texts: WeakKeyDictionary[News, str] = WeakKeyDictionary()


def write_frame(news: News, owner: Person) -> str:
    """The frame's text; the same news is encoded once, however many are sent it."""
    if news not in _texts:
        _texts[news] = encode_frame(news, owner)
    return _texts[news]


def encode_frame(news: News, owner: Person) -> str:
    """The frame's text, made anew, in any thread."""
    return msgspec.json.encode(_body(news, owner)).decode()


def write_farewell(reason: str, message: str) -> str:
    """The last frame, when coming back is of no use."""
    return msgspec.json.encode({"type": "closed", "reason": reason, "message": message}).decode()


def _body(news: News, owner: Person) -> dict[str, Any]:
    match news:
        case Picture(seq, workbook, outline, cells):
            opened = workbook_body(workbook, seq, outline).model_dump(mode="json")
            body = {"type": "snapshot", "seq": seq, "workbook": opened, "cells": _cells(cells(), owner)}
        case Changes(seq, by, edits, cells, layout):
            told = [edit_to_json(edit) for edit in edits]
            body = {"type": "changes", "seq": seq, "by": by, "edits": told, "cells": _cells(cells, owner)}
            body |= {"layout": _layout(layout)} if layout else {}
        case Values(cells):
            body = {"type": "values", "cells": _cells(cells, owner)}
        case Progress(pending, done, longest):
            told = {"longest": asdict(longest)} if longest else {}
            body = {"type": "progress", "pending": pending, "done": done, **told}
        case Presence(people):
            body = {"type": "presence", "users": [_present(one) for one in people]}
        case Description(title, refresh_minutes):
            body = {"type": "workbook", "title": title, "refresh_minutes": refresh_minutes}
        case Ack(edit, seq):
            body = {"type": "ack", "id": edit, "seq": seq}
        case Refusal(edit, code, message):
            body = {"type": "refused", "id": edit, "code": code, "message": message}
    return body


def _cells(cells: Sequence[Cell], owner: Person) -> list[dict[str, Any]]:
    return [cell_body(cell, owner) for cell in cells]


def _layout(layout: Layout) -> dict[str, Any]:
    return {"moves": [asdict(one) for one in layout.shifts], **outline_members(layout.outline)}


def _present(one: Present) -> dict[str, Any]:
    return {
        "id": one.person.id,
        "email": one.person.email,
        "sheet": one.place and one.place.sheet,
        "range": one.place and _address(one.place),
    }


def _address(place: CellRange) -> str:
    return place.a1.partition(":")[0] if place.size == 1 else place.a1
