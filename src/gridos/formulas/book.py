"""
One workbook's formulas. What people typed is the truth; the engine is derived from it and can be built anew.

The book is split by what each part knows: `Answering` what plugin functions give, `Sites` who
asked what, `Tiles` what changed, `Carriers` which cells load or
fail and why, `Engine` how to calculate. This module is the order in which they are asked.
"""

from collections.abc import Collection, Mapping, Sequence
from threading import RLock

from gridos.errors import BadEdit, CannotCalculate
from gridos.formulas.answering import Answering
from gridos.formulas.carriers import Carriers
from gridos.formulas.contents import Content, Contents, check_names, check_typed
from gridos.formulas.crossing import FAILED, LOADING, kind_of
from gridos.formulas.engine import CALLS, Engine, EngineFailed, Raw
from gridos.formulas.evaluation import Answer, Call, Evaluation, Function, Probe
from gridos.formulas.functions import OWN, guarded
from gridos.formulas.functions.of_a_book import random_functions, sheets_function
from gridos.formulas.names import Names
from gridos.formulas.showing import engine_error, is_plain, shown_value
from gridos.formulas.sites import Sites
from gridos.formulas.tiles import Tiles
from gridos.grid import (
    BLANK,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_USED_CELLS,
    CellRange,
    CellRef,
    Literal,
    Sheet,
    Shown,
)

_FEW_ROOTS, _FEW_CELLS = 200, 500
"""Up to here following the dependents costs less than reading the used cells."""

_PROBE_ROW, _PROBE_COLUMN = 1_000_001, 2_001
"""Outside every sheet, so that no range that people write, not even `A:C`, contains a probed formula."""


