"""What a cell shows."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Scalar: TypeAlias = float | int | str | bool | None
"""One cell's value: number, text, truth value or blank. Dates are serial numbers, as in Excel."""

State: TypeAlias = Literal["ok", "loading", "stale", "error"]


@dataclass(frozen=True, slots=True)
class CellError:
    """
    Why a cell cannot show a number, in words for the person who looks at it.

    `code` is the text in the cell (`#STRIPE_AUTH!`). `retry_at` is in POSIX seconds; None: nobody retries.
    """

    code: str
    title: str = ""
    detail: str = ""
    action: str = ""
    retry_at: float | None = None
    plugin: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """
    What one cell shows after an evaluation.

    `value` is the text of an error when `state` is "error", and None while loading. `plugin` names the connector
    whose answer this cell asked for itself; `fetched_at` is when that answer arrived, in POSIX seconds.
    """

    value: Scalar = None
    state: State = "ok"
    error: CellError | None = None
    fetched_at: float | None = None
    plugin: str | None = None


BLANK = Shown()
