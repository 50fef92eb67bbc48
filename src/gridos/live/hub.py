"""All workbooks this process has open."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from gridos.formulas import Call, FormulaBook, Function
from gridos.grid import Book, history_from_json
from gridos.live.asking import Asker, CurrentConnections, Fetching
from gridos.live.audience import End
from gridos.live.functions import function_table
from gridos.live.kept_answers import KeptAnswer, kept_from_json
from gridos.live.open_workbook import OpenWorkbook
from gridos.live.plugin_uses import UseKeeper, UseStore
from gridos.marketplace import Marketplace
from gridos.plugins import ConnectionRef, Plugins
from gridos.workbooks import Snapshot, Workbook, WorkbookLog

IDLE_SECONDS = 600.0

NEW = Snapshot(0, {})


@dataclass(frozen=True, slots=True)
class _Move:
    """A connection's newest version that this process knows, and the work of following it."""

    version: int
    task: asyncio.Task[None]

    @property
    def has_failed(self) -> bool:
        return self.task.done() and (self.task.cancelled() or self.task.exception() is not None)


class Hub:
    """Opens workbooks when somebody needs them and closes them when nobody has for a while."""

    def __init__(
        self,
        log: WorkbookLog,
        uses: UseStore,
        fetching: Fetching,
        current_connections: CurrentConnections,
        marketplace: Marketplace,
        plugins: Plugins,
        forget_connection: Callable[[UUID], object],
    ) -> None:
        self._log = log
        self._uses = uses
        self._fetching = fetching
        self._current_connections = current_connections
        self._marketplace = marketplace
        self._plugins = plugins
        self._forget_connection = forget_connection
        self._open: dict[UUID, asyncio.Task[OpenWorkbook]] = {}
        self._moves: dict[UUID, _Move] = {}

    @property
    def open_count(self) -> int:
        """How many workbooks are open."""
        return len(self._open)

    async def open(self, workbook: Workbook) -> OpenWorkbook:
        """The open workbook, up to date with what other server processes wrote."""
        task = self._open.get(workbook.id)
        if task is None:
            task = self._open[workbook.id] = asyncio.create_task(self._load(workbook))
        try:
            found = await asyncio.shield(task)
            await found.follow(workbook.seq)
        except BaseException:
            if self._open.get(workbook.id) is task and (not task.done() or task.exception()):
                del self._open[workbook.id]
            raise
        found.refresh_minutes = workbook.refresh_minutes
        return found

    async def _load(self, workbook: Workbook) -> OpenWorkbook:
        snapshot = await self._log.find_snapshot(workbook.id) or NEW
        book = await asyncio.to_thread(_book_of, snapshot)
        kept = await self._still_valid(workbook.owner.id, kept_from_json(snapshot.state.get("answers", [])))
        formulas = FormulaBook(
            book.sheets,
            book.inputs,
            await self._functions(workbook.owner.id),
            {call: one.answer for call, one in kept.items()},
            seed=workbook.id.int & 0xFFFFFFFF,
            names=book.names,
        )
        uses = UseKeeper(workbook.id, self._uses)
        opened = OpenWorkbook(workbook.id, workbook.owner, snapshot, book, formulas, self._log, kept, uses, self._asker)
        await opened.open()
        return opened

    def _asker(self, opened: OpenWorkbook) -> Asker:
        return Asker(
            opened.owner.id,
            self._fetching,
            self._current_connections,
            self._plugin_of,
            opened.deliver,
            opened.audience.show_progress,
        )

    def _plugin_of(self, call: Call) -> str:
        return self._plugins.functions[call.function].plugin

    async def _functions(self, owner: UUID) -> dict[str, Function]:
        return function_table(self._plugins, await self._marketplace.installed(owner))

    async def _still_valid(self, owner: UUID, kept: dict[Call, KeptAnswer]) -> dict[Call, KeptAnswer]:
        known = {call: one for call, one in kept.items() if call.function in self._plugins.functions}
        refs = await self._current_connections(owner, {self._plugin_of(call) for call in known})
        return {call: one for call, one in known.items() if one.is_given_on(refs[self._plugin_of(call)])}

    async def connection_changed(self, owner: UUID, plugin: str) -> None:
        """
        An owner's connection moved: nothing it answered before may be seen again.

        Told twice of one move (by the request that made it, and by the database), it acts once, and both return when
        that is done.
        """
        ref = (await self._current_connections(owner, [plugin]))[plugin]
        known = self._moves.get(ref.id)
        if known is None or known.version < ref.version or known.has_failed:
            known = self._moves[ref.id] = _Move(ref.version, asyncio.create_task(self._move(ref)))
        await asyncio.shield(known.task)

    async def _move(self, ref: ConnectionRef) -> None:
        self._forget_connection(ref.id)
        await self._each(ref.owner, lambda opened: opened.connection_changed(ref))

    async def plugins_changed(self, owner: UUID) -> None:
        """An owner installed or removed a plugin."""
        functions = await self._functions(owner)
        await self._each(owner, lambda opened: opened.install(functions))

    async def _each(self, owner: UUID, act: Callable[[OpenWorkbook], Awaitable[None]]) -> None:
        for task in list(self._open.values()):
            if (opened := await asyncio.shield(task)).owner.id == owner:
                await act(opened)

    async def catch_up(self) -> None:
        """Take in whatever may have been missed while the database could not tell."""
        for workbook in list(self._open):
            await self.access_changed(workbook)
        for task in list(self._open.values()):
            opened = await asyncio.shield(task)
            await self.plugins_changed(opened.owner.id)
            for plugin in {function.plugin for function in self._plugins.functions.values() if function.live}:
                await self.connection_changed(opened.owner.id, plugin)

    async def follow(self, workbook: UUID) -> None:
        """Another process may have written to a workbook, or deleted it."""
        if task := self._open.get(workbook):
            head = await self._log.find_head(workbook)
            if head is None:
                await self.close(workbook)
            else:
                await (await asyncio.shield(task)).follow(head)

    async def is_deleted(self, workbook: UUID) -> bool:
        """Whether a workbook is gone for everybody."""
        return await self._log.find_head(workbook) is None

    async def access_changed(self, workbook: UUID) -> None:
        """Somebody came, went or changed role, or the workbook was renamed or deleted: those who watch look again."""
        if task := self._open.get(workbook):
            (await asyncio.shield(task)).audience.doubt()
            await self.follow(workbook)

    async def sessions_changed(self, user: UUID) -> None:
        """Somebody was signed out somewhere: their sockets look again whether they are still signed in."""
        for task in list(self._open.values()):
            await asyncio.wait([task])
            if not task.cancelled() and not task.exception():
                task.result().audience.doubt(user)

    async def ask_on_time(self) -> None:
        """Ask again what has become too old in workbooks that an editor watches."""
        for task in list(self._open.values()):
            if task.done() and not task.cancelled() and not task.exception():
                task.result().ask_on_time()

    async def close_idle(self) -> None:
        """Close what nobody used for a while."""
        limit = time.monotonic() - IDLE_SECONDS
        for workbook, task in list(self._open.items()):
            if task.done() and not task.exception():
                opened = task.result()
                if opened.audience:
                    opened.last_used = time.monotonic()
                elif opened.last_used < limit:
                    await self.close(workbook)

    async def close(self, workbook: UUID, why: End = End.DELETED) -> None:
        """Close one workbook. Nobody watches an idle one; who watches a deleted one is told."""
        task = self._open.pop(workbook, None)
        if task and not task.cancelled():
            opened = await task
            opened.audience.finish(why)
            await opened.close()

    async def close_all(self) -> None:
        """Close everything, for a server that stops."""
        for workbook in list(self._open):
            await self.close(workbook, End.STOPPING)


def _book_of(snapshot: Snapshot) -> Book:
    if not snapshot.state:
        return Book()
    history = snapshot.state.get("history")
    return Book.from_json(snapshot.state["book"], history_from_json(history) if history else None)
