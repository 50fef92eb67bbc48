"""Rows, columns and sheets that others move while one looks, selects and types."""

import asyncio
import random
import re
from pathlib import Path
from typing import Any, Self

from playwright.async_api import WebSocketRoute, expect

from tests.browser.conftest import Welcome
from tests.browser.visitor import COLUMN_WIDTH, PATIENCE, ROW_HEIGHT, Visitor
from tests.browser.waiting import expect_inputs

LOOK = (Path(__file__).parent / "moving.js").read_text("utf-8")
EDIT = "edits => openWorkbook().edit(edits)"
SETTLED = "() => openWorkbook().line.pending.length === 0"
SEED = 1
EDITS, BREAKS = 30, 0.2


async def together(welcome: Welcome, title: str, *edits: dict[str, Any]) -> tuple[Visitor, Visitor]:
    """Ada and Ben in one workbook of Ada's that nobody asks a service in."""
    ada, ben = await (await welcome("ada")).sign_in(), await (await welcome("ben")).sign_in()
    await ada.open_new(title, *edits)
    people = f"{ada.url}/workbook/{ada.workbook}/collaborators"
    await ada.context.request.post(people, data={"email": "ben@example.com", "role": "editor"})
    await ben.page.goto(f"{ben.url}/w/{ada.workbook}")
    await ben.arrive()
    return ada, ben


def typed(**inputs: str) -> list[dict[str, Any]]:
    """What to type into cells of the first sheet."""
    return [{"op": "set", "cell": cell, "input": text} for cell, text in inputs.items()]


def moving(op: str, at: int, count: int = 1, sheet: str = "Sheet1") -> dict[str, Any]:
    """A structural edit."""
    return {"op": op, "sheet": sheet, "at": at, "count": count}


async def drawn(visitor: Visitor) -> Any:
    """What somebody's grid holds."""
    return await visitor.page.evaluate("drawnSheets()")


async def held(visitor: Visitor) -> Any:
    """The same of the server."""
    sheets: dict[str, Any] = {}
    for sheet in (await visitor.fetch(f"/workbook/{visitor.workbook}"))["sheets"]:
        path = f"/workbook/{visitor.workbook}/cells?sheet={sheet['name']}"
        cells = {one["cell"]: _drawn_cell(one) for one in (await visitor.fetch(path))["cells"]}
        sheets[sheet["name"]] = {
            "cells": {cell: one for cell, one in cells.items() if one != [None, None, False]},
            "rows": sheet["rows"],
            "columns": sheet["columns"],
            "merges": sorted(sheet["merges"]),
            "heights": _sizes(sheet["sizes"]["rows"], min(sheet["rows"], 40), ROW_HEIGHT),
            "widths": _sizes(sheet["sizes"]["columns"], min(sheet["columns"], 20), COLUMN_WIDTH),
        }
    return sheets


def _drawn_cell(cell: dict[str, Any]) -> list[Any]:
    value = int(cell["value"]) if isinstance(cell["value"], bool) else cell["value"]
    formula = cell["input"] if cell["input"].startswith("=") else None
    return [value, formula, cell.get("style", {}).get("bold") is True]


def _sizes(runs: dict[str, float], count: int, usual: float) -> list[float]:
    sizes = [usual] * count
    for run, size in runs.items():
        first, last = (int(end) if end.isdigit() else ord(end) - ord("A") + 1 for end in run.split(":"))
        sizes[first - 1 : last] = [size] * (min(last, count) - first + 1)
    return sizes


async def expect_drawn(*visitors: Visitor) -> None:
    """Every browser comes to show exactly what the server holds."""
    seen: list[Any] = []
    wanted: Any = None
    try:
        async with asyncio.timeout(PATIENCE / 1000):
            while not seen or any(one != wanted for one in seen):
                await asyncio.sleep(0.05)
                for visitor in visitors:
                    await visitor.page.evaluate(LOOK)
                    await visitor.page.wait_for_function(SETTLED)
                wanted = await held(visitors[0])
                seen = [await drawn(visitor) for visitor in visitors]
    except TimeoutError:
        for one in seen:
            assert one == wanted


