"""Copy and paste: between spreadsheets, within the grid, and where it is refused."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.browser.conftest import Welcome
from tests.browser.visitor import Visitor
from tests.browser.waiting import expect_inputs

COPIES = Path(__file__).parents[2] / "ui" / "src" / "workbook" / "grid" / "clipboard" / "testing"
COPY = """({html, text}) => {
  document.addEventListener("copy", (event) => {
    event.preventDefault();
    if (html) event.clipboardData.setData("text/html", html);
    event.clipboardData.setData("text/plain", text);
  }, {once: true});
  document.execCommand("copy");
}"""


class Elsewhere:
    """Another program's window, whose copies reach the clipboard as that program wrote them."""

    def __init__(self, visitor: Visitor, page: Page) -> None:
        self._visitor = visitor
        self._page = page

    @classmethod
    async def beside(cls, visitor: Visitor) -> "Elsewhere":
        """A window of the same person."""
        page = await visitor.context.new_page()
        await page.goto(f"{visitor.url}/healthz")
        return cls(visitor, page)

    async def copy(self, text: str, html: str = "") -> None:
        """Copy, and go back to the grid."""
        await self._page.bring_to_front()
        await self._page.evaluate(COPY, {"html": html, "text": text})
        await self._visitor.page.bring_to_front()


async def outline(visitor: Visitor) -> dict[str, Any]:
    """The first sheet as the server knows it, without its cells."""
    return (await visitor.fetch(f"/workbook/{visitor.workbook}"))["sheets"][0]


async def test_what_other_spreadsheets_copy_can_be_pasted(welcome: Welcome) -> None:
    """Values, dates, formulas, formats and merged cells of Excel and Google Sheets arrive, and plain text does."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open_new("Pasted", {"op": "set", "cell": "C2", "input": "in the way"})
    elsewhere = await Elsewhere.beside(ada)
    await elsewhere.copy("not looked at", (COPIES / "excel.txt").read_text("utf-8"))
    await ada.select("B2")
    await ada.press("Control+v")
    await expect_inputs(ada, B2="Quarterly numbers", C2="", C3="1234.5", D3="2025-01-31", B4="two\nlines", B6="'007")
    cells = await ada.cells()
    assert cells["B2"]["style"] == {"bold": True, "background": "#ffe699", "horizontal_align": "center"}
    assert (cells["D5"]["value"], cells["D5"]["style"]["number_format"]) == (45688.0, "dd/mm/yyyy")
    assert (await outline(ada))["merges"] == ["B2:D2", "B7:B8"]
    await ada.picture("pasted-from-excel")

    await ada.page.get_by_role("button", name="Undo").click()
    await expect_inputs(ada, B2="", C2="in the way", D3="")
    assert (await outline(ada))["merges"] == []
    await elsewhere.copy("not looked at", (COPIES / "google-sheets.txt").read_text("utf-8"))
    await ada.select("F2")
    await ada.press("Control+v")
    await expect_inputs(ada, F2="Quarterly numbers", G3="1234.5", G4="=G3*2", H3="2025-01-31", G5="TRUE", H5="'007")

    await elsewhere.copy('x\t"two\nlines"\n5%\t=A13*2\n')
    await ada.select("A12")
    await ada.press("Control+v")
    await expect_inputs(ada, A12="x", B12="two\nlines", A13="5%", B13="=A13*2")


async def test_the_grids_own_copies_keep_formulas(welcome: Welcome) -> None:
    """A copy adapts its formulas, a cut takes references along, filling continues, and others get tables and text."""
    ada = await (await welcome("ada")).sign_in()
    start = {"A1": "1", "A2": "2", "B1": "=A1*10", "C1": "=A1", "D1": "TRUE", "C2": "2025-01-31", "D6": "two\nlines"}
    await ada.open_new("Copied", *({"op": "set", "cell": cell, "input": typed} for cell, typed in start.items()))
    await ada.drag("A1", "B1")
    await ada.press("Control+c")
    await ada.select("E5")
    await ada.press("Control+v")
    await expect_inputs(ada, E5="1", F5="=E5*10")
    await ada.select("A1")
    await ada.press("Control+x")
    await ada.select("H3")
    await ada.press("Control+v")
    await expect_inputs(ada, A1="", H3="1", B1="=H3*10", C1="=H3")
    await ada.press("Control+z")
    await expect_inputs(ada, A1="1", H3="", B1="=A1*10", C1="=A1")

    await ada.select("A1")
    await ada.press("Shift+ArrowDown")
    await ada.fill("A2", "A4")
    await expect_inputs(ada, A3="3", A4="4")
    await ada.select("C2")
    await ada.fill("C2", "C4")
    await expect_inputs(ada, C3="2025-02-01", C4="2025-02-02")
    await ada.drag("B1", "B4")
    await ada.press("Control+d")
    await expect_inputs(ada, B2="=A2*10", B4="=A4*10")

    await ada.drag("A1", "D6")
    await ada.press("Control+c")
    other = await ada.beside()
    await other.open_new("Elsewhere")
    await other.select("B3")
    await other.press("Control+v")
    await expect_inputs(other, B3="1", C3="=B3*10", E3="TRUE", E8="two\nlines", C4="=B4*10")


async def test_a_paste_makes_a_sheet_grow_for_everybody(welcome: Welcome) -> None:
    """Rows beyond the last one appear in every browser, which stays where it was; what cannot fit is refused."""
    ada, ben = await (await welcome("ada")).sign_in(), await (await welcome("ben")).sign_in()
    await ada.open()
    await ben.open()
    await ben.select("C8")
    elsewhere = await Elsewhere.beside(ada)
    await elsewhere.copy("\n".join(f"{row}\t=C{row + 7}*2" for row in range(1, 1_501)))
    await ada.select("C8")
    await ada.press("Control+v")
    await ben.sees_cell("C8", "1")
    assert (await outline(ada))["rows"] == 1_507
    await ben.press("Control+ArrowDown")
    await ben.sees_cell("C1507", "1,500")
    await ada.press("Control+z")
    await ben.sees_cell("C1507", "empty")
    await elsewhere.copy("1\t2\n" * 100_000)
    await ada.select("C8")
    await ada.press("Control+v")
    await ada.sees("Nothing was pasted.")
    assert (await outline(ada))["rows"] == 1_507


async def test_a_viewer_cannot_paste(welcome: Welcome) -> None:
    """Pasting where one may only look is refused with a sentence, by key and all."""
    ada, ben = await (await welcome("ada")).sign_in(), await (await welcome("ben")).sign_in()
    await ada.open_new("To look at")
    share = {"email": "ben@example.com", "role": "viewer"}
    await ada.context.request.post(f"{ada.url}/workbook/{ada.workbook}/collaborators", data=share)
    await ben.page.goto(ada.page.url)
    await ben.sees("View only")
    elsewhere = await Elsewhere.beside(ben)
    await elsewhere.copy("not\tallowed")
    await ben.select("B2")
    await ben.press("Control+v")
    await ben.sees("You may look at this workbook, not change it.")
    await ben.press("Delete")
    assert await ada.cells() == {}
