"""
A book in the making: steps are applied to a draft, and nothing reaches the book before all of them are.

A step either writes values (`Images`: what was there before, and what is there after) or moves places (`Move`).
Applying one yields the steps that take it back, exactly: what a move cannot bring back is kept as images.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gridos.errors import BadEdit
from gridos.grid.address import CellRange, CellRef
from gridos.grid.limits import MAX_FORMULA_LENGTH
from gridos.grid.moves import Move, Shift, Shifted, Track
from gridos.grid.sheets import Sheet

Parts: TypeAlias = dict[str, dict[Any, Any]]
"""What a book holds, by kind: see `Book`. A key is a place (cell, range, row or column) or a name."""

_MOVING_PARTS = ("inputs", "styles", "sizes", "merges", "frozen", "names")

CHANGED_SINCE = "Somebody changed these cells since, so this cannot be taken back or repeated. Nothing was changed."


@dataclass(frozen=True)
class Images:
    """For each kind and key the value before and after; None stands for no value."""

    parts: dict[str, dict[Any, tuple[Any, Any]]] = field(default_factory=dict[str, dict[Any, tuple[Any, Any]]])

    @property
    def size(self) -> int:
        """How many values it holds."""
        return sum(len(images) for images in self.parts.values())

    def moved(self, move: Move) -> "Images | None":
        """The same images after a move; None when one of their places is gone."""
        found: dict[str, dict[Any, tuple[Any, Any]]] = {}
        for part, images in self.parts.items():
            found[part] = {}
            for key, (before, after) in images.items():
                place = moved_key(move, part, key)
                if place is None:
                    return None
                found[part][place] = moved_value(move, part, key, before), moved_value(move, part, key, after)
        return Images(found)


Step: TypeAlias = Images | Move


class Layer:
    """One kind of values: what the book holds, and beside it what the draft changed."""

    def __init__(self, held: dict[Any, Any]) -> None:
        self.held = held
        self.changes: dict[Any, Any] = {}
        self.is_replaced = False

    def get(self, key: Any) -> Any:
        """The value of a key, or None."""
        return self.changes[key] if key in self.changes else self.held.get(key)

    def put(self, key: Any, value: Any) -> None:
        """Give a key a value; None takes it away."""
        self.changes[key] = value

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Every key that has a value, with it."""
        if not self.changes:
            yield from self.held.items()
            return
        for key, value in self.held.items():
            now = self.changes.get(key, value)
            if now is not None:
                yield key, now
        for key, value in self.changes.items():
            if value is not None and key not in self.held:
                yield key, value

    def __iter__(self) -> Iterator[Any]:
        """Every key that has a value."""
        return (key for key, _ in self.items())

    def replace(self, values: dict[Any, Any]) -> None:
        """Hold these instead."""
        self.held, self.changes, self.is_replaced = values, {}, True

    def result(self) -> dict[Any, Any]:
        """All values. What the book held is left as it was."""
        return self.held if not self.changes else dict(self.items())