def some_edits(dice: random.Random) -> list[dict[str, Any]]:
    """A batch of edits of the first sheet, mostly one that moves rows or columns."""
    axis, at, count = dice.choice(["rows", "columns"]), dice.randint(1, 9), dice.randint(1, 3)
    row, column = dice.randint(1, 9), dice.choice("ABCDEF")
    reference = f"{dice.choice(['', '$'])}{dice.choice('ABCDEF')}{dice.choice(['', '$'])}{dice.randint(1, 9)}"
    area = f"{column}{row}:{chr(ord(column) + count)}{row + dice.randint(0, 2)}"
    insert, delete = ({"op": f"{verb}_{axis}", "at": at, "count": count} for verb in ("insert", "delete"))
    kinds: list[list[dict[str, Any]]] = [
        [{"op": "set", "cell": f"{column}{row}", "input": f"={reference}+1"}],
        [{"op": "set", "cell": f"{column}{row}", "input": f"=SUM({reference}:F9)"}],
        [{"op": "set", "cell": f"{column}{row}", "input": str(dice.randint(1, 99))}],
        [{"op": "clear", "range": area}],
        [{"op": "format", "range": area, "style": {"bold": True}}],
        [{"op": "unmerge", "range": "A1:Z99"}, {"op": "merge", "range": area}],
        [{"op": "resize", "rows": f"{row}:{row + count}", "size": 40}],
        [{"op": "resize", "columns": f"{column}:{column}", "size": 90}],
        [insert, delete | {"at": dice.randint(1, 9)}, insert],
        [{"op": "add_sheet", "name": "Other"}, {"op": "set", "sheet": "Other", "cell": "A1", "input": "=Sheet1!B3"}],
        [{"op": "rename_sheet", "sheet": "Other", "name": dice.choice(["Else", "Elsewhere"])}],
        [{"op": "move_sheet", "sheet": "Sheet1", "to": dice.randint(1, 3)}],
        [{"op": "delete_sheet", "sheet": dice.choice(["Other", "Else", "Elsewhere"])}],
        *([insert], [insert], [delete], [delete]) * 2,
        *([{"op": "undo"}], [{"op": "redo"}]) * 2,
    ]
    return [{"sheet": "Sheet1"} | edit for edit in dice.choice(kinds)]


class Line:
    """The live line of a page, to be cut and mended."""

    def __init__(self) -> None:
        self.is_cut = False
        self._last: WebSocketRoute | None = None

    @classmethod
    async def of(cls, visitor: Visitor) -> Self:
        """The line of a page, which is loaded again for that."""
        line = cls()
        await visitor.page.route_web_socket(re.compile("/live$"), line._open)
        await visitor.page.reload()
        await visitor.arrive()
        await visitor.page.evaluate(LOOK)
        return line

    async def _open(self, socket: WebSocketRoute) -> None:
        self._last = socket
        if self.is_cut:
            await socket.close()
        else:
            socket.connect_to_server()

    async def cut(self) -> None:
        """Nothing gets through."""
        self.is_cut = True
        assert self._last
        await self._last.close()

    async def mend(self) -> None:
        """From the next attempt on everything gets through."""
        self.is_cut = False


async def scene(welcome: Welcome, title: str) -> tuple[Visitor, Visitor, list[str]]:
    """Both in a workbook full of references, and the snapshots that either is sent from now on."""
    cells = typed(**{f"{column}{row}": f"{row}" for column in "ABC" for row in range(1, 7)})
    ada, ben = await together(welcome, title, *cells, *typed(D1="=SUM(A1:C6)", E2="=$B$5", E3="=B6", E4="=$B$5"))
    snapshots: list[str] = []

    def hear(frame: str | bytes) -> None:
        if str(frame).startswith('{"type":"snapshot"'):
            snapshots.append(str(frame))

    for visitor in (ada, ben):
        visitor.page.on("websocket", lambda socket: socket.on("framereceived", hear))
        await visitor.page.reload()
        await visitor.arrive()
        await visitor.page.evaluate(LOOK)
    snapshots.clear()
    return ada, ben, snapshots


