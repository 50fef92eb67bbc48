"""Somebody in front of a browser, who does only what a person can do with eyes, keys and a pointer."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Self

from playwright.async_api import BrowserContext, ConsoleMessage, Error, Locator, Page, Request, expect

ROW_HEIGHT, COLUMN_WIDTH = 24, 124
ROW_HEADER, COLUMN_HEADER = 46, 20
AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = 20_000
MOST_TABS = 40
AriaRole = Literal["button", "link", "gridcell"]
# What fades in has another contrast meanwhile. What never ends, as the shimmer of a skeleton, is not waited for.
STAND_STILL = """async () => {
    const ends = ({effect}) => isFinite(effect.getComputedTiming().endTime);
    const passing = () => document.getAnimations().filter(one => one.playState === 'running' && ends(one));
    for (let calm = 0; calm < 5; calm = passing().length === 0 ? calm + 1 : 0) {
        await Promise.allSettled(passing().map(one => one.finished));
        await new Promise(requestAnimationFrame);
    }
}"""
# A theme changes colours alone: in the dark nothing else is looked at again.
RUN_AXE = "axe.run(matchMedia('(prefers-color-scheme: dark)').matches ? {runOnly: ['color-contrast']} : {})"
# What a browser logs when a server is gone: it is meant to be, in some journeys.
GONE = re.compile(
    r"net::ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|CONNECTION_RESET)|WebSocket"
)
REFUSED = re.compile(r"the server responded with a status of 4\d\d")


class Visitor:
    """A browser profile with one page. What may never happen in it is gathered in `troubles`."""

    def __init__(self, context: BrowserContext, page: Page, url: str, name: str, pictures: Path) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.name = name
        self.troubles: list[str] = []
        self._pictures = pictures
        self._widths: dict[int, float] = {}

    @classmethod
    async def begin(cls, context: BrowserContext, url: str, name: str, pictures: Path) -> Self:
        """An empty page, watched."""
        context.set_default_timeout(PATIENCE)
        visitor = cls(context, await context.new_page(), url, name, pictures)
        visitor.page.on("console", visitor._hear)
        visitor.page.on("pageerror", visitor._break)
        visitor.page.on("request", visitor._look)
        return visitor

    async def beside(self) -> Self:
        """A second window of the same person, in the same browser."""
        return await type(self).begin(self.context, self.url, self.name, self._pictures)

    def _hear(self, message: ConsoleMessage) -> None:
        said = message.text
        if message.type == "error" and not GONE.search(said) and not REFUSED.search(said):
            self.troubles.append(f"{self.name}'s console: {said}")

    def _break(self, error: Error) -> None:
        self.troubles.append(f"{self.name}'s page broke: {error}")

    def _look(self, request: Request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws", 1), "data:", "blob:")):
            self.troubles.append(f"{self.name}'s browser asked {request.url}")

    async def leave(self) -> None:
        """Close the browser."""
        await self.context.close()

    async def sign_in(self) -> Self:
        """Without the form, which has journeys of its own, and on to one's workbooks."""
        person = {"email": f"{self.name}@example.com", "password": f"{self.name}-in-the-demo"}
        done = await self.context.request.post(f"{self.url}/auth/sign-in", data=person)
        assert done.ok, await done.text()
        await self.page.goto(self.url)
        await expect(self.page.get_by_role("link", name="Our numbers")).to_be_visible(timeout=PATIENCE)
        return self

    async def sign_up(self) -> Self:
        """A new account, through the form; it has no workbook yet."""
        await self.page.goto(f"{self.url}/sign-in")
        await self.page.get_by_role("button", name="Create an account").click()
        await self.page.get_by_label("E-mail").fill(f"{self.name}@example.com")
        await self.page.get_by_label("Password", exact=True).fill(f"{self.name}-in-the-demo")
        await self.page.get_by_role("button", name="Create account").click()
        await self.sees("A number from your shop, in a cell")
        return self

    async def open(self, title: str = "Our numbers") -> Self:
        """Follow a workbook's link, and wait for its grid."""
        await self.page.get_by_role("link", name=title).click()
        return await self.arrive()

    async def arrive(self) -> Self:
        """Wait for the grid of the workbook that opens."""
        await self.sees("Live")
        await expect(self._canvas).to_be_visible(timeout=PATIENCE)
        await self.measure()
        return self

    async def open_new(self, title: str, *edits: dict[str, Any]) -> Self:
        """Make a workbook that holds these edits, and open it."""
        made = await self.context.request.post(f"{self.url}/workbooks", data={"title": title})
        workbook = (await made.json())["id"]
        if edits:
            await self.edit(workbook, *edits)
        await self.page.goto(f"{self.url}/w/{workbook}")
        await self.sees("Live")
        await expect(self._canvas).to_be_visible(timeout=PATIENCE)
        await self.measure()
        return self

    async def edit(self, workbook: str, *edits: dict[str, Any]) -> None:
        """Edit a workbook's first sheet through the API, as a script does."""
        placed = [{"sheet": "Sheet1"} | edit for edit in edits]
        done = await self.context.request.post(f"{self.url}/workbook/{workbook}/edits", data={"edits": placed})
        assert done.ok, await done.text()

    @property
    def workbook(self) -> str:
        """The id of the open workbook."""
        return self.page.url.rsplit("/", 1)[1]

    @property
    def _canvas(self) -> Locator:
        return self.page.locator("canvas[id^=univer-sheet-main]")

    async def middle_of(self, cell: str) -> tuple[float, float]:
        """Where a cell of the first screen is."""
        box = await self._canvas.bounding_box()
        assert box
        column, row = ord(cell[0]) - ord("A"), int(cell[1:]) - 1
        before = sum(self._widths.get(other, COLUMN_WIDTH) for other in range(column))
        return (
            box["x"] + ROW_HEADER + before + self._widths.get(column, COLUMN_WIDTH) / 2,
            box["y"] + COLUMN_HEADER + (row + 0.5) * ROW_HEIGHT,
        )

    async def measure(self) -> None:
        """Look how wide the columns are that somebody resized; each was given a width of its own."""
        sizes = (await self.fetch(f"/workbook/{self.workbook}"))["sheets"][0]["sizes"]["columns"]
        self._widths = {ord(columns[0]) - ord("A"): size for columns, size in sizes.items()}

    async def select(self, cell: str, reads: str | None = None) -> None:
        """Click a cell, again if the page was still moving; where cells are merged, another address is told."""
        told = self.page.get_by_text(re.compile(rf"^{reads or cell}, "))
        for _ in range(5):
            await self.page.mouse.click(*await self.middle_of(cell))
            with suppress(AssertionError):
                await expect(told).to_be_attached(timeout=PATIENCE / 10)
                return
        await expect(told).to_be_attached()

    async def drag(self, first: str, last: str) -> None:
        """Drag from one cell to another."""
        await self._drag(await self.middle_of(first), await self.middle_of(last))

    async def fill(self, selected: str, last: str) -> None:
        """Drag the little square of the selection that ends at a cell."""
        x, y = await self.middle_of(selected)
        half = self._widths.get(ord(selected[0]) - ord("A"), COLUMN_WIDTH) / 2
        await self._drag((x + half, y + ROW_HEIGHT / 2), await self.middle_of(last))

    async def _drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        await self.page.mouse.move(*start)
        await self.page.mouse.down()
        await self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
        await self.page.mouse.move(*end, steps=4)
        await self.page.mouse.up()

    async def hover(self, cell: str) -> None:
        """Rest the pointer on a cell."""
        x, y = await self.middle_of(cell)
        await self.page.mouse.move(x, y + 10 * ROW_HEIGHT)
        await self.page.mouse.move(x, y, steps=5)

    async def open_row_menu(self, row: int) -> None:
        """Click a row's number with the other button."""
        box = await self._canvas.bounding_box()
        assert box
        y = box["y"] + COLUMN_HEADER + (row - 0.5) * ROW_HEIGHT
        await self.page.mouse.click(box["x"] + ROW_HEADER / 2, y, button="right")

    async def open_column_menu(self, column: str) -> None:
        """Select a column by its letter, and click that with the other button."""
        box = await self._canvas.bounding_box()
        assert box
        x, _ = await self.middle_of(f"{column}1")
        await self.page.mouse.click(x, box["y"] + COLUMN_HEADER / 2)
        await self.sees_cell(f"{column}1", "")
        await self.page.mouse.click(x, box["y"] + COLUMN_HEADER / 2, button="right")

    async def type(self, cell: str, text: str) -> None:
        """Select a cell, type, and press Enter."""
        await self.select(cell)
        await self.page.keyboard.type(text)
        await self.page.keyboard.press("Enter")

    async def press(self, keys: str) -> None:
        """Press a key."""
        await self.page.keyboard.press(keys)

    async def reach(self, role: AriaRole, name: str) -> None:
        """Go to something with the Tab key alone, from wherever the focus is."""
        there = self.page.get_by_role(role, name=name, exact=True)
        for _ in range(MOST_TABS):
            await self.press("Tab")
            if await there.evaluate_all("found => found.includes(document.activeElement)"):
                return
        await expect(there).to_be_focused()

    async def reads(self, cell: str, what: str) -> None:
        """The cell, selected, is read out as a text that begins so."""
        await self.select(cell)
        await self.sees_cell(cell, what)

    async def sees_cell(self, cell: str, what: str) -> None:
        """The selected cell is this one, and is read out as a text that begins so."""
        wanted = re.compile(rf"^{cell}, {re.escape(what)}")
        await expect(self.page.get_by_text(wanted)).to_be_attached(timeout=PATIENCE)

    async def sees(self, text: str) -> None:
        """A text stands somewhere on the page."""
        await expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)

    async def fetch(self, path: str) -> Any:
        """What the API answers to this visitor."""
        answer = await self.context.request.get(f"{self.url}{path}")
        assert answer.ok, answer.status
        return await answer.json()

    async def cells(self) -> dict[str, Any]:
        """The server's cells of the open workbook's first sheet, by address."""
        return {cell["cell"]: cell for cell in (await self.fetch(f"/workbook/{self.workbook}/cells"))["cells"]}

    async def picture(self, name: str) -> None:
        """Keep what the page looks like."""
        await self.page.screenshot(path=self._pictures / f"{name}.png")

    async def faults(self) -> list[str]:
        """What axe finds wrong with the page, from serious on."""
        await self.page.evaluate(STAND_STILL)
        # Evaluated, not added as a script: the page's policy allows none.
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text("utf-8"))
        found = await self.page.evaluate(RUN_AXE)
        return [
            f"{fault['id']}: {fault['nodes'][0]['html'][:160]}"
            for fault in found["violations"]
            if fault["impact"] in {"serious", "critical"}
        ]
