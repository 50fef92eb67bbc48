"""The picture at the top of the README, made by the program itself."""

import os
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import Welcome

README_PICTURE = Path(__file__).parents[2] / "docs" / "screenshot.png"
KEY = "sk_test_sandbox_ada_invented_key"
MONEY, HEAD = "€#,##0.00", {"bold": True, "background": "#e7f7f1"}
CELLS = {
    "A1": "Our numbers, live from Stripe",
    "A3": "Recurring",
    "B3": "Now",
    "A4": "Monthly recurring revenue",
    "B4": "=STRIPE_MRR()",
    "A5": "A year of it",
    "B5": "=B4*12",
    "A6": "Active subscribers",
    "B6": "=STRIPE_ACTIVE_SUBSCRIBERS()",
    "A7": "Customers",
    "B7": "=STRIPE_CUSTOMER_COUNT()",
    "A8": "Each subscriber pays",
    "B8": "=B4/B6",
    "D3": "The last days",
    "E3": "Revenue",
    "F3": "Charges",
    "G3": "On average",
    **{
        cell: text
        for row, days in ((4, 7), (5, 30), (6, 90))
        for cell, text in {
            f"D{row}": str(days),
            f"E{row}": f"=STRIPE_REVENUE(D{row})",
            f"F{row}": f"=STRIPE_CHARGE_COUNT(D{row})",
            f"G{row}": f"=E{row}/F{row}",
        }.items()
    },
}
STYLES = {
    "A1": {"bold": True, "font_size": 14},
    "A3:B3": HEAD,
    "D3:G3": HEAD,
    "B3": {"horizontal_align": "right"},
    "E3:G3": {"horizontal_align": "right"},
    "B4:B5": {"number_format": MONEY},
    "B8": {"number_format": MONEY},
    "E4:E6": {"number_format": MONEY},
    "G4:G6": {"number_format": MONEY},
}
WORK = [
    {"op": "clear", "sheet": "Sheet1", "range": "A1:B7"},
    {"op": "resize", "sheet": "Sheet1", "columns": "A", "size": 230},
    *({"op": "set", "sheet": "Sheet1", "cell": cell, "input": text} for cell, text in CELLS.items()),
    *({"op": "format", "sheet": "Sheet1", "range": area, "style": style} for area, style in STYLES.items()),
]


async def test_a_workbook_of_live_numbers_can_be_looked_at(welcome: Welcome) -> None:
    """A formatted workbook shows its numbers; with GRIDOS_PICTURE_README=1 its picture is the README's."""
    ada, ben = await (await welcome("ada")).sign_in(), await (await welcome("ben")).sign_in()
    await ada.open()
    secrets = {"secrets": {"SECRET_KEY": KEY}}
    assert (await ada.context.request.put(f"{ada.url}/settings/plugin-secrets/stripe", data=secrets)).ok
    done = await ada.context.request.post(f"{ada.url}/workbook/{ada.workbook}/edits", data={"edits": WORK})
    assert done.ok
    await ben.open()
    await ben.select("G5")
    await ada.measure()
    await ada.reads("B4", "€30,362.82")
    await ada.hover("E6")
    await expect(ada.page.get_by_role("tooltip", name="About E6")).to_contain_text("Stripe connection")
    await expect(ada.page.locator(".presence-name")).to_be_visible()
    await ada.picture("readme")
    if os.environ.get("GRIDOS_PICTURE_README"):
        await ada.page.screenshot(path=README_PICTURE)
