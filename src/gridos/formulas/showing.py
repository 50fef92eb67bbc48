"""From the engine's value of a cell to what the cell shows."""

from collections.abc import Collection
from math import isfinite

from gridos.formulas.builtin import is_builtin
from gridos.formulas.call_sites import functions
from gridos.formulas.crossing import CODES, kind_of
from gridos.formulas.engine import Raw
from gridos.grid import CellError, Scalar

_TITLES = {
    "Div": ("Division by zero", "A number was divided by zero or by a blank cell."),
    "Ref": ("Missing reference", "The formula refers to a cell or a sheet that does not exist."),
    "Name": ("Unknown name", "The formula uses a name that is not defined."),
    "Value": ("Wrong kind of value", "A function or an operator was given a value it cannot use."),
    "Num": ("Not a possible number", "The result is too large, or no number has this property."),
    "Null": ("No common cells", "The formula asks for cells that two ranges share, and they share none."),
    "Na": ("Not available", "A value was not found."),
    "Spill": ("No room", "The result needs more cells, and some of them are not empty."),
    "Calc": ("Cannot be calculated", "The formula asks for an empty or a nested array."),
    "Circ": ("Circular reference", "The formula depends on its own result."),
    "NImpl": ("Not supported", "The formula uses something this spreadsheet does not know."),
    "Error": ("Not a formula", "The formula cannot be read. Look for a missing parenthesis or operand."),
}


def is_plain(raw: Raw) -> bool:
    """Whether a value is shown as it is: no error, and no number that is none."""
    return isfinite(raw) if isinstance(raw, float) else not isinstance(raw, dict)


def shown_value(raw: Raw) -> Scalar:
    """A value as people see it: there is no minus zero."""
    return raw + 0.0 if isinstance(raw, float) else raw


def engine_error(raw: Raw, formula: str, plugin_functions: Collection[str]) -> CellError | None:
    """The error an engine value stands for, in words; None when it is no error. `formula` may be empty."""
    if isinstance(raw, float) and not isfinite(raw):
        return _explained("Num")
    kind = kind_of(raw)
    if kind is None:
        return None
    if kind in {"Name", "NImpl"}:
        unknown = next((name for name in functions(formula) if not (name in plugin_functions or is_builtin(name))), "")
        if unknown:
            return CellError("#NAME?", "Unknown function", f"There is no function {unknown} here.")
    return _explained(kind)


def _explained(kind: str) -> CellError:
    return CellError(CODES.get(kind, "#ERROR!"), *_TITLES.get(kind, _TITLES["Error"]))
