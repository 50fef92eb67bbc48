"""
What the engine cannot say about cells: which load or fail and on whose account, which roll, spill, or hide an input.

Loading and failing travel through arithmetic as two kinds of error that no function of the engine gives. Only the kind
travels, so the words of a failure are looked up where it began.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from gridos.formulas.contents import Content
from gridos.formulas.crossing import FAILED, LOADING, kind_of
from gridos.formulas.engine import Engine, Node, Raw
from gridos.formulas.sites import Sites
from gridos.grid import CellError, CellRange, CellRef

_MANY = 2_000
"""Dependents of hidden loading are followed up to here; beyond, only the hiding cells themselves show it."""


class Carriers:
    """Sets of cells that need more than their value to be shown."""

    def __init__(self) -> None:
        self.rolling: set[CellRef] = set()
        """Formulas that may change in any pass."""
        self.failing: set[CellRef] = set()
        """Cells whose value is a plugin's failure, or that of a formula that cannot be read."""
        self.blocked: set[CellRef] = set()
        """Formulas that found no room to spill."""
        self._loading: set[CellRef] = set()
        self._hiding: set[CellRef] = set()
        self._swallowing: set[CellRef] = set()
        self._plugins: dict[CellRef, str] = {}
        self._reads: dict[CellRef, tuple[CellRange, ...]] = {}
        self._origins: dict[CellRef, CellError | None] = {}
        self._spilled: set[CellRef] = set()
        self._spills: dict[CellRef, CellRange] = {}
        self._by_kind = {LOADING["kind"]: self._loading, FAILED["kind"]: self.failing, "Spill": self.blocked}
        self._observed = [*self._by_kind.values(), self._spilled]

    def adopt(self, cell: CellRef, content: Content) -> None:
        """The cell has another content."""
        self._reads.pop(cell, None)
        self._plugins.pop(cell, None)
        self.rolling.discard(cell)
        self._swallowing.discard(cell)
        if content.plugin:
            self._plugins[cell] = content.plugin
        if content.rolls:
            self.rolling.add(cell)
        if content.swallows:
            self._swallowing.add(cell)

    def observe(self, cell: CellRef, raw: Raw, *, is_input: bool = True) -> None:
        """The cell has this value after the pass."""
        for cells in self._observed:
            if cells:
                cells.discard(cell)
        if not is_input and raw is not None:
            self._spilled.add(cell)
        if (kind := kind_of(raw)) and kind in self._by_kind:
            self._by_kind[kind].add(cell)

    def plugin(self, cell: CellRef) -> str | None:
        """The plugin of the first plugin function that the cell's own formula calls."""
        return self._plugins.get(cell)

    def count_plugins(self) -> Mapping[str, int]:
        """How many cells there are of each plugin."""
        return Counter(self._plugins.values())

    def hide(self, waiting: set[CellRef], engine: Engine) -> tuple[set[CellRef], set[CellRef]]:
        """The cells that load though their value does not say so, and those that did before this pass."""
        before = self._hiding
        hiding = waiting - self._loading
        if self._loading:
            swallowing = self._swallowing - self._loading
            hiding |= {cell for cell in swallowing if self._first_read(cell, self._loading, engine)}
        if hiding:
            nodes = engine.dependents(hiding, _MANY) if len(hiding) < _MANY else None
            hiding |= {node.cell for node in nodes or ()} - self._loading
        self._hiding = hiding
        return hiding, before

    def hides_loading(self, cell: CellRef, engine: Engine) -> bool:
        """Whether the cell's formula can swallow an error and reads a cell that is loading."""
        return cell in self._swallowing and bool(self._first_read(cell, self._loading | self._hiding, engine))

    def explain_again(self, cells: Iterable[CellRef] | None) -> None:
        """Look up anew why these cells fail; None: all of them."""
        if cells is None:
            self._origins.clear()
            return
        for cell in cells:
            self._origins.pop(cell, None)

    def origin(self, cell: CellRef, sites: Sites, engine: Engine) -> CellError | None:
        """The failure a cell shows: its own, else that of the first failing cell it reads; None: it cannot be read."""
        path: list[CellRef] = []
        at: CellRef | None = cell
        found: CellError | None = None
        while at is not None and at not in path[-1:]:
            path.append(at)
            if at in self._origins:
                found = self._origins[at]
                break
            if found := sites.failure(at):
                break
            at = self._first_read(at, self.failing, engine)
        self._origins.update(dict.fromkeys(path, found))
        return found

    def _first_read(self, cell: CellRef, cells: Collection[CellRef], engine: Engine) -> CellRef | None:
        """The first of these cells that a formula reads, in the order of its text."""
        if cell not in self._reads:
            self._reads[cell] = tuple(engine.precedents(cell))
        return next((found for area in self._reads[cell] if (found := _first_in(area, cells))), None)

    def spilling(self, node: Node) -> bool:
        """Whether other cells hold, or held, a part of this one's result."""
        return node.spills or node.cell in self._spills or node.cell in self.blocked or kind_of(node.raw) == "Spill"

    def spills_at(self, cells: Iterable[CellRef], engine: Engine) -> set[CellRef]:
        """The formulas that spill into, or from, any of these cells."""
        if not self._spills:
            return set()
        extents = [engine.spill_extent(cell) for cell in cells]
        return {CellRef(extent.sheet, extent.top, extent.left) for extent in extents if extent}

    def measure_spills(self, engine: Engine) -> None:
        """Find the formulas behind all spilled cells."""
        self._spills, covered = {}, set[CellRef]()
        for cell in self._spilled:
            if cell not in covered and (extent := engine.spill_extent(cell)):
                self._spills[CellRef(extent.sheet, extent.top, extent.left)] = extent
                covered |= self._in_extent(extent)

    def _in_extent(self, extent: CellRange) -> set[CellRef]:
        """The spilled cells of a rectangle, found along the shorter road: a result may be far larger than the sheet."""
        if extent.size > len(self._spilled):
            return {cell for cell in self._spilled if cell in extent}
        return {
            CellRef(extent.sheet, row, column)
            for row in range(extent.top, extent.bottom + 1)
            for column in range(extent.left, extent.right + 1)
        }


def _first_in(area: CellRange, cells: Collection[CellRef]) -> CellRef | None:
    corner = CellRef(area.sheet, area.top, area.left)
    if area.size == 1:
        return corner if corner in cells else None
    return min((cell for cell in cells if cell in area), default=None)
