"""
The engine, formualizer, with its traps closed: one thread at a time, batches, and no read that may be old.

This module and `call_sites` are the only ones that know the library. A panic inside it ruins a workbook for good, and
so does a pass over its time budget; both become `EngineFailed`, and the workbook must be built again.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import formualizer as fz

from gridos.formulas.names import Names
from gridos.formulas.places import address, cell_at, range_at
from gridos.formulas.skeleton import skeleton_xlsx
from gridos.grid import CellRange, CellRef, Formula, Literal

CALLS = "__calls"
"""A hidden sheet. Column A holds the number of each call site; column B stays blank."""

PASS_BUDGET_MS = 5_000

Raw: TypeAlias = Any
"""What the engine holds in a cell: a number, text, truth value, None, or `{"type": "Error", "kind": …}`."""


class EngineFailed(Exception):
    """The engine panicked or ran out of time. It cannot be used any more."""


class Node(NamedTuple):
    """One cell met on the way down from some others."""

    cell: CellRef
    raw: Raw
    spills: bool


class Engine:
    """One workbook inside the library. Not safe for two threads; nobody may call it from inside a callback."""

    def __init__(self, sheets: Iterable[str], names: Names, seed: int) -> None:
        config = fz.EvaluationConfig()
        # Callbacks would run on foreign threads, without context variables.
        config.enable_parallel = False
        config.max_eval_time_ms = PASS_BUDGET_MS
        config.workbook_seed = seed
        library: Any = fz.Workbook  # its types leave open what lists hold
        self._workbook = library.from_bytes(
            skeleton_xlsx([*sheets, CALLS], names.defined),
            config=fz.WorkbookConfig(eval_config=config, enable_changelog=False),
        )
        self._workbook.set_temporal_egress("serial")
        self._is_loaded = False
        self._names = names
        self._name_users: dict[str, set[CellRef]] = defaultdict(set)
        self._names_used: dict[CellRef, Collection[str]] = {}

    def register(self, name: str, callback: Callable[..., object], *, volatile: bool = False) -> None:
        """Make a function known under `name`, also where the library has one of its own."""
        self._workbook.register_function(
            name, callback, volatile=volatile, deterministic=not volatile, allow_override_builtin=True
        )

    def uses(self, cell: CellRef, names: Collection[str]) -> None:
        """The cell's formula uses these defined names now."""
        for name in self._names_used.pop(cell, ()):
            self._name_users[name].discard(cell)
        if names:
            self._names_used[cell] = names
        for name in names:
            self._name_users[name].add(cell)

    def put(self, cell: CellRef, content: Formula | Literal) -> None:
        """Set one cell; a literal None clears it."""
        self.put_run(cell, [content])

    def put_run(self, top: CellRef, contents: list[Formula] | list[Literal] | list[Formula | Literal]) -> None:
        """Set cells below one another, all formulas or all literals."""
        with _alive():
            match contents[0]:
                case Formula():
                    column = [[content.text] for content in contents if isinstance(content, Formula)]
                    self._uncover(top, len(column))
                    self._workbook.set_formulas_batch(*top, column)
                case Literal():
                    values = [[content.value] for content in contents if isinstance(content, Literal)]
                    self._workbook.set_values_batch(*top, values)

    def _uncover(self, top: CellRef, count: int) -> None:
        """
        Make formulas visible where a literal, or nothing, was set before.

        A batch leaves the old literal lying over the formula's value in rows that only formulas use. Setting a formula
        singly takes it away; it is not used for people's own, because it raises for those it cannot accept.
        """
        if self._is_loaded:
            for row in range(top.row, top.row + count):
                self._workbook.set_formula(top.sheet, row, top.column, "=0")

    def load(self, contents: Mapping[CellRef, Formula | Literal]) -> None:
        """Set many cells, in runs of one column: one by one is slower than linear."""
        run: list[Formula | Literal] = []
        top = last = CellRef("", 0, 0)
        for cell in sorted(contents, key=lambda cell: (cell.sheet, cell.column, cell.row)):
            content = contents[cell]
            follows = (cell.row - 1, cell.column, cell.sheet) == (last.row, last.column, last.sheet)
            follows = follows and type(content) is type(run[-1])
            if run and not follows:
                self.put_run(top, run)
                run = []
            top = top if run else cell
            run.append(content)
            last = cell
        if run:
            self.put_run(top, run)
        self._is_loaded = True

    def number(self, sites: range) -> None:
        """Write down the numbers of new call sites; formulas may refer to them already."""
        if sites:
            with _alive():
                self._workbook.set_values_batch(CALLS, sites.start, 1, [[float(site)] for site in sites])

    def touch(self, sites: Iterable[int]) -> None:
        """Set call sites' numbers again, so that the formulas there and their dependents run in the next pass."""
        with _alive():
            for site in sites:
                self._workbook.set_value(CALLS, site, 1, float(site))

    def evaluate(self) -> None:
        """Run one pass."""
        with _alive():
            self._workbook.evaluate_all()

    def evaluate_cell(self, cell: CellRef) -> Raw:
        """Calculate one cell and what it needs."""
        with _alive():
            self._workbook.evaluate_cells([tuple(cell)])
        return self.read_cell(cell)

    def read(self, area: CellRange) -> list[list[Raw]]:
        """The values of a rectangle. Its cost grows with the area, filled or not."""
        with _alive():
            return self._workbook.sheet(area.sheet).get_values(fz.RangeAddress(*area))

    def read_cell(self, cell: CellRef) -> Raw:
        """The value of one cell."""
        return self.read(CellRange(cell.sheet, cell.row, cell.column, cell.row, cell.column))[0][0]

    def dependents(self, roots: Collection[CellRef], limit: int) -> list[Node] | None:
        """The roots, all that depends on them, and their values; None when that is more than `limit` cells."""
        found = self._traced(roots, limit)
        while found is not None:
            cells = {node.cell for node in found}
            through_names = self._users_through_names(cells)
            if through_names <= cells:
                return found
            found = self._traced(cells | through_names, limit)
        return None

    def _users_through_names(self, cells: Collection[CellRef]) -> set[CellRef]:
        used = (users for name, users in self._name_users.items() if users and self._names.reads(name, cells))
        return set[CellRef]().union(*used)

    def _traced(self, roots: Collection[CellRef], limit: int) -> list[Node] | None:
        with _alive():
            graph = self._workbook.trace(
                [address(root) for root in roots],
                direction=fz.TraceDirection.Dependents,
                max_depth=limit,
                max_nodes=limit,
                max_links=4 * limit,
            )
            if graph.truncation.incomplete:
                return None
            nodes = [node.cell for node in graph.nodes.values()]
            return [Node(cell_at(node.address), node.value, node.spill is not None) for node in nodes]

    def precedents(self, cell: CellRef) -> Iterator[CellRange]:
        """What a formula reads directly, in the order of its text. Computed references (INDIRECT) are not among it."""
        with _alive():
            found = self._workbook.precedents(address(cell)).precedents
        for precedent in found:
            if place := precedent.reference.address or precedent.reference.declared:
                yield range_at(place)
            elif precedent.reference.name:
                yield from self._names.areas(precedent.reference.name)

    def spill_extent(self, cell: CellRef) -> CellRange | None:
        """The rectangle the cell spills into, or belongs to; its first corner is the formula's cell."""
        with _alive():
            role = self._workbook.inspect_cell(address(cell)).cell.spill
            if role and role.anchor:
                role = self._workbook.inspect_cell(role.anchor).cell.spill
        return range_at(role.extent) if role and role.extent else None


@contextmanager
def _alive() -> Generator[None]:
    try:
        yield
    except fz.ExcelEvaluationError as error:
        raise EngineFailed from error
    except BaseException as error:
        # The library's panics derive from BaseException and have no public name.
        if type(error).__name__ == "PanicException" or "poisoned" in str(error):
            raise EngineFailed from error
        raise
