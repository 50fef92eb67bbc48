"""Which names are taken: no plugin may register them."""

import re
from functools import lru_cache
from threading import Lock

import formualizer as fz

from gridos.formulas.functions import OWN

_CELL_LIKE = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]+|R[0-9]*C[0-9]*|R|C", re.IGNORECASE)
_SYNTAX = frozenset({"LET", "LAMBDA", "TRUE", "FALSE"})
_lock = Lock()


def is_builtin(name: str) -> bool:
    """Whether a function of that name exists, or would read as something else: `A1`, `TRUE`, `__CALLS`."""
    name = name.upper()
    return (
        name in OWN or name in _SYNTAX or name.startswith("__") or bool(_CELL_LIKE.fullmatch(name)) or _engine_has(name)
    )


@lru_cache(maxsize=4096)
def _engine_has(name: str) -> bool:
    """Ask the library: it has no list of its functions, but refuses to register one of their names."""
    if not name:
        return False
    with _lock:
        workbook = fz.Workbook()
        try:
            workbook.register_function(name, lambda: 0)
        except RuntimeError:
            return True
        return False
