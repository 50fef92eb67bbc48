"""A workbook somebody works in: its book, its formulas, and the calls they wait for."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from gridos.errors import BadEdit, EditsCollide, StorageUnavailable, UnknownWorkbook
from gridos.formulas import Answer, Call, Evaluation, FormulaBook, Function
from gridos.grid import (
    BLANK,
    Book,
    CellError,
    CellRange,
    CellRef,
    ClearRange,
    Edit,
    Plan,
    SetCell,
    Shown,
    Style,
    history_to_json,
    with_typed_format,
)
from gridos.live.asking import RETRY_SECONDS, Arrival, Asker
from gridos.live.audience import Audience, Watcher
from gridos.live.kept_answers import KeptAnswer, keep, kept_to_json
from gridos.live.news import Cell, Changes, News, Picture, Progress, Values
from gridos.live.plugin_uses import UseKeeper
from gridos.live.recent import Recent
from gridos.plugins import ConnectionRef
from gridos.workbooks import Op, Person, Snapshot, Workbook, WorkbookLog

log = logging.getLogger(__name__)

# An unused snapshot costs a write, a missing one a longer opening.
SNAPSHOT_SECONDS = 2.0
SNAPSHOT_OPS = 100

# Who missed more batches of edits than this gets the whole workbook instead.
MOST_MISSED = 100
MOST_READS = 5

NOT_FETCHED = Shown(
    "#N/A",
    "error",
    CellError(
        "#N/A",
        "Not fetched yet",
        "Viewers see the last value an editor fetched, and there is none.",
        "Ask the owner or an editor to open this workbook.",
    ),
)


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
        self._kept = dict(kept)
        self._uses = uses
        self._refs: dict[str, ConnectionRef] = {}
        self._shown: dict[CellRef, Shown] = {}
        self._waiting: Mapping[Call, frozenset[CellRef]] = {}
        self._retry_at: dict[Call, float] = {}
        self._retry: asyncio.TimerHandle | None = None
        self._writer = asyncio.Lock()
        self._news = asyncio.Event()
        self._snapshot: asyncio.Task[None] | None = None
        self._snapshot_seq = snapshot.seq
        self._closed = False
        self._recent = Recent()
        self.audience = Audience(lambda: Progress(self._asker.pending, self._asker.done))
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
            changed = await self._take_in(op)
            self.seq = op.seq
            if self.audience.has_editors:
                self.ask()
            self._tell_changes(op.actor, op.edits, self._cells(changed))
        self._uses.note(self._formulas.uses)

    async def _take_in(self, op: Op) -> set[CellRef]:
        """Apply what is in the log already, and give the cells that changed."""
        try:
            plan = await asyncio.to_thread(self.book.plan, op.edits)
        except BadEdit:
            # Better a workbook without one edit than one that never opens again.
            log.warning("Edit %d of workbook %s is in the log and cannot be done; it is left out", op.seq, self.id)
            return set()
        shown: Iterable[CellRef] = ()
        try:
            evaluation = await asyncio.to_thread(self._calculate, plan)
            self._show(evaluation)
            shown = evaluation.changes
        except BadEdit:
            # Another process accepted it, so it stays; this one could not evaluate it within its limits.
            log.warning("An acknowledged edit of workbook %s could not be evaluated here", self.id)
        self.book.commit(plan, op.seq, op.actor)
        return {*plan.written, *shown}

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
                if await self._append(actor, plan, op_id or uuid4()):
                    break
                await self._follow()
            self.book.commit(plan, self.seq, actor)
            self._show(evaluation)
            self._uses.note(self._formulas.uses)
            self._snapshot_soon_if(self.seq - self._snapshot_seq >= SNAPSHOT_OPS)
            cells = self._cells({*plan.written, *evaluation.changes})
        self.ask()
        self._tell_changes(actor, plan.edits, cells)
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
        if self.book.collides(edits, [op.edits for op in since if op.seq not in own]):
            raise EditsCollide(self.seq)

    # Reading

    def cells(self, area: CellRange, *, is_viewer: bool) -> list[Cell]:
        """The cells of a range that are not empty, by row and column."""
        self.last_used = time.monotonic()
        own = area._replace(sheet=self.book.sheet(area.sheet).name)
        cells = self._cells(cell for cell in {*self.book.inputs, *self.book.styles, *self._shown} if cell in own)
        return [self._for_viewer(cell) for cell in cells] if is_viewer else cells

    def _cells(self, refs: Iterable[CellRef]) -> list[Cell]:
        """The cells as they are now; those of sheets that are gone are none."""
        sheets = {sheet.name for sheet in self.book.sheets}
        here = (ref for ref in refs if ref.sheet in sheets)
        return _cells_of(here, self.book.inputs, self._shown, self.book.styles)

    def _for_viewer(self, cell: Cell) -> Cell:
        return _for_viewer(cell, is_busy=self._asker.is_busy)

    async def wait(self, area: CellRange, seconds: float, *, is_viewer: bool) -> None:
        """Return when no cell of a range is loading, or after a time."""
        deadline = time.monotonic() + seconds
        while not self._closed and any(cell.shown.state == "loading" for cell in self.cells(area, is_viewer=is_viewer)):
            if not await self.wait_for_news(deadline - time.monotonic()):
                return

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
        # What else there is moves cells about, and only the whole workbook shows that.
        if not {type(edit) for op in ops for edit in op.edits} <= {SetCell, ClearRange}:
            return None
        changed = {since: self._cells(cells) for since, cells in self._recent.after(seq).items()}
        missed = [Changes(op.seq, op.actor, op.edits, changed.get(op.seq, [])) for op in ops]
        return [Values(changed[seq]), *missed] if seq in changed else [*missed]

    def _picture(self, workbook: Workbook) -> Picture:
        inputs, shown, styles = dict(self.book.inputs), dict(self._shown), dict(self.book.styles)
        return Picture(
            self.seq,
            workbook,
            self.book.outline(),
            lambda: _cells_of({*inputs, *shown, *styles}, inputs, shown, styles),
        )

    def _for(self, watcher: Watcher, news: Picture | Changes | Values) -> News:
        if not watcher.is_viewer:
            return news
        if isinstance(news, Picture):
            is_busy = self._asker.is_busy
            return replace(news, cells=lambda: [_for_viewer(cell, is_busy=is_busy) for cell in news.cells()])
        return replace(news, cells=[self._for_viewer(cell) for cell in news.cells])

    def _tell_changes(self, actor: UUID | None, edits: Sequence[Edit], cells: Sequence[Cell]) -> None:
        self._recent.note(self.seq, [cell.ref for cell in cells])
        self.audience.tell(Changes(self.seq, actor, edits, cells), self._for_viewer)

    def _tell_values(self, evaluation: Evaluation) -> None:
        self._recent.note(self.seq, evaluation.changes)
        if self.audience and evaluation.changes:
            self.audience.tell(Values(self._cells(evaluation.changes)), self._for_viewer)

    # Asking

    def ask(self) -> None:
        """Start every call an editor would expect to be running: the unanswered and the outdated."""
        self.last_used = time.monotonic()
        self._asker.ask(self._waiting)
        self._asker.ask(call for call in self._formulas.calls if self._is_outdated(call))

    def ask_on_time(self) -> None:
        """Ask upstream for what is older than the owner allows, while somebody watches who may cause that."""
        if self.audience.has_editors:
            self._asker.ask((call for call in self._formulas.calls if self._is_outdated(call)), fresh=True)

    def _is_outdated(self, call: Call) -> bool:
        kept = self._kept.get(call)
        if kept is None or call in self._retry_at:
            return False
        limit = self.refresh_minutes
        age = time.time() - (kept.answer.fetched_at or 0)
        return kept.answer.stale or (limit is not None and age > limit * 60)

    def refresh(self, plugin: str | None, area: CellRange | None) -> int:
        """Ask upstream again, within its limits, and say how many calls that are."""
        own = area and area._replace(sheet=self.book.sheet(area.sheet).name)
        return self._asker.ask(
            (
                call
                for call, cells in self._formulas.calls.items()
                if (plugin is None or self._formulas.plugin_of(call) == plugin)
                and (own is None or any(cell in own for cell in cells))
            ),
            fresh=True,
        )

    async def deliver(self, arrivals: Mapping[Call, Arrival]) -> None:
        """Take in answers and show what they change."""
        async with self._writer:
            # Looked at under the lock: a connection may have moved while these waited for their turn.
            current = {call: one for call, one in arrivals.items() if self._is_current(one.ref)}
            for call, arrival in current.items():
                self._keep(call, arrival)
            answers = {call: arrival.answer for call, arrival in current.items()}
            evaluation = await asyncio.to_thread(self._formulas.arrive, answers)
            self._show(evaluation)
        self._asker.ask(self._waiting)
        self._tell_values(evaluation)
        self._snapshot_soon_if(wanted=True)

    def _is_current(self, ref: ConnectionRef | None) -> bool:
        known = ref and self._refs.get(ref.plugin)
        return known is None or ref is None or ref.version >= known.version

    def _keep(self, call: Call, arrival: Arrival) -> None:
        self._kept.pop(call, None)
        if kept := keep(arrival.answer, arrival.ref):
            self._kept[call] = kept
        self._note_retry(call, arrival.answer)

    def _note_retry(self, call: Call, answer: Answer) -> None:
        error_retry = answer.value.retry_at if isinstance(answer.value, CellError) else None
        retry_at = time.time() + RETRY_SECONDS if answer.stale else error_retry
        self._retry_at.pop(call, None)
        if retry_at is not None:
            self._retry_at[call] = retry_at
        if self._retry:
            self._retry.cancel()
        if self._retry_at:
            delay = min(self._retry_at.values()) - time.time()
            self._retry = asyncio.get_running_loop().call_later(max(delay, 1.0), self._ask_again)

    def _ask_again(self) -> None:
        due = [call for call, at in self._retry_at.items() if at <= time.time() + 1.0]
        for call in due:
            del self._retry_at[call]
        self._asker.ask(call for call in due if call in self._formulas.calls)

    # What the owner changed elsewhere

    async def connection_changed(self, ref: ConnectionRef) -> None:
        """Forget what the owner's earlier connection answered."""
        self._refs[ref.plugin] = ref
        self._asker.forget(ref.plugin)
        async with self._writer:
            self._kept = {
                call: one
                for call, one in self._kept.items()
                if self._formulas.plugin_of(call) != ref.plugin or one.is_given_on(ref)
            }
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
        self._news.set()
        self._news = asyncio.Event()

    # Keeping and closing

    def _snapshot_soon_if(self, wanted: bool) -> None:  # noqa: FBT001 -- it reads as a sentence
        if wanted and (self._snapshot is None or self._snapshot.done()):
            self._snapshot = asyncio.create_task(self._snapshot_soon())

    async def _snapshot_soon(self) -> None:
        await asyncio.sleep(SNAPSHOT_SECONDS)
        await self.keep()

    async def keep(self) -> None:
        """Write a snapshot now."""
        async with self._writer:
            seq = self.seq
            state = await asyncio.to_thread(self._state)
        try:
            await self._log.put_snapshot(self.id, Snapshot(seq, state))
            self._snapshot_seq = seq
        except (StorageUnavailable, UnknownWorkbook) as error:
            log.warning("No snapshot of workbook %s: %s", self.id, error)

    def _state(self) -> dict[str, Any]:
        return {
            "book": self.book.to_json(),
            "history": history_to_json(self.book.history),
            "answers": kept_to_json(self._kept, self._formulas.calls),
        }

    async def close(self) -> None:
        """Stop asking, and let go whoever waits; the log has everything else."""
        self._closed = True
        self._news.set()
        if self._retry:
            self._retry.cancel()
        await self._asker.close()
        await self._uses.settle()
        if self._snapshot and not self._snapshot.done():
            self._snapshot.cancel()
            await self.keep()


def _cells_of(
    refs: Iterable[CellRef],
    inputs: Mapping[CellRef, str],
    shown: Mapping[CellRef, Shown],
    styles: Mapping[CellRef, Style],
) -> list[Cell]:
    typed = ((ref, inputs.get(ref, "")) for ref in sorted(refs))
    return [Cell(ref, one, shown.get(ref, BLANK), with_typed_format(styles.get(ref), one)) for ref, one in typed]


def _for_viewer(cell: Cell, *, is_busy: bool) -> Cell:
    """A viewer asks nobody, so "loading" is true only while somebody else's call runs."""
    return replace(cell, shown=NOT_FETCHED) if cell.shown.state == "loading" and not is_busy else cell
