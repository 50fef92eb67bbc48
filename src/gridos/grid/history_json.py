"""A workbook's history as JSON, for its snapshots: after a restart everybody can still undo."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from gridos.grid.address import CellRange, CellRef, parse_cell, parse_range
from gridos.grid.drafting import Images, Step
from gridos.grid.history import History, Record
from gridos.grid.moves import InsertSheet, Move, RemoveSheet, RenameSheet, Reorder, Shift, Track
from gridos.grid.sheets import Sheet
from gridos.grid.styles import Style, style_to_json


def _removed(sheet: list[Any], at: int) -> RemoveSheet:
    return RemoveSheet(Sheet(*sheet), at)


def _inserted(sheet: list[Any], at: int) -> InsertSheet:
    return InsertSheet(Sheet(*sheet), at)


_MOVES: Mapping[str, Callable[..., Move]] = {
    "shift": Shift,
    "rename": RenameSheet,
    "reorder": Reorder,
    "remove": _removed,
    "insert": _inserted,
}


def history_to_json(history: History) -> dict[str, Any]:
    """Everything of a history."""
    return {
        "records": [
            [one.batch, one.actor, one.depth, one.is_undone, [_step_to_json(step) for step in one.steps]]
            for one in history.records
        ],
        "moves": [_move_to_json(move) for move in history.moves],
        "first_move": history.first_move,
    }


def history_from_json(data: Mapping[str, Any]) -> History:
    """The history that `history_to_json` wrote."""
    records = [
        Record(batch, actor, tuple(_step_from_json(step) for step in steps), depth, is_undone)
        for batch, actor, depth, is_undone, steps in data["records"]
    ]
    return History(records, [_move_from_json(move) for move in data["moves"]], data["first_move"])


def _step_to_json(step: Step) -> Any:
    if isinstance(step, Move):
        return _move_to_json(step)
    return {
        part: [
            [_key_to_json(key), _value_to_json(before), _value_to_json(after)]
            for key, (before, after) in images.items()
        ]
        for part, images in step.parts.items()
        if images
    }


def _step_from_json(data: Any) -> Step:
    if isinstance(data, list):
        return _move_from_json(cast("list[Any]", data))
    parts: dict[str, list[list[Any]]] = data
    return Images(
        {
            part: {
                _key_from_json(part, key): (_value_from_json(part, before), _value_from_json(part, after))
                for key, before, after in images
            }
            for part, images in parts.items()
        }
    )


def _move_to_json(move: Move) -> list[Any]:
    match move:
        case Shift(sheet, axis, at, count):
            return ["shift", sheet, axis, at, count]
        case RenameSheet(old, new):
            return ["rename", old, new]
        case Reorder(sheet, start, to):
            return ["reorder", sheet, start, to]
        case RemoveSheet(sheet, at):
            return ["remove", list(sheet), at]
        case InsertSheet(sheet, at):
            return ["insert", list(sheet), at]
        case _:
            raise TypeError(move)


def _move_from_json(data: list[Any]) -> Move:
    kind, *members = data
    return _MOVES[kind](*members)


def _key_to_json(key: Any) -> Any:
    match key:
        case CellRef() | CellRange():
            return [key.sheet, key.a1]
        case Track():
            return list(key)
        case _:
            return key


def _key_from_json(part: str, key: Any) -> Any:
    match part:
        case "inputs" | "styles":
            return parse_cell(*key)
        case "merges":
            return parse_range(*key)
        case "sizes":
            return Track(*key)
        case _:
            return key


def _value_to_json(value: Any) -> Any:
    match value:
        case Style():
            return style_to_json(value)
        case Sheet():
            return list(value)
        case _:
            return value


def _value_from_json(part: str, value: Any) -> Any:
    if value is None:
        return None
    match part:
        case "styles":
            return Style(**value)
        case "sheets":
            return Sheet(*value)
        case "frozen":
            return tuple(value)
        case _:
            return value
