"""
Defined names, as far as the engine leaves them to us.

It calculates with names, but its account of which cell reads which knows nothing of them.
"""

import re
from collections.abc import Collection, Iterable, Mapping

from gridos.errors import BadAddress
from gridos.grid import CellRange, parse_range, references

_CALLED = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)\s*\(")
_WORD = re.compile(r"[^\W\d][\w.]*")


class Names:
    """What each name stands for, found in any case."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.defined = dict(names)
        self._meanings = {name.casefold(): meaning for name, meaning in names.items()}
        self._areas = {name: tuple(self._read(name, set())) for name in self._meanings}

    def used_in(self, formula: str) -> frozenset[str]:
        """The names that a formula seems to use; some may stand inside quotes."""
        if not self._meanings:
            return frozenset()
        return frozenset(word for word in map(str.casefold, _WORD.findall(formula)) if word in self._meanings)

    def areas(self, name: str) -> tuple[CellRange, ...]:
        """The cells that a name reads, also through other names."""
        return self._areas.get(name.casefold(), ())

    def reads(self, name: str, cells: Collection[object]) -> bool:
        """Whether a name reads any of these cells."""
        return any(cell in area for area in self.areas(name) for cell in cells)

    def called_by(self, names: Iterable[str]) -> set[str]:
        """The functions that the meanings of names call, upper-case."""
        return {function for name in names for function in called(self._meanings[name])}

    def _read(self, name: str, seen: set[str]) -> Iterable[CellRange]:
        if name in seen:
            return
        seen.add(name)
        for reference in references(self._meanings[name]):
            try:
                yield parse_range(reference.sheet or "", reference.place.removesuffix("#"))
            except BadAddress:
                continue
        for other in self.used_in(self._meanings[name]):
            yield from self._read(other, seen)


def called(formula: str) -> set[str]:
    """The names that seem to be called in a formula, upper-case; some may stand inside quotes."""
    return {name.upper().removeprefix("_XLFN.") for name in _CALLED.findall(formula)}
