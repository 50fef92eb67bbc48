"""The largest sheets: the last column is a column as any other, and what is too much is refused before it begins."""

from tests.browser.conftest import Welcome
from tests.browser.test_grid_clipboard import Elsewhere
from tests.browser.visitor import Visitor
from tests.browser.waiting import expect_cell, expect_inputs


async def select_columns(visitor: Visitor, first: str, last: str) -> None:
    """Drag over the letters of columns."""
    box = await visitor.page.locator("canvas[id^=univer-sheet-main]").bounding_box()
    assert box
    (left, _), (right, _) = [await visitor.middle_of(f"{column}1") for column in (first, last)]
    await visitor.page.mouse.move(left, box["y"] + 10)
    await visitor.page.mouse.down()
    await visitor.page.mouse.move(right, box["y"] + 10, steps=4)
    await visitor.page.mouse.up()


async def test_a_sheet_has_a_thousand_columns(welcome: Welcome) -> None:
    """A cell in the last column lets an open sheet reach there; it is typed into and read, and none is pushed out."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open_new("Wide", {"op": "set", "cell": "A1", "input": "1"})
    await ada.edit(
        ada.workbook, {"op": "set", "cell": "ALL1", "input": "=A1+998"}, {"op": "set", "cell": "ALL3", "input": "3"}
    )
    await ada.select("A1")
    await ada.press("Control+ArrowRight")
    await ada.sees_cell("ALL1", "999, formula")
    await ada.press("ArrowDown")
    await ada.page.keyboard.type("=ALL1+1")
    await ada.press("Enter")
    await ada.sees_cell("ALL3", "3")
    await expect_cell(ada, "ALL2", lambda cell: cell.get("value") == 1000)
    await ada.picture("last-column")
    await ada.page.reload()
    await ada.arrive()
    await ada.select("A1")
    await ada.open_column_menu("B")
    await ada.page.get_by_text("cols left").click(position={"x": 4, "y": 8})
    await ada.sees("This would push cells that are not empty out of the sheet.")
    await expect_inputs(ada, ALL1="=A1+998", ALL2="=ALL1+1", ALL3="3")


async def test_what_is_too_much_is_refused_before_it_begins(welcome: Welcome) -> None:
    """Filling or formatting too many cells at once changes nothing and says so; a whole column is not too much."""
    ada = await (await welcome("ada")).sign_in()
    start = {"A1": "7", "B1": "8", "D5": "keep", "F100000": "end"}
    await ada.open_new("Long", *({"op": "set", "cell": cell, "input": typed} for cell, typed in start.items()))
    await select_columns(ada, "A", "B")
    await ada.press("Control+d")
    await ada.sees("This changes more than 100,000 cells at once.")
    await ada.picture("too-much")
    await ada.press("Control+a")
    await ada.press("Control+b")
    await ada.sees("This changes more than 200,000 cells at once.")
    elsewhere = await Elsewhere.beside(ada)
    await elsewhere.copy("1\t2\n" * 50_001)
    await ada.select("A2")
    await ada.press("Control+v")
    await ada.sees("This is more than 100,000 filled cells.")
    cells = await ada.cells()
    assert {cell: one["input"] for cell, one in cells.items()} == start
    assert all("style" not in one for one in cells.values())
    await ada.reads("A2", "empty")

    await ada.open_column_menu("D")
    await ada.press("Escape")
    await ada.press("Control+b")
    await expect_cell(ada, "D5", lambda cell: cell.get("style") == {"bold": True})
    await ada.press("Delete")
    await expect_inputs(ada, D5="", A1="7")
    await ada.press("Control+a")
    await ada.press("Delete")
    await expect_inputs(ada, A1="", F100000="")
    await ada.reads("A1", "empty")
    await ada.press("Control+z")
    await ada.sees_cell("A1", "7")
