"""A workbook somebody works in: its book, its formulas, and the calls they wait for."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from gridos.errors import BadEdit, EditsCollide
from gridos.fetching import Priority, Urgency, Wish
from gridos.formulas import Answer, Call, Evaluation, FormulaBook, Function
from gridos.grid import (
    BLANK,
    Book,
    CellRange,
    CellRef,
    Edit,
    Plan,
    SetCell,
    Shown,
    history_to_json,
)
from gridos.live.asking import Arrival, Asker
from gridos.live.audience import Audience, Watcher
from gridos.live.kept_answers import KeptAnswer, KeptAnswers
from gridos.live.news import Cell, Changes, Description, Layout, News, Picture, Progress, Values
from gridos.live.plugin_uses import UseKeeper
from gridos.live.recent import MOST_MISSED, Recent
from gridos.live.snapshots import Snapshots
from gridos.live.viewing import NOT_FETCHED, cells_of, for_viewer
from gridos.plugins import ConnectionRef
from gridos.workbooks import Op, Person, Snapshot, Workbook, WorkbookLog

log = logging.getLogger(__name__)

MOST_READS = 5


class OpenWorkbook:
    """
    One writer, many readers.

    Reads are served from what was last shown and never touch the engine, which may be busy in another thread. An
    edit is shown only after the log has it.
    """

    def __init__(
        self,
        workbook: UUID,
        owner: Person,
        snapshot: Snapshot,
        book: Book,
        formulas: FormulaBook,
        workbook_log: WorkbookLog,
        kept: Mapping[Call, KeptAnswer],
        uses: UseKeeper,
        make_asker: Callable[["OpenWorkbook"], Asker],
    ) -> None:
        self.id = workbook
        self.owner = owner
        self.seq = snapshot.seq
        self.book = book
        self.refresh_minutes: int | None = None
        self.last_used = time.monotonic()
        self._formulas = formulas
        self._log = workbook_log
        self._kept = KeptAnswers(kept, formulas.plugin_of, self._ask_used)
        self.snapshots = Snapshots(workbook, snapshot.seq, workbook_log, self._snapshot)
        self._uses = uses
        self._shown: dict[CellRef, Shown] = {}
        self._waiting: Mapping[Call, frozenset[CellRef]] = {}
        self._writer = asyncio.Lock()
        self._news = asyncio.Event()
        self._closed = False
        self._recent = Recent()
        self.audience = Audience(lambda: Progress(self._asker.pending, self._asker.done, self._asker.longest))
        self._asker = make_asker(self)

    # Opening and following

    async def open(self) -> None:
        """Evaluate for the first time and read what happened since the snapshot."""
        async with self._writer:
            self._show(await asyncio.to_thread(self._formulas.evaluate))
            await self._follow()
            self._recent.begin(self.seq, [cell for cell in self._shown if self._is_calculated(cell)])

    def _is_calculated(self, cell: CellRef) -> bool:
        return self.book.inputs.get(cell, "=").startswith("=")

    async def follow(self, head: int) -> None:
        """Take in what other server processes wrote, when the log's head is further than this."""
        if head > self.seq:
            async with self._writer:
                await self._follow()

    async def _follow(self) -> None:
        for op in await self._log.read(self.id, self.seq):
            plan, changed = await self._take_in(op)
            self.seq = op.seq
            if self.audience.has_editors:
                self.ask()
            self._tell_changes(op.actor, op.edits, self._cells(changed), plan)
        self._uses.note(self._formulas.uses)

    async def _take_in(self, op: Op) -> tuple[Plan | None, set[CellRef]]:
        """Apply what is in the log already, and give what was done with the cells that changed."""
        try:
            plan = await asyncio.to_thread(self.book.plan, op.edits)
        except BadEdit:
            # Better a workbook without one edit than one that never opens again.
            log.warning("Edit %d of workbook %s is in the log and cannot be done; it is left out", op.seq, self.id)
            return None, set()
        shown: Iterable[CellRef] = ()
        try:
            evaluation = await asyncio.to_thread(self._calculate, plan)
            self._show(evaluation)
            shown = evaluation.changes
        except BadEdit:
            # Another process accepted it, so it stays; this one could not evaluate it within its limits.
            log.warning("An acknowledged edit of workbook %s could not be evaluated here", self.id)
        self.book.commit(plan, op.seq, op.actor)
        return plan, {*plan.written, *shown}

    # Editing

    async def edit(
        self,
        actor: UUID,
        edits: Sequence[Edit],
        base_seq: int | None = None,
        op_id: UUID | None = None,
        own: Collection[int] = (),
    ) -> tuple[int, list[Cell]]:
        """
        Apply a batch, all or nothing, and give its seq with every cell that now shows something else.

        What this returns is in the log. A batch whose `op_id` is there already changes nothing again. With those whose
        seqs are `own` it never collides: who wrote them knows of them.
        """
        async with self._writer:
            if op_id and (seq := await self._log.find_seq(self.id, op_id)) is not None:
                await self._follow()
                return seq, self._cells(edit.cell for edit in edits if isinstance(edit, SetCell))
            while True:
                await self._refuse_collision(edits, base_seq, own)
                plan, evaluation = await asyncio.to_thread(self._try, edits, actor)
                self._asker.ask(evaluation.waiting)  # a question needs no log, only its answer does
                if await self._append(actor, plan, op_id or uuid4()):
                    break
                await self._follow()
            self.book.commit(plan, self.seq, actor)
            self._show(evaluation)
            self._uses.note(self._formulas.uses)
            self.snapshots.note_edit(self.seq)
            cells = self._cells({*plan.written, *evaluation.changes})
        self.ask()
        self._tell_changes(actor, plan.edits, cells, plan)
        return self.seq, cells

    def _try(self, edits: Sequence[Edit], actor: UUID) -> tuple[Plan, Evaluation]:
        """Plan a batch and calculate with it. The book stays as it is; the formulas are ahead of it."""
        plan = self.book.plan(self.book.resolve(edits, actor))
        return plan, self._calculate(plan)

    def _calculate(self, plan: Plan) -> Evaluation:
        if plan.is_restructured:
            return self._formulas.restructure(plan.sheets, plan.inputs, plan.names)
        return self._formulas.edit(plan.changes)

    async def _append(self, actor: UUID, plan: Plan, op_id: UUID) -> bool:
        """Write to the log; when that fails, or the log has moved on, take the edit back from the formulas."""
        seq = None
        try:
            seq = await self._log.append(self.id, actor, plan.edits, op_id, self.seq)
        finally:
            if seq is None:
                await asyncio.to_thread(self._take_back, plan)
                self._asker.keep_only(self._formulas.calls)
        self.seq = self.seq if seq is None else seq
        return seq is not None

    def _take_back(self, plan: Plan) -> None:
        if plan.is_restructured:
            self._formulas.restructure(self.book.sheets, self.book.inputs, self.book.names)
        else:
            self._formulas.edit({cell: self.book.inputs.get(cell, "") for cell in plan.changes})

    async def _refuse_collision(self, edits: Sequence[Edit], base_seq: int | None, own: Collection[int]) -> None:
        if base_seq is None or base_seq >= self.seq:
            return
        since = await self._log.read(self.id, base_seq)
        if await asyncio.to_thread(self.book.collides, edits, [op.edits for op in since if op.seq not in own]):
            raise EditsCollide(self.seq)

    # Reading

    def cells(self, area: CellRange, *, is_viewer: bool) -> list[Cell]:
        """The cells of a range that are not empty, by row and column."""
        self.last_used = time.monotonic()
        own = self._own(area)
        cells = self._cells(cell for cell in {*self.book.inputs, *self.book.styles, *self._shown} if cell in own)
        return [self._for_viewer(cell) for cell in cells] if is_viewer else cells

    def _own(self, area: CellRange) -> CellRange:
        """The same area, its sheet's name written as the sheet has it."""
        return area._replace(sheet=self.book.sheet(area.sheet).name)

    def _cells(self, refs: Iterable[CellRef]) -> list[Cell]:
        """The cells as they are now; those of sheets that are gone are none."""
        sheets = {sheet.name for sheet in self.book.sheets}
        here = (ref for ref in refs if ref.sheet in sheets)
        return cells_of(here, self.book.inputs, self._shown, self.book.styles)

    def _for_viewer(self, cell: Cell) -> Cell:
        return for_viewer(cell, is_busy=self._asker.is_busy)

    async def wait(self, area: CellRange, seconds: float, *, is_viewer: bool) -> None:
        """Return when no cell of a range is loading, or after a time."""
        deadline = time.monotonic() + seconds
        own = self._own(area)
        while not self._closed and self._is_loading(own, is_viewer=is_viewer):
            if not await self.wait_for_news(deadline - time.monotonic()):
                return

    def _is_loading(self, area: CellRange, *, is_viewer: bool) -> bool:
        self.last_used = time.monotonic()
        loading = any(shown.state == "loading" and cell in area for cell, shown in self._shown.items())
        return loading and (self._asker.is_busy or not is_viewer)

    async def wait_for_news(self, seconds: float) -> bool:
        """Return when something was shown anew, or False after a time."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def evaluate(self, formulas: Sequence[str], sheet: str, seconds: float, *, is_viewer: bool) -> list[Shown]:
        """What formulas would show on a sheet, waiting at most a time for their calls. Nothing is written."""
        answers: dict[Call, Answer] = {}
        deadline = time.monotonic() + seconds
        while True:
            probe = await asyncio.to_thread(self._formulas.probe, formulas, self.book.sheet(sheet).name, answers)
            left = deadline - time.monotonic()
            if not probe.waiting or is_viewer or left <= 0:
                return [NOT_FETCHED if is_viewer and one.state == "loading" else one for one in probe.results]
            answers |= await self._asker.gather(probe.waiting, left)

    # Telling those who watch

    async def greet(self, watcher: Watcher, workbook: Workbook, seq: int | None = None) -> None:
        """
        Let somebody listen: first to what they missed since a seq, or to the whole workbook.

        Whatever happens next reaches them right after, in order and without a gap.
        """
        watcher.hush()
        missed = None if seq is None else await self._missed(seq)
        watcher.listen()
        for news in [self._picture(workbook)] if missed is None else missed:
            watcher.tell(self._for(watcher, news))
        if missed is not None:  # it may have been renamed meanwhile, which is no edit
            watcher.tell(Description(workbook.title, workbook.refresh_minutes))
        if not watcher.is_viewer:
            self.ask()
        self.audience.show_progress()

    async def _missed(self, seq: int) -> list[Changes | Values] | None:
        """What happened after a seq; None when that is too much, or not known."""
        if not self._recent.is_known(seq) or not 0 <= self.seq - seq <= MOST_MISSED:
            return None
        ops: list[Op] = []
        for _ in range(MOST_READS):
            if len(ops) >= self.seq - seq:
                break  # nothing was written while it was read; from here on there is no wait
            ops = await self._log.read(self.id, seq)
        else:
            return None
        ops = ops[: self.seq - seq]
        changed = {since: self._cells(cells) for since, cells in self._recent.after(seq).items()}
        missed = [Changes(op.seq, op.actor, op.edits, changed.get(op.seq, [])) for op in ops]
        shifts = self._recent.shifts_after(seq)
        if shifts is not None:
            # At the end: what is told before, as every cell here, stands where it stands now.
            missed[-1] = replace(missed[-1], layout=Layout(shifts, self.book.outline()))
        return [Values(changed[seq]), *missed] if seq in changed else [*missed]

    def _picture(self, workbook: Workbook) -> Picture:
        inputs, shown, styles = dict(self.book.inputs), dict(self._shown), dict(self.book.styles)
        return Picture(
            self.seq,
            workbook,
            self.book.outline(),
            lambda: cells_of({*inputs, *shown, *styles}, inputs, shown, styles),
        )

    def _for(self, watcher: Watcher, news: Picture | Changes | Values) -> News:
        if not watcher.is_viewer:
            return news
        if isinstance(news, Picture):
            is_busy = self._asker.is_busy
            return replace(news, cells=lambda: [for_viewer(cell, is_busy=is_busy) for cell in news.cells()])
        return replace(news, cells=[self._for_viewer(cell) for cell in news.cells])

    def _tell_changes(
        self, actor: UUID | None, edits: Sequence[Edit], cells: Sequence[Cell], plan: Plan | None
    ) -> None:
        self._recent.note(self.seq, [cell.ref for cell in cells])
        layout = None
        if plan and plan.is_laid_out_anew:
            layout = Layout(plan.draft.shifts, self.book.outline())
            self._recent.note_layout(self.seq, plan.draft.shifts)
            self.audience.move(plan.draft.moves)
        self.audience.tell(Changes(self.seq, actor, edits, cells, layout), self._for_viewer)

    def _tell_values(self, evaluation: Evaluation) -> None:
        self._recent.note(self.seq, evaluation.changes)
        if self.audience and evaluation.changes:
            self.audience.tell(Values(self._cells(evaluation.changes)), self._for_viewer)

    # Asking

    def ask(self) -> None:
        """Start every call an editor would expect to be running: the unanswered and the outdated."""
        self.last_used = time.monotonic()
        self._asker.ask(self._waiting)
        self._ask_outdated()

    def ask_on_time(self) -> None:
        """Ask upstream for what is older than the owner allows, while somebody watches who may cause that."""
        if self.audience.has_editors:
            self._ask_outdated()

    def _ask_outdated(self) -> None:
        newer_than = 0.0 if self.refresh_minutes is None else time.time() - self.refresh_minutes * 60
        self._ask_used(self._kept.outdated(self._formulas.calls, newer_than), newer_than)

    def _ask_used(self, calls: Iterable[Call], newer_than: float = 0.0) -> None:
        """Nobody waits for these: what is known is shown meanwhile."""
        self._asker.ask(self._formulas.calls.keys() & set(calls), Wish(newer_than, Urgency(Priority.SCHEDULED)))

    def refresh(self, plugin: str | None, area: CellRange | None) -> int:
        """Ask upstream again, within its limits, and say how many calls that are."""
        calls = self._formulas.calls_in(plugin, area and self._own(area))
        return self._asker.ask(calls, Wish(newer_than=time.time()))

    async def deliver(self, arrivals: Mapping[Call, Arrival]) -> None:
        """Take in answers and show what they change."""
        async with self._writer:
            # Looked at under the lock: a connection may have moved while these waited for their turn.
            evaluation = await asyncio.to_thread(self._formulas.arrive, self._kept.take(arrivals))
            self._show(evaluation)
        self._asker.ask(self._waiting)
        self._tell_values(evaluation)
        self.snapshots.write_soon()

    # What the owner changed elsewhere

    async def connection_changed(self, ref: ConnectionRef) -> None:
        """Forget what the owner's earlier connection answered."""
        self._kept.moved(ref)
        self._asker.forget(ref.plugin)
        async with self._writer:
            self._kept.forget_earlier(ref)
            evaluation = await asyncio.to_thread(self._formulas.forget, ref.plugin)
            self._show(evaluation)
        self.ask()
        self._tell_values(evaluation)

    async def install(self, functions: Mapping[str, Function]) -> None:
        """Use another function table: the owner installed or removed a plugin."""
        async with self._writer:
            evaluation = await asyncio.to_thread(self._formulas.install, functions)
            self._show(evaluation)
        self.ask()
        self._tell_values(evaluation)

    def _show(self, evaluation: Evaluation) -> None:
        for cell, shown in evaluation.changes.items():
            if shown == BLANK:
                self._shown.pop(cell, None)
            else:
                self._shown[cell] = shown
        self._waiting = evaluation.waiting
        self._asker.keep_only(self._formulas.calls)
        self._news.set()
        self._news = asyncio.Event()

    # Keeping and closing

    async def _snapshot(self) -> Snapshot:
        async with self._writer:
            return await asyncio.to_thread(self._state)

    def _state(self) -> Snapshot:
        book = {"book": self.book.to_json(), "history": history_to_json(self.book.history)}
        return Snapshot(self.seq, book | {"answers": self._kept.to_json(self._formulas.calls)})

    async def close(self) -> None:
        """Stop asking, and let go whoever waits; the log has everything else."""
        self._closed = True
        self._news.set()
        self._kept.close()
        await self._asker.close()
        await self._uses.settle()
        await self.snapshots.close()
