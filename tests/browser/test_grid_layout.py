"""Columns, sizes, merges, sheets, names and formats: what the grid's menus do, the server keeps."""

from typing import Any

from playwright.async_api import expect

from tests.browser.conftest import Welcome
from tests.browser.visitor import PATIENCE, Visitor
from tests.browser.waiting import expect_cell, expect_inputs, expect_workbook

START = [{"op": "set", "cell": cell, "input": typed} for cell, typed in {"A1": "1", "B1": "2", "C1": "=A1+B1"}.items()]


async def choose(visitor: Visitor, *texts: str) -> None:
    """Go through a menu that is open: rest on its parts, and click the last one."""
    *parts, last = texts
    for part in parts:
        await visitor.page.get_by_text(part, exact=True).last.hover()
    await visitor.page.get_by_text(last).last.click(position={"x": 4, "y": 8})


def first(workbook: dict[str, Any]) -> dict[str, Any]:
    """The first sheet's outline."""
    return workbook["sheets"][0]


async def test_columns_and_layout_are_the_servers(welcome: Welcome) -> None:
    """Inserted, deleted and hidden columns, frozen panes and merged cells are still there after a reload."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open_new("Layout", *START)
    await ada.open_column_menu("B")
    await choose(ada, "cols left")
    await expect_inputs(ada, B1="", C1="2", D1="=A1+C1")
    await ada.press("Control+z")
    await expect_inputs(ada, C1="=A1+B1")
    await ada.open_column_menu("A")
    await choose(ada, "Delete Selected Column")
    await expect_inputs(ada, A1="2", B1="=#REF!+A1")
    await ada.press("Control+z")
    await expect_inputs(ada, C1="=A1+B1")
    await ada.open_column_menu("E")
    await choose(ada, "Hide Selected Column")
    await expect_workbook(ada, lambda book: first(book)["sizes"]["columns"] == {"E:E": 0})
    await ada.open_row_menu(2)
    await choose(ada, "Freeze", "Freeze to row 1")
    await expect_workbook(ada, lambda book: first(book)["frozen"]["rows"] == 1)
    await ada.drag("B5", "C6")
    await ada.page.get_by_role("button", name="Merge cells").first.click()
    await choose(ada, "Merge all")
    await expect_workbook(ada, lambda book: first(book)["merges"] == ["B5:C6"])
    await ada.page.reload()
    await ada.sees("Live")
    await ada.select("C5", reads="B5")
    await ada.picture("layout")
    await ada.press("Control+z")
    await expect_workbook(ada, lambda book: first(book)["merges"] == [])


async def test_rows_and_columns_are_frozen_beside_each_other(welcome: Welcome) -> None:
    """Freezing rows keeps frozen columns and the other way round, also while the sheet is scrolled."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open_new("Frozen", {"op": "freeze", "rows": 0, "columns": 1}, *START)
    await ada.open_row_menu(4)
    await choose(ada, "Freeze", "Freeze to row 3")
    await expect_workbook(ada, lambda book: first(book)["frozen"] == {"rows": 3, "columns": 1})
    await ada.open_column_menu("C")
    await choose(ada, "Freeze", "Freeze to column B")
    await expect_workbook(ada, lambda book: first(book)["frozen"] == {"rows": 3, "columns": 2})
    await ada.select("D5")
    for _ in range(30):
        await ada.press("ArrowDown")
    await ada.picture("frozen")
    await ada.open_column_menu("D")
    await choose(ada, "Freeze", "Freeze first column")
    await expect_workbook(ada, lambda book: first(book)["frozen"] == {"rows": 3, "columns": 1})
    await ada.open_column_menu("D")
    await choose(ada, "Freeze", "Cancel freeze")
    await expect_workbook(ada, lambda book: first(book)["frozen"] == {"rows": 0, "columns": 0})


