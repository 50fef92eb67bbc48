"""How a cell looks: a small model that Excel, Google Sheets and browsers all know."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from gridos.errors import BadEdit
from gridos.grid.typed import Literal as TypedLiteral
from gridos.grid.typed import parse_typed

Horizontal: TypeAlias = Literal["left", "center", "right"]
Vertical: TypeAlias = Literal["top", "middle", "bottom"]

MAX_NUMBER_FORMAT = 255
MAX_FONT_SIZE = 400

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_SWITCHES = frozenset({"bold", "italic", "underline", "strike", "wrap"})
_COLORS = frozenset({"color", "background"})
_CHOICES = {
    "horizontal_align": frozenset({"left", "center", "right"}),
    "vertical_align": frozenset({"top", "middle", "bottom"}),
}


@dataclass(frozen=True, slots=True)
class Style:
    """
    What was chosen for a cell; None means nobody chose, so the sheet's own look holds.

    Colours are `#rrggbb`, `font_size` is in points, `number_format` a pattern in Excel's notation (`0.00%`).
    """

    bold: bool | None = None
    italic: bool | None = None
    underline: bool | None = None
    strike: bool | None = None
    color: str | None = None
    background: str | None = None
    horizontal_align: Horizontal | None = None
    vertical_align: Vertical | None = None
    wrap: bool | None = None
    font_size: float | None = None
    number_format: str | None = None


PLAIN = Style()


def style_to_json(style: Style) -> dict[str, Any]:
    """Only what was chosen."""
    return {member: value for member, value in asdict(style).items() if value is not None}


def style_change(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a format edit says: members to choose, and with null members to forget. BadEdit for anything unknown."""
    for member, value in data.items():
        if not _is_style_member(member, value):
            raise BadEdit(
                "A style has bold, italic, underline, strike and wrap (true or false), color and background (#rrggbb), "
                "horizontal_align (left, center, right), vertical_align (top, middle, bottom), font_size (1 to 400) "
                "and number_format; null resets one."
            )
    if not data:
        raise BadEdit("A format edit needs at least one member in `style`.")
    return {member: value.lower() if member in _COLORS and value else value for member, value in data.items()}


def _is_style_member(member: str, value: Any) -> bool:
    if member in _SWITCHES:
        return value is None or isinstance(value, bool)
    if member in _COLORS:
        return value is None or (isinstance(value, str) and bool(_COLOR.fullmatch(value)))
    if member in _CHOICES:
        return value is None or (isinstance(value, str) and value in _CHOICES[member])
    if member == "font_size":
        return value is None or (
            isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= MAX_FONT_SIZE
        )
    if member == "number_format":
        return value is None or (isinstance(value, str) and 0 < len(value) <= MAX_NUMBER_FORMAT and value.isprintable())
    return False


def with_change(style: Style | None, change: Mapping[str, Any]) -> Style | None:
    """The style after a format edit; None when nothing is chosen any more."""
    changed = replace(style or PLAIN, **change)
    return None if changed == PLAIN else changed


def with_typed_format(style: Style | None, typed: str) -> Style | None:
    """The style with the number format that the typing suggests (`5%`, `2025-01-31`), unless one was chosen."""
    if (style and style.number_format) or not typed or typed[0] == "=":
        return style
    suggested = _suggested(typed)
    return replace(style or PLAIN, number_format=suggested) if suggested else style


@lru_cache(maxsize=65_536)
def _suggested(typed: str) -> str | None:
    value = parse_typed(typed)
    return value.number_format if isinstance(value, TypedLiteral) else None