async def test_each_edit_is_shown_in_place(welcome: Welcome) -> None:
    """After every edit of either of two people, both browsers show exactly the server's cells, without a snapshot."""
    dice = random.Random(SEED)
    ada, ben, snapshots = await scene(welcome, "In place")
    for _ in range(EDITS):
        await dice.choice([ada, ben]).page.evaluate(EDIT, some_edits(dice))
        await expect_drawn(ada, ben)
    assert len(snapshots) == 0


async def test_racing_edits_end_the_same(welcome: Welcome) -> None:
    """Also when two people edit at once, some of it is refused, and one line breaks now and then, both end the same."""
    dice = random.Random(SEED)
    ada, ben, _ = await scene(welcome, "Racing")
    line = await Line.of(ada)
    for _ in range(EDITS):
        await dice.choice([ada, ben]).page.evaluate(EDIT, some_edits(dice))
        if dice.random() < BREAKS:
            await (line.mend() if line.is_cut else line.cut())
    await line.mend()
    await expect_drawn(ada, ben)


async def test_whoever_was_away_finds_their_cell_again(welcome: Welcome) -> None:
    """What somebody typed while they were away, and others moved its row, lands in its cell when they are back."""
    ada, ben = await together(welcome, "Away", *typed(B2="before", B3="after"))
    line = await Line.of(ada)
    await ada.select("B2")
    await ada.page.keyboard.type("half")
    await line.cut()
    await ada.sees("Offline.")
    await ben.edit(ada.workbook, moving("insert_rows", 1, 2))
    await line.mend()
    await ada.sees_cell("B4", "before")
    await ada.page.keyboard.type(" a word")
    await ada.press("Enter")
    await expect_inputs(ada, B2="", B4="half a word", B5="after")
    await expect_drawn(ada, ben)


async def test_what_somebody_types_stays_with_its_cell(welcome: Welcome) -> None:
    """Rows and columns that come and go elsewhere do not disturb somebody who types, and the text lands in its cell."""
    ada, ben = await together(welcome, "Typing", *typed(A1="1", C5="=A1", D9="below"))
    await ben.edit(ada.workbook, {"op": "add_sheet", "name": "Other"})
    await ada.select("C6")
    await ada.page.keyboard.type("half")
    await ben.edit(ada.workbook, moving("insert_rows", 2, 3), moving("insert_columns", 1), moving("delete_rows", 3))
    await ben.edit(ada.workbook, moving("insert_rows", 1, 2, "Other"))
    await expect_drawn(ada, ben)
    await ada.picture("typing-in-a-moved-cell")
    await ada.page.keyboard.type(" a sentence")
    await ada.press("Enter")
    await expect_inputs(ada, D8="half a sentence", C6="", D7="=B1", D6="")
    await ada.sees_cell("D9", "empty")
    await expect_drawn(ada, ben)


async def test_typing_ends_with_the_row_it_is_in(welcome: Welcome) -> None:
    """Whoever types in a row that somebody deletes is told so, and nothing is written anywhere."""
    ada, ben = await together(welcome, "Deleted", *typed(A4="4", A5="5", A6="6"))
    await ada.select("A5")
    await ada.page.keyboard.type("nowhere to go")
    await ben.edit(ada.workbook, moving("delete_rows", 5))
    await ada.sees("Somebody deleted the row or column you were typing in. You had typed: nowhere to go")
    await ada.sees_cell("A5", "6")
    await expect_inputs(ada, A4="4", A5="6", A6="")
    await ada.press("ArrowUp")
    await ada.sees_cell("A4", "4")
    await expect_drawn(ada, ben)


