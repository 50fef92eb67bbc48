"""Finding and replacing: in what cells show, on every sheet, and through the server."""

import re

from playwright.async_api import Locator, expect

from tests.browser.conftest import Welcome
from tests.browser.visitor import PATIENCE, Visitor
from tests.browser.waiting import expect_inputs

START = {
    "A1": "apple",
    "A2": "Pineapple",
    "B1": "TRUE",
    "B2": "2025-01-31",
    "C1": '=A1&" pie"',
    "C2": "50%",
    "D9": "'apple",
}


def dialog(visitor: Visitor) -> Locator:
    """The dialog that finds."""
    return visitor.page.get_by_role("dialog", name="Find and replace")


async def look_for(visitor: Visitor, text: str, place: str) -> None:
    """Type what to look for into the open dialog; so many hits there are, and one of them is shown."""
    await dialog(visitor).get_by_role("textbox", name="Find").fill(text)
    await expect(dialog(visitor)).to_contain_text(place, timeout=PATIENCE)


async def choose(visitor: Visitor, what: str, option: str) -> None:
    """Choose from one of the dialog's lists."""
    await dialog(visitor).get_by_role("button", name=re.compile(f"^{what}:")).click()
    await visitor.page.get_by_role("menuitemradio", name=option).click()
    await expect(dialog(visitor).get_by_role("button", name=f"{what}: {option}")).to_be_visible()


async def open_fruit(welcome: Welcome, scheme: str = "light") -> Visitor:
    """A workbook with something to find."""
    ada = await (await welcome("ada", scheme)).sign_in()
    await ada.open_new("Fruit", *({"op": "set", "cell": cell, "input": typed} for cell, typed in START.items()))
    return ada


async def test_what_cells_show_is_found_by_keys_alone(welcome: Welcome) -> None:
    """Ctrl+F finds shown values in reading order and selects them, also new ones; Escape leads back to the grid."""
    ada = await open_fruit(welcome)
    await ada.select("B1")
    await ada.press("Control+f")
    await expect(dialog(ada).get_by_role("textbox", name="Find")).to_be_focused()
    await ada.page.keyboard.type("APPLE")
    await ada.sees_cell("C1", "apple pie")
    for key, cell in (("Enter", "A2"), ("Enter", "D9"), ("Enter", "A1"), ("Shift+Enter", "D9")):
        await ada.press(key)
        await expect(ada.page.get_by_text(re.compile(f"^{cell}, "))).to_be_attached()
    await expect(dialog(ada)).to_contain_text("4/4")
    await ada.edit(ada.workbook, {"op": "set", "cell": "A30", "input": "=UPPER(A2)"})
    await expect(dialog(ada)).to_contain_text("4/5", timeout=PATIENCE)
    await ada.press("Enter")
    await ada.sees_cell("A30", "PINEAPPLE")
    await ada.picture("find")
    for text, cell in (("true", "B1"), ("2025-01", "B2"), ("50%", "C2")):
        await look_for(ada, text, "1/1")
        await expect(ada.page.get_by_text(re.compile(f"^{cell}, "))).to_be_attached()
    await look_for(ada, "pear", "Not found")
    await ada.press("Escape")
    await expect(dialog(ada)).to_have_count(0)
    await ada.press("ArrowRight")
    await expect(ada.page.get_by_text(re.compile("^D2, "))).to_be_attached()
    await ada.press("F6")
    await ada.press("Control+f")
    await expect(dialog(ada).get_by_role("textbox", name="Find")).to_be_focused()
    await ada.press("Escape")
    await ada.page.get_by_role("button", name="Table view").click()
    await ada.press("Control+f")
    await expect(dialog(ada).get_by_role("textbox", name="Find")).to_be_focused()
    await ada.page.keyboard.type("pineapple")
    found = ada.page.get_by_role("gridcell", name="PINEAPPLE", exact=True)
    await expect(found).to_be_in_viewport()
    await ada.press("Escape")
    await expect(found).to_be_focused()