class FormulaBook:
    """
    A workbook's formulas and their last values.

    Nothing is calculated before the first `evaluate`. `shown` and `calls` never wait; every other method may take
    as long as a pass, and waits for others. A pass that fails raises CannotCalculate; in `edit` it raises BadEdit and
    is taken back.
    """

    def __init__(
        self,
        sheets: Sequence[Sheet],
        inputs: Mapping[CellRef, str],
        functions: Mapping[str, Function],
        answers: Mapping[Call, Answer] | None = None,
        seed: int = 0,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._lock = RLock()
        self._names: Names = Names(names or {})
        self._sheets = {sheet.name.casefold(): sheet.name for sheet in sheets}
        self._inputs = {cell: typed for cell, typed in inputs.items() if typed}
        self._answering = Answering(functions, answers or {})
        self._seed = seed
        self._shown: dict[CellRef, Shown] = {}
        self._calls: Mapping[Call, frozenset[CellRef]] = {}
        self._uses: Mapping[str, int] = {}
        self._built: Engine | None = None
        self._contents = Contents(self._answering.functions, self._names)
        self._sites, self._tiles, self._carriers = Sites(), Tiles(), Carriers()

    @property
    def shown(self) -> Mapping[CellRef, Shown]:
        """What every cell that is not blank showed after the last pass. Later passes leave this mapping as it is."""
        return self._shown

    @property
    def calls(self) -> Mapping[Call, frozenset[CellRef]]:
        """Every live call in use after the last pass, with the cells that use it. As lasting as `shown`."""
        return self._calls

    def calls_in(self, plugin: str | None, area: CellRange | None) -> list[Call]:
        """Those of a plugin's calls that a cell of an area uses; None: of any plugin, anywhere."""
        return [
            call
            for call, cells in self.calls.items()
            if plugin in {None, self.plugin_of(call)} and (area is None or any(cell in area for cell in cells))
        ]

    @property
    def uses(self) -> Mapping[str, int]:
        """How many cells' formulas call functions of each plugin, whether or not they ran. As lasting as `shown`."""
        return self._uses

    def plugin_of(self, call: Call) -> str | None:
        """The plugin whose function is called; None when there is no such function any more."""
        return self._answering.plugin_of(call)

    def evaluate(self) -> Evaluation:
        """Calculate what is out of date, and whatever depends on the clock and the dice."""
        with self._lock:
            return self._guarded_pass([])

    def edit(self, changes: Mapping[CellRef, str]) -> Evaluation:
        """Write what people typed; an empty text clears. BadEdit leaves everything as it was."""
        with self._lock:
            changes = self._accepted(changes)
            before = {cell: self._inputs.get(cell, "") for cell in changes}
            try:
                full = self._write(changes)
                evaluation = self._pass(None if full else changes)
            except EngineFailed:
                self._built = None
                self._keep(before)
                raise BadEdit("This edit takes too long to calculate, or never settles. Nothing was changed.") from None
            self._drop_unused_answers()
            return evaluation

    def arrive(self, answers: Mapping[Call, Answer]) -> Evaluation:
        """Take in what live calls gave, and calculate exactly what asked for it."""
        with self._lock:
            self._answering.take(answers)
            evaluation = self._run_again(answers)
            self._drop_unused_answers()
            return evaluation

    def forget(self, plugin: str) -> Evaluation:
        """Drop a plugin's answers: its connection changed, and its calls wait again."""
        with self._lock:
            return self._run_again(self._answering.forget(plugin))

    def restructure(
        self, sheets: Sequence[Sheet], inputs: Mapping[CellRef, str], names: Mapping[str, str]
    ) -> Evaluation:
        """
        Take other sheets, inputs and names at once: cells moved, or names changed. BadEdit leaves everything as it was.

        Answers stay, so nothing is asked again because of a move.
        """
        with self._lock:
            self._check_structure(inputs, names)
            before = self._sheets, self._inputs, self._names, self._shown
            self._sheets = {sheet.name.casefold(): sheet.name for sheet in sheets}
            self._inputs, self._names, self._built = dict(inputs), Names(names), None
            known = set(self._sheets.values())
            self._shown = {cell: shown for cell, shown in before[3].items() if cell.sheet in known}
            try:
                evaluation = self._pass(None)
            except EngineFailed:
                self._built = None
                self._sheets, self._inputs, self._names, self._shown = before
                raise BadEdit("This edit makes the workbook take too long to calculate. Nothing was changed.") from None
            self._drop_unused_answers()
            gone = {cell: BLANK for cell in before[3] if cell.sheet not in known}
            return Evaluation({**gone, **evaluation.changes}, evaluation.waiting)

    def _check_structure(self, inputs: Mapping[CellRef, str], names: Mapping[str, str]) -> None:
        check_names(
            {name: names[name] for name in names.keys() - self._names.defined.keys()}, self._answering.functions
        )
        if len(inputs) > MAX_USED_CELLS:
            raise BadEdit(f"A workbook holds at most {MAX_USED_CELLS:,} cells.")
        for typed in set(inputs.values()).difference(self._inputs.values()):
            check_typed(typed)

    def install(self, functions: Mapping[str, Function]) -> Evaluation:
        """Take another table of functions: plugins were installed, removed or loaded again."""
        with self._lock:
            self._answering.install(functions)
            self._built = None
            return self._guarded_pass([])

    def probe(self, formulas: Sequence[str], sheet: str, answers: Mapping[Call, Answer]) -> Probe:
        """
        What these texts would show if they were typed into `sheet`, given these answers besides the book's own.

        Nothing is written or remembered. BadEdit when one cannot be accepted or takes too long.
        """
        with self._lock:
            for typed in formulas:
                check_typed(typed)
            cell = CellRef(self._own_sheet(sheet), _PROBE_ROW, _PROBE_COLUMN)
            try:
                with self._answering.probed(answers):
                    found = [self._probe(cell, typed) for typed in formulas]
            except EngineFailed:
                self._built = None
                raise BadEdit("This formula takes too long to calculate, or never settles.") from None
            return Probe([shown for shown, _ in found], frozenset(call for _, calls in found for call in calls))

    def _probe(self, cell: CellRef, typed: str) -> tuple[Shown, list[Call]]:
        engine = self._engine()
        content = self._content(cell, typed)
        engine.number(self._sites.begin_pass())
        engine.put(cell, content.value)
        self._carriers.adopt(cell, content)
        raw = engine.evaluate_cell(cell)
        self._carriers.observe(cell, raw)
        waiting = [call for call in self._sites.calls(cell) if self._answering.answer(call) is None]
        hidden = bool(waiting) or self._carriers.hides_loading(cell, engine)
        shown = self._show(cell, raw, typed, loading=hidden)
        self._carriers.observe(cell, None)
        self._carriers.adopt(cell, Content(Literal(None)))
        self._sites.forget(cell)
        engine.uses(cell, ())
        engine.put(cell, Literal(None))
        return shown, waiting

    def _accepted(self, changes: Mapping[CellRef, str]) -> dict[CellRef, str]:
        own: dict[CellRef, str] = {}
        for cell, typed in changes.items():
            if not (1 <= cell.row <= MAX_ROWS and 1 <= cell.column <= MAX_COLUMNS):
                raise BadEdit(f"A sheet has {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns.")
            check_typed(typed)
            own[cell._replace(sheet=self._own_sheet(cell.sheet))] = typed
        added = sum(1 for cell, typed in own.items() if typed and cell not in self._inputs)
        if len(self._inputs) + added > MAX_USED_CELLS:
            raise BadEdit(f"A workbook holds at most {MAX_USED_CELLS:,} cells.")
        return own

    def _own_sheet(self, name: str) -> str:
        try:
            return self._sheets[name.casefold()]
        except KeyError:
            raise BadEdit("This workbook has no sheet of that name.") from None

    def _keep(self, changes: Mapping[CellRef, str]) -> None:
        for cell, typed in changes.items():
            if typed:
                self._inputs[cell] = typed
            else:
                self._inputs.pop(cell, None)

    def _write(self, changes: Mapping[CellRef, str]) -> bool:
        """Give the engine what changed; whether results that spill are concerned, so that other cells may change."""
        engine = self._engine()
        self._keep(changes)
        anchors = self._carriers.spills_at(changes, engine)
        if anchors - changes.keys():
            # The engine does not notice a value typed into a spilled cell, and setting the formula again is not enough
            # when it had taken that room from another one.
            self._built = None
        else:
            self._load(engine, {cell: self._content(cell, self._inputs.get(cell, "")) for cell in changes})
        return bool(anchors)

    def _load(self, engine: Engine, contents: Mapping[CellRef, Content]) -> None:
        for cell, content in contents.items():
            self._carriers.adopt(cell, content)
            self._tiles.use(cell)
        engine.load({cell: content.value for cell, content in contents.items()})

    def _content(self, cell: CellRef, typed: str) -> Content:
        self._sites.forget(cell)
        content = self._contents.of(typed)
        if content.parts:
            content = content.at(self._sites.number(cell))
        if self._names.defined:
            self._engine().uses(cell, content.names)
        return content

    def _engine(self) -> Engine:
        """The engine as the inputs say; built when there is none, because it failed or nothing ran yet."""
        if self._built is None:
            self._contents = Contents(self._answering.functions, self._names)
            self._sites, self._tiles, self._carriers = Sites(), Tiles(), Carriers()
            self._built = Engine(self._sheets.values(), self._names, self._seed)
            self._register(self._built)
            for cell in self._shown:
                self._tiles.use(cell)
            self._load(self._built, {cell: self._content(cell, typed) for cell, typed in self._inputs.items()})
        return self._built

    def _register(self, engine: Engine) -> None:
        for name, own in OWN.items():
            engine.register(name, guarded(own))
        for name, rolled in random_functions(self._seed).items():
            engine.register(name, guarded(rolled), volatile=True)
        engine.register("SHEETS", guarded(sheets_function(len(self._sheets))))
        for name, function in self._answering.functions.items():
            engine.register(name, self._answering.callback(function, self._sites))

    def _run_again(self, calls: Collection[Call]) -> Evaluation:
        if self._built is None:
            return self._guarded_pass([])
        sites = self._sites.users(calls)
        self._built.touch(sites)
        return self._guarded_pass(sites.values())

    def _guarded_pass(self, roots: Collection[CellRef]) -> Evaluation:
        try:
            return self._pass(roots)
        except EngineFailed:
            self._built = None
            raise CannotCalculate from None

    def _pass(self, roots: Collection[CellRef] | None) -> Evaluation:
        """Calculate, find what changed below `roots` (None: anywhere), and publish it."""
        if self._built is None:
            roots = None
        engine = self._engine()
        engine.number(self._sites.begin_pass())
        engine.evaluate()
        if blocked := self._carriers.blocked:
            # The engine does not notice that there is room again.
            for cell in list(blocked):
                engine.put(cell, self._content(cell, self._inputs.get(cell, "")).value)
            engine.evaluate()
            roots = None
        values = self._read_near(engine, roots) if roots is not None else None
        if values is None:
            values = self._read_all(engine, roots or ())
        self._calls = self._sites.used()
        self._uses = self._carriers.count_plugins()
        waiting = {call: self._calls[call] for call in self._answering.unanswered(self._calls)}
        own = {cell for cells in waiting.values() for cell in cells}
        hiding, revealed = self._carriers.hide(own, engine)
        for cell in (hiding | revealed) - values.keys():
            values[cell] = engine.read_cell(cell)
        return Evaluation(self._publish(values, hiding), waiting)

    def _read_near(self, engine: Engine, roots: Collection[CellRef]) -> dict[CellRef, Raw] | None:
        """The dependents of a few cells; None when they are many, or spill, or nothing was read before."""
        starts = {*roots, *self._carriers.rolling}
        if not starts:
            return {}
        if len(starts) > _FEW_ROOTS or not self._tiles.are_read:
            return None
        nodes = engine.dependents(starts, _FEW_CELLS)
        if nodes is None or any(self._carriers.spilling(node) for node in nodes):
            return None
        near = [node for node in nodes if node.cell.sheet != CALLS and node.cell.row < _PROBE_ROW]
        for node in near:
            self._tiles.outdated(node.cell)
            self._observe(node.cell, node.raw)
        self._carriers.explain_again(node.cell for node in near)
        return {node.cell: node.raw for node in near}

    def _read_all(self, engine: Engine, roots: Collection[CellRef]) -> dict[CellRef, Raw]:
        values: dict[CellRef, Raw] = {}
        for cell, raw in self._tiles.changed(engine.read):
            if raw is not None or cell in self._shown:
                values[cell] = raw
                self._observe(cell, raw)
        for cell in {*roots, *self._carriers.failing} - values.keys():
            values[cell] = engine.read_cell(cell)
        self._carriers.explain_again(None)
        self._carriers.measure_spills(engine)
        return values

    def _observe(self, cell: CellRef, raw: Raw) -> None:
        self._carriers.observe(cell, raw, is_input=cell in self._inputs)
        if kind_of(raw) == "Circ":
            self._sites.forget(cell)  # formulas in a circle are not run, so they ask nothing

    def _publish(self, values: Mapping[CellRef, Raw], hiding: Collection[CellRef]) -> dict[CellRef, Shown]:
        changes: dict[CellRef, Shown] = {}
        for cell, raw in values.items():
            before = self._shown.get(cell, BLANK)
            shown = self._show(cell, raw, self._inputs.get(cell, ""), loading=cell in hiding)
            if type(shown.value) is not type(before.value) or shown != before:
                changes[cell] = shown
        if changes:
            published = self._shown | changes
            for cell, shown in changes.items():
                if shown == BLANK:
                    del published[cell]
            self._shown = published
        return changes

    def _show(self, cell: CellRef, raw: Raw, typed: str, *, loading: bool) -> Shown:
        plugin = self._carriers.plugin(cell)
        if plugin is None and not loading and is_plain(raw):
            return Shown(shown_value(raw))
        if loading or raw == LOADING:
            return Shown(state="loading", plugin=plugin)
        fetched_at, stale = self._sites.freshness(cell, self._answering.answer) if plugin else (None, False)
        failure = self._carriers.origin(cell, self._sites, self._engine()) if raw == FAILED else None
        failure = failure or engine_error(raw, typed, self._answering.functions)
        if failure:
            return Shown(failure.code, "error", failure, fetched_at, plugin)
        return Shown(shown_value(raw), "stale" if stale else "ok", None, fetched_at, plugin)

    def _drop_unused_answers(self) -> None:
        self._answering.keep_only(self._sites.is_used)