async def test_a_cell_that_changes_under_somebodys_hands_waits_for_them(welcome: Welcome) -> None:
    """What is being typed stays when somebody changes that cell; Escape then shows what they wrote."""
    ada, ben = await together(welcome, "Under hands", *typed(B2="before"))
    for key, kept in (("Escape", "from Ben"), ("Enter", "half a word")):
        await ada.select("B2")
        await ada.page.keyboard.type("half")
        await ben.edit(ada.workbook, *typed(B2="from Ben", B4="told"))
        await ben.reads("B4", "told")
        await ada.page.keyboard.type(" a word")
        await ada.press(key)
        await expect_inputs(ada, B2=kept, B4="told")
        await expect_drawn(ada, ben)


async def test_a_cell_that_changed_under_somebodys_hands_may_move_as_well(welcome: Welcome) -> None:
    """What somebody wrote into the cell that is being typed in is shown where the cell has gone in the end."""
    ada, ben = await together(welcome, "Changed and moved", *typed(B2="before"))
    await ada.select("B2")
    await ada.page.keyboard.type("half")
    await ben.edit(ada.workbook, *typed(B2="from Ben"))
    await ben.edit(ada.workbook, moving("insert_rows", 1))
    await ada.sees_cell("B3", "from Ben")
    await ada.press("Escape")
    await expect_drawn(ada, ben)


async def test_selection_and_view_stay_with_their_cells(welcome: Welcome) -> None:
    """Rows inserted above move neither what somebody has in view nor what they selected; the others see that too."""
    ada, ben = await together(welcome, "In view", *typed(A60="sixty", A1="top"))
    await ben.page.evaluate(LOOK)
    await ben.select("A3")
    await ben.page.evaluate("openWorkbook().view.rangeOf('Sheet1', 'A60:A61').activate()")
    await ben.page.mouse.move(600, 400)
    await ben.page.mouse.wheel(0, 24 * 45)
    view = "() => openWorkbook().view.workbook.getActiveSheet().getScrollState().sheetViewStartRow"
    await ben.page.wait_for_function(f"({view})() > 20")
    before = await ben.page.evaluate(view)
    await ada.edit(ada.workbook, moving("insert_rows", 2, 5))
    await expect_drawn(ada, ben)
    assert await ben.page.evaluate(view) == before + 5
    await ben.picture("view-after-insert")
    await ada.edit(ada.workbook, moving("delete_rows", 1, 4))
    await expect_drawn(ada, ben)
    assert await ben.page.evaluate(view) == before + 1
    selected = "openWorkbook().view.workbook.getActiveRange().getA1Notation()"
    assert await ben.page.evaluate(selected) == "A61:A62"


async def test_the_table_view_moves_along(welcome: Welcome) -> None:
    """In the table view a text that is being typed goes with its cell, and is given up with it."""
    ada, ben = await together(welcome, "Table", *typed(A2="two", A3="three", A4="four"))
    await ada.page.get_by_role("button", name="Table view").click()
    table = ada.page.get_by_role("grid", name="Sheet1")
    await table.get_by_role("gridcell", name="three").click()
    await ada.page.get_by_label("What A3 holds").fill("thre")
    await ben.edit(ben.workbook, moving("insert_rows", 1))
    await expect(ada.page.get_by_label("What A4 holds")).to_have_value("thre")
    await ada.page.keyboard.type("efold")
    await ada.press("Enter")
    await expect_inputs(ben, A3="two", A4="threefold", A5="four")
    await ada.page.get_by_label("What A5 holds").fill("fo")
    await ben.edit(ben.workbook, moving("delete_rows", 5))
    await ada.sees("Somebody deleted the row or column you were typing in. You had typed: fo")
    await expect(ada.page.get_by_label("What A5 holds")).to_have_value("")
    await ada.page.get_by_role("button", name="Table view").click()
    await expect_drawn(ada, ben)
