"""A workbook on a stage: real formulas, a log and upstream answers that a test controls."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from gridos.errors import StorageUnavailable, UnknownWorkbook
from gridos.fetching import ANY, ConnectionMoved, Wish
from gridos.formulas import Answer, Call, is_builtin
from gridos.grid import Edit, SetCell, Shown, parse_cell, parse_range
from gridos.live import Hub, OpenWorkbook, Uses
from gridos.marketplace import Marketplace
from gridos.plugins import ConnectionRef, Plugins
from gridos.workbooks import Op, Person, Role, Snapshot, Workbook

OWNER = Person(uuid4(), "ada@example.com")
ACTOR = uuid4()

PLUGIN = """
def register(kernel):
    @kernel.formula("SALES")
    async def sales(days=30):
        return days

    @kernel.formula("STOCK")
    async def stock():
        return 1
"""


class Log:
    """A log in memory. With `is_down` it does not answer."""

    def __init__(self) -> None:
        self.ops: list[tuple[Op, UUID]] = []
        self.snapshot: Snapshot | None = None
        self.is_down = False
        self.is_gone = False

    def _check(self) -> None:
        if self.is_down:
            raise StorageUnavailable
        if self.is_gone:
            raise UnknownWorkbook

    async def find_head(self, workbook: UUID) -> int | None:
        return None if self.is_gone else len(self.ops)

    async def read(self, workbook: UUID, after: int) -> list[Op]:
        self._check()
        return [op for op, _ in self.ops if op.seq > after]

    async def find_seq(self, workbook: UUID, op_id: UUID) -> int | None:
        return next((op.seq for op, one in self.ops if one == op_id), None)

    async def append(
        self, workbook: UUID, actor: UUID, edits: Sequence[Edit], op_id: UUID, expected: int
    ) -> int | None:
        self._check()
        if expected != len(self.ops):
            return None
        self.ops.append((Op(expected + 1, actor, list(edits)), op_id))
        return expected + 1

    async def find_snapshot(self, workbook: UUID) -> Snapshot | None:
        return self.snapshot

    async def put_snapshot(self, workbook: UUID, snapshot: Snapshot) -> None:
        self._check()
        self.snapshot = snapshot


class Upstream:
    """Answers calls when the test says so, under whatever version the connection has."""

    def __init__(self) -> None:
        self.version = 0
        self.asked: list[tuple[str, int]] = []
        self.wishes: dict[str, Wish] = {}
        self.given_up: list[str] = []
        self.is_down = False
        self._answers: dict[str, asyncio.Future[Answer]] = {}

    def answer(self, function: str, answer: Answer) -> None:
        """From now on this is what a function gives."""
        waiting = self._answers.get(function)
        if waiting is None or waiting.done():
            self._answers[function] = waiting = asyncio.get_running_loop().create_future()
        waiting.set_result(answer)

    def hold(self, function: str) -> None:
        """From now on a function gives nothing, until there is another answer."""
        self._answers[function] = asyncio.get_running_loop().create_future()

    async def ask(self, ref: ConnectionRef, call: Call, wish: Wish = ANY) -> Answer:
        self.asked.append((call.function, ref.version))
        self.wishes[call.function] = wish
        if call.function not in self._answers:
            self._answers[call.function] = asyncio.get_running_loop().create_future()
        try:
            answer = await asyncio.shield(self._answers[call.function])
        except asyncio.CancelledError:
            self.given_up.append(call.function)
            raise
        if ref.version != self.version:
            raise ConnectionMoved
        return answer

    async def current_connections(self, owner: UUID, plugins: Collection[str]) -> Mapping[str, ConnectionRef]:
        if self.is_down:
            raise StorageUnavailable
        return {plugin: ConnectionRef(owner, plugin, uuid5(owner, plugin), self.version) for plugin in plugins}


class Installed:
    """Switches in memory."""

    def __init__(self) -> None:
        self.slugs: frozenset[str] | None = None

    async def find_installed(self, user: UUID) -> frozenset[str] | None:
        return self.slugs

    async def toggle(self, user: UUID, slug: str, default: object, *, installed: bool) -> None:
        raise NotImplementedError


class KeptUses:
    """Numbers in memory. With `is_down` the storage does not answer."""

    def __init__(self) -> None:
        self.cells: list[Mapping[str, int]] = []
        self.is_down = False

    async def put(self, workbook: UUID, cells: Mapping[str, int]) -> None:
        if self.is_down:
            raise StorageUnavailable
        self.cells.append(dict(cells))

    async def count(self, owner: UUID, plugin: str) -> Uses:
        cells = self.cells[-1].get(plugin, 0) if self.cells else 0
        return Uses(int(cells > 0), cells)


class Stage:
    """Everything around one workbook. `hub` may be exchanged for a fresh one, as after a restart."""

    def __init__(self, folder: Path) -> None:
        (folder / "shop").mkdir()
        (folder / "shop" / "manifest.json").write_text('{"name": "Shop"}')
        (folder / "shop" / "plugin.py").write_text(PLUGIN)
        self.plugins = Plugins.load([folder], is_builtin)
        self.log, self.upstream, self.installed = Log(), Upstream(), Installed()
        self.uses = KeptUses()
        self.id = uuid4()
        self.hub = self.new_hub()

    def new_hub(self) -> Hub:
        """Another server process."""
        return Hub(
            self.log,
            self.uses,
            self.upstream,
            self.upstream.current_connections,
            Marketplace(self.installed, self.plugins),
            self.plugins,
            lambda _: None,
        )

    def workbook(self, role: Role = "owner") -> Workbook:
        """The workbook, as somebody with a role sees it."""
        return Workbook(self.id, "Sales", role, OWNER, datetime.now(UTC), None, len(self.log.ops))

    async def open(self, role: Role = "owner") -> OpenWorkbook:
        """Open it in the current process."""
        return await self.hub.open(self.workbook(role))


def typed(cell: str, text: str) -> SetCell:
    """Type into the first sheet."""
    return SetCell(parse_cell("Sheet1", cell), text)


async def type_in(book: OpenWorkbook, cell: str, text: str) -> int:
    """Type into the first sheet, and wait for the acknowledgement."""
    return (await book.edit(ACTOR, [typed(cell, text)]))[0]


def shows(book: OpenWorkbook, cell: str, *, is_viewer: bool = False) -> Shown | None:
    """What one cell shows."""
    cells = book.cells(parse_range("Sheet1", cell), is_viewer=is_viewer)
    return cells[0].shown if cells else None


async def settled(book: OpenWorkbook, cell: str) -> Shown | None:
    """What one cell shows once it is no longer loading."""
    await book.wait(parse_range("Sheet1", cell), 5, is_viewer=False)
    return shows(book, cell)
