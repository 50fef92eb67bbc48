"""How a function says that it has no value to give."""

from typing import Any, cast


class Refusal(Exception):
    """A function refuses its arguments. It never leaves the room."""

    def __init__(self, kind: str) -> None:
        """`kind` is one of the engine's error kinds: `Value`, `Num`, `Na`, `Calc`."""
        super().__init__(kind)
        self.error = {"type": "Error", "kind": kind}


class Passed(Refusal):
    """An argument was an error; it is the result."""

    def __init__(self, error: dict[str, str]) -> None:
        super().__init__(error["kind"])


def number(value: Any) -> float:
    """One number, from a number, a truth value, a blank cell or a text that reads as one."""
    value = scalar(value)
    if value is None:
        return 0.0
    try:
        return float(value)
    except ValueError:
        raise Refusal("Value") from None


def whole(value: Any) -> int:
    """One number, cut to a whole one."""
    return int(number(value))


def text(value: Any) -> str:
    """One text, as `&` would join it."""
    value = scalar(value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.15g}"
    return "" if value is None else str(value)


def scalar(value: Any) -> Any:
    """The first value of a table, or the value; an error is passed on."""
    if isinstance(value, list):
        table = cast("list[list[Any]]", value)
        value = table[0][0]
    if isinstance(value, dict):
        raise Passed(cast("dict[str, str]", value))
    return value
