"""The picture at the top of the README, made by the program itself."""

import os
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Welcome

README_PICTURE = Path(__file__).parents[2] / "docs" / "screenshot.png"
KEY = "sk_test_sandbox_ada_invented_key"
LOOKS = [
    {"op": "resize", "sheet": "Sheet1", "columns": "A", "size": 230},
    {"op": "format", "sheet": "Sheet1", "range": "A1:A5", "style": {"bold": True}},
    {"op": "format", "sheet": "Sheet1", "range": "B1:B2", "style": {"number_format": "#,##0.00"}},
    {"op": "format", "sheet": "Sheet1", "range": "B4", "style": {"number_format": "#,##0.00"}},
    {"op": "clear", "sheet": "Sheet1", "range": "A7"},
]


async def test_a_workbook_of_live_numbers_can_be_looked_at(welcome: Welcome) -> None:
    """A formatted workbook shows its numbers; with GRIDOS_PICTURE_README=1 its picture is the README's."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open()
    put = await ada.context.request.put(
        f"{ada.url}/settings/plugin-secrets/stripe", data={"secrets": {"SECRET_KEY": KEY}}
    )
    assert put.ok
    await ada.reads("B1", "30,422.17")
    done = await ada.context.request.post(f"{ada.url}/workbook/{ada.workbook}/edits", data={"edits": LOOKS})
    assert done.ok
    await ada.measure()
    await ada.hover("B5")
    await expect(ada.page.get_by_role("tooltip")).to_contain_text("Stripe connection")
    await ada.picture("readme")
    if os.environ.get("GRIDOS_PICTURE_README"):
        await ada.page.screenshot(path=README_PICTURE)