async def test_a_width_or_height_is_typed_into_the_menu(welcome: Welcome) -> None:
    """A size typed into the menu of a column or a row is taken with Enter, and so is how many rows to insert."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open_new("Sizes", *START)
    await ada.open_column_menu("B")
    await type_into_menu(ada, "Column Width", "200")
    await expect_workbook(ada, lambda book: first(book)["sizes"]["columns"] == {"B:B": 200})
    await expect(ada.page.get_by_text("Column Width")).not_to_be_in_viewport()
    await ada.open_row_menu(3)
    await type_into_menu(ada, "Row Height", "48")
    await expect_workbook(ada, lambda book: first(book)["sizes"]["rows"] == {"3:3": 48})
    await ada.open_row_menu(1)
    await type_into_menu(ada, "rows above", "2")
    await expect_inputs(ada, A1="", A3="1")


async def type_into_menu(visitor: Visitor, line: str, text: str) -> None:
    """Type into the field on a line of an open menu, and press Enter."""
    await visitor.page.get_by_role("button").filter(has_text=line).get_by_role("textbox").fill(text)
    await visitor.press("Enter")


async def test_sheets_and_names_are_the_servers(welcome: Welcome) -> None:
    """A sheet is added and shown, renamed with its references and deleted; undo brings it back; names are offered."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open_new("Sheets", {"op": "define_name", "name": "Tariff", "refers_to": "Sheet1!$A$1"}, *START)
    await ada.page.get_by_role("button", name="Add a sheet").first.click()
    await expect(ada.page.get_by_role("tab", name="Sheet2", selected=True)).to_be_visible(timeout=PATIENCE)
    await ada.type("A1", "=Sheet1!B1+Tariff")
    await ada.reads("A1", "3, formula")
    await ada.page.get_by_role("tab", name="Sheet1").click(button="right")
    await choose(ada, "Rename")
    await ada.press("Control+a")
    await ada.page.keyboard.type("Costs")
    await ada.press("Enter")
    await expect_workbook(ada, lambda book: [sheet["name"] for sheet in book["sheets"]] == ["Costs", "Sheet2"])
    cells = (await ada.fetch(f"/workbook/{ada.workbook}/cells?sheet=Sheet2"))["cells"]
    assert cells[0]["input"] == "=Costs!B1+Tariff"
    await ada.page.get_by_role("tab", name="Sheet2").click(button="right")
    await choose(ada, "Delete")
    await ada.page.get_by_role("button", name="OK").click()
    await expect(ada.page.get_by_role("tab", name="Sheet2")).to_have_count(0, timeout=PATIENCE)
    await ada.page.get_by_role("button", name="Undo").click()
    await expect(ada.page.get_by_role("tab", name="Sheet2")).to_be_visible(timeout=PATIENCE)


async def test_formats_of_cells_and_whole_columns_are_kept(welcome: Welcome) -> None:
    """The toolbar formats a range or a whole column, a text that only looks like a date gets no format for it."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open_new("Formats", *START)
    typed = {"F2": "31-Jan-2025", "G2": "3/4/2025", "F3": "12.345%", "G3": "2025-01-31", "F4": "'007"}
    for cell, text in typed.items():
        await ada.type(cell, text)
    await ada.drag("A1", "B1")
    for tool in ("Underline", "Percent", "Larger text"):
        await ada.page.get_by_role("toolbar").get_by_role("button", name=tool).click()
    look = {"underline": True, "number_format": "0%", "font_size": 12}
    await expect_cell(ada, "B1", lambda cell: cell.get("style") == look)
    await ada.open_column_menu("D")
    await ada.press("Escape")
    await ada.press("Control+b")
    await expect_cell(ada, "D900", lambda cell: cell.get("style") == {"bold": True})
    cells = await ada.cells()
    assert [cells[cell]["value"] for cell in typed] == ["31-Jan-2025", "3/4/2025", 0.12345, 45688.0, "007"]
    assert "style" not in cells["F2"]
    await ada.page.get_by_role("button", name="Undo").click()
    await expect_cell(ada, "D900", lambda cell: cell == {})


async def test_enter_takes_an_offered_function(welcome: Welcome) -> None:
    """With a function offered, Enter and Tab write it out; with none open, Enter ends the formula."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open_new("Functions")
    for cell, key in (("A1", "Enter"), ("A2", "Tab")):
        await ada.select(cell)
        await ada.page.keyboard.type("=STRIPE_ACT", delay=20)
        await ada.sees("Distinct customers with an active subscription.")
        await ada.press(key)
        await expect(ada.page.get_by_text("STRIPE_ACTIVE_SUBSCRIBERS(").first).to_be_visible(timeout=PATIENCE)
        await ada.page.keyboard.type(")")
        await ada.press("Enter")
        await expect_inputs(ada, **{cell: "=STRIPE_ACTIVE_SUBSCRIBERS()"})
    await ada.type("A3", "=SUM(1,2)")
    await expect_inputs(ada, A3="=SUM(1,2)")
