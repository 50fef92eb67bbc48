"""Whether a function can be called with what a formula gives it."""

import inspect
from collections.abc import Callable
from typing import Any

from gridos.grid import CellError
from gridos.plugins.manifest import Manifest


def wrong_number(manifest: Manifest, name: str, function: Callable[..., Any], given: int) -> CellError | None:
    """The error of a formula that gives a function more or fewer arguments than it takes."""
    if takes := _mismatch(function, given):
        return CellError("#VALUE!", "Wrong number of arguments", f"{name} takes {takes}.", plugin=manifest.slug)
    return None


def _mismatch(function: Callable[..., Any], given: int) -> str | None:
    parameters = inspect.signature(function).parameters.values()
    positional = [one for one in parameters if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]
    least = sum(one.default is one.empty for one in positional)
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return None if given >= least else f"at least {least} arguments"
    if least <= given <= len(positional):
        return None
    counts = f"{least} to {len(positional)}" if least < len(positional) else f"{least or 'no'}"
    return f"{counts} argument{'s' * (counts != '1')}"