async def test_every_sheet_and_formulas_are_searched(welcome: Welcome) -> None:
    """The other sheets are looked through when asked for, and formulas as they were typed."""
    ada = await open_fruit(welcome)
    await ada.edit(ada.workbook, {"op": "add_sheet", "name": "More"})
    await expect(ada.page.get_by_role("tab", name="More")).to_be_visible(timeout=PATIENCE)
    await ada.edit(ada.workbook, {"op": "set", "sheet": "More", "cell": "B200", "input": "apple tree"})
    await ada.select("A1")
    await ada.page.get_by_role("button", name="Find and replace").click()
    await ada.reach("button", "More options, and replace")
    await ada.press("Enter")
    await choose(ada, "Where", "All sheets")
    await dialog(ada).get_by_role("textbox", name="Find").fill("tree")
    await dialog(ada).get_by_role("button", name="Find", exact=True).click()
    await expect(dialog(ada)).to_contain_text("1/1", timeout=PATIENCE)
    await expect(ada.page.get_by_role("tab", name="More", selected=True)).to_be_visible(timeout=PATIENCE)
    await ada.sees_cell("B200", "apple tree")
    await choose(ada, "What", "Values and formulas")
    await dialog(ada).get_by_role("textbox", name="Find").fill("a1&")
    await dialog(ada).get_by_role("button", name="Find", exact=True).click()
    await ada.sees_cell("C1", "apple pie")


async def test_replacing_is_an_edit_that_one_undo_takes_back(welcome: Welcome) -> None:
    """One hit or all are replaced in what was typed, formulas' values are left, and each act is one step of undo."""
    ada = await open_fruit(welcome)
    await ada.select("A1")
    await ada.press("Control+h")
    await dialog(ada).get_by_role("textbox", name="Find").fill("apple")
    await dialog(ada).get_by_role("textbox", name="Replace").fill("$& plum")
    await dialog(ada).get_by_role("button", name="Find", exact=True).click()
    await expect(dialog(ada)).to_contain_text("1/4", timeout=PATIENCE)
    await dialog(ada).get_by_role("button", name="Replace", exact=True).click()
    await expect_inputs(ada, A1="$& plum", A2="Pineapple", D9="'apple")
    await ada.sees_cell("C1", "$& plum pie")
    await ada.page.get_by_role("button", name="Undo").click()
    await expect_inputs(ada, A1="apple")
    await expect(dialog(ada)).to_contain_text("/4", timeout=PATIENCE)
    await dialog(ada).get_by_role("button", name="Replace all").click()
    await ada.picture("replace-all")
    await ada.page.get_by_role("dialog", name="Replace in every cell").get_by_role("button", name="Replace all").click()
    await expect_inputs(ada, A1="$& plum", A2="Pine$& plum", C1='=A1&" pie"', D9="'$& plum")
    await ada.sees("3 cells were replaced. 1 only show the text")
    await ada.picture("replaced")
    await ada.page.get_by_role("button", name="Undo").click()
    await expect_inputs(ada, A1="apple", A2="Pineapple", C1='=A1&" pie"', D9="'apple")


async def test_a_viewer_finds_and_cannot_replace(welcome: Welcome) -> None:
    """Whoever may only look can find; both ways to replace are off."""
    ada, ben = await open_fruit(welcome), await (await welcome("ben")).sign_in()
    share = {"email": "ben@example.com", "role": "viewer"}
    await ada.context.request.post(f"{ada.url}/workbook/{ada.workbook}/collaborators", data=share)
    await ben.page.goto(ada.page.url)
    await ben.sees("View only")
    await ben.select("A1")
    await ben.press("Control+h")
    await dialog(ben).get_by_role("textbox", name="Find").fill("pine")
    await dialog(ben).get_by_role("button", name="Find", exact=True).click()
    await ben.sees_cell("A2", "Pineapple")
    for name in ("Replace", "Replace all"):
        await expect(dialog(ben).get_by_role("button", name=name, exact=True)).to_be_disabled()


async def test_finding_has_no_serious_fault(welcome: Welcome) -> None:
    """Axe finds nothing serious in the dialog, in either theme."""
    for scheme in ("light", "dark"):
        ada = await open_fruit(welcome, scheme)
        await ada.select("A1")
        await ada.press("Control+f")
        await look_for(ada, "apple", "1/4")
        await ada.picture(f"find-{scheme}")
        assert await ada.faults() == []
        await ada.press("Control+h")
        await expect(dialog(ada).get_by_role("textbox", name="Replace")).to_be_visible()
        assert await ada.faults() == []
        await ada.picture(f"replace-{scheme}")
