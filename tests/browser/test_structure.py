"""Rows, sheets and their undoing: the browser asks, the server does it, everybody sees it."""

from playwright.async_api import expect

from tests.browser.conftest import Welcome
from tests.browser.visitor import PATIENCE
from tests.browser.waiting import expect_cell


async def test_inserted_and_deleted_rows_move_formulas_for_everybody(welcome: Welcome) -> None:
    """A row inserted from the menu of a row's number moves what is below, in both browsers, and undo takes it back."""
    ada, ben = await (await welcome("ada")).sign_in(), await (await welcome("ben")).sign_in()
    await ada.open()
    await ben.open()
    await ada.open_row_menu(2)
    await ada.picture("row-menu")
    await ada.page.get_by_text("rows above").click(position={"x": 4, "y": 8})
    await expect_cell(ada, "B3", lambda cell: cell.get("input") == "=B1*12")
    await ben.reads("A3", "A year of it")
    await ada.reads("A2", "empty")
    await ada.page.get_by_role("button", name="Undo").click()
    await ben.reads("A2", "A year of it")

    await ada.open_row_menu(1)
    await ada.page.get_by_text("Delete Selected Row").click()
    await expect_cell(ada, "B1", lambda cell: cell.get("value") == "#REF!")
    await ben.reads("B1", "#REF!")
    await ada.press("Control+z")
    await ben.sees_cell("B2", "")  # what he had selected went down again
    await ben.reads("A1", "Monthly recurring revenue")


async def test_a_new_sheet_is_everybodys(welcome: Welcome) -> None:
    """A sheet added by one appears for the other, who can type into it."""
    ada, ben = await (await welcome("ada")).sign_in(), await (await welcome("ben")).sign_in()
    await ada.open()
    await ben.open()
    await ada.page.get_by_role("button", name="Add a sheet").first.click()
    tab = ben.page.get_by_text("Sheet2", exact=True)
    await expect(tab).to_be_visible(timeout=PATIENCE)
    await tab.click()
    await ben.type("A2", "on the new sheet")
    await ada.page.get_by_text("Sheet2", exact=True).click()
    await ada.reads("A2", "on the new sheet")
    await ada.picture("new-sheet")