class Draft:
    """Applies steps, and collects those that take them back."""

    def __init__(self, parts: Parts) -> None:
        self.layers = {part: Layer(values) for part, values in parts.items()}
        self.moves: list[Move] = []
        self.shifts: list[Shifted] = []
        self._back: list[Step] = []

    @property
    def back(self) -> tuple[Step, ...]:
        """The steps that undo this draft, in the order to take."""
        return tuple(reversed(self._back))

    @property
    def sheets(self) -> dict[str, Sheet]:
        """The sheets by their names, in their order."""
        return dict(self.layers["sheets"].items())

    def write(self, part: str, key: Any, value: Any) -> None:
        """Give one key a value; None takes it away."""
        layer = self.layers[part]
        before = layer.get(key)
        # Also what stays as it is counts as written: who typed it expects to hear of it.
        layer.put(key, value)
        if value is not None and isinstance(key, CellRef):
            self.reach(key.sheet, key.row, key.column)
        if before == value:
            return
        if not self._back or not isinstance(self._back[-1], Images):
            self._back.append(Images())
        last = self._back[-1]
        if isinstance(last, Images):
            images = last.parts.setdefault(part, {})
            images[key] = value, images[key][1] if key in images else before

    def reach(self, sheet: str, row: int, column: int) -> None:
        """
        Let a sheet offer its rows and columns at least as far as here.

        Nothing takes that back: by the time of an undo somebody else may have typed down there.
        """
        layer = self.layers["sheets"]
        held: Sheet | None = layer.get(sheet)
        if held and (row > held.rows or column > held.columns):
            layer.put(sheet, held._replace(rows=max(row, held.rows), columns=max(column, held.columns)))

    def repeat(self, steps: tuple[Step, ...]) -> None:
        """Take steps that were collected before. BadEdit when a value is not the one they expect, or would be lost."""
        for step in steps:
            if isinstance(step, Images):
                for part, images in step.parts.items():
                    self._repeat_images(part, images)
            else:
                self.move(step, may_lose=False)

    def _repeat_images(self, part: str, images: dict[Any, tuple[Any, Any]]) -> None:
        for key, (before, after) in images.items():
            if self.layers[part].get(key) == before:
                self.write(part, key, after)
            elif part != "sheets":
                raise BadEdit(CHANGED_SINCE)
            # A sheet that has grown meanwhile stays as large as it is.

    def move(self, move: Move, *, may_lose: bool = True) -> None:
        """Move every place, and every formula's references with it."""
        if isinstance(move, Shift):
            self.shifts.append(Shifted(self.sheets[move.sheet].id, move.axis, move.at, move.count))
        back = move.inverse()
        patch = Images()
        for part in _MOVING_PARTS:
            self._move_part(part, move, back, patch, may_lose=may_lose)
        self._move_sheets(move, back, patch)
        self.moves.append(move)
        # Taken in the opposite order: places first, then what they cannot bring back.
        if patch.size:
            self._back.append(Images({part: images for part, images in patch.parts.items() if images}))
        self._back.append(back)

    def _move_part(self, part: str, move: Move, back: Move, patch: Images, *, may_lose: bool) -> None:
        moved: dict[Any, Any] = {}
        images = patch.parts.setdefault(part, {})
        layer = self.layers[part]
        for key, value in layer.items():
            place = moved_key(move, part, key)
            if place is None:
                if not may_lose:
                    raise BadEdit(CHANGED_SINCE)
                images[key] = None, value
                continue
            new = moved_value(move, part, key, value)
            moved[place] = new
            # A formula that a shift left as it is, the shift back leaves too. Other moves say so themselves.
            returned = value if new == value and isinstance(move, Shift) else moved_value(back, part, place, new)
            again = key if part != "merges" else moved_key(back, part, place)
            if again != key:
                images[again] = returned, None
                images[key] = None, value
            elif returned != value:
                images[key] = returned, value
        layer.replace(moved)

    def _move_sheets(self, move: Move, back: Move, patch: Images) -> None:
        before = self.sheets
        after = move.sheets(before)
        returned = back.sheets(after)
        images = patch.parts.setdefault("sheets", {})
        images |= {name: (returned[name], one) for name, one in before.items() if returned[name] != one}
        self.layers["sheets"].replace(after)


def moved_key(move: Move, part: str, key: Any) -> Any:
    """Where the place of a value went; None when it is gone."""
    match key:
        case CellRef():
            return move.cell(key)
        case Track():
            return move.track(key)
        case CellRange():
            area = move.area(key)
            return area if area and area.size > 1 else None
        case _:
            return move.name(key) if part in {"sheets", "frozen"} else key


def moved_value(move: Move, part: str, key: Any, value: Any) -> Any:
    """A value after a move of its place `key`: formulas follow, everything else stays."""
    if part == "inputs" and value and value[0] == "=":
        return _checked(move.text(value, key.sheet))
    if part == "names" and value:
        return _checked(move.text(value, ""))
    if part == "sheets" and value:
        return value._replace(name=move.name(value.name) or value.name)
    return value


def _checked(formula: str) -> str:
    if len(formula) > MAX_FORMULA_LENGTH:
        raise BadEdit(f"A formula would grow longer than {MAX_FORMULA_LENGTH:,} characters.")
    return formula
