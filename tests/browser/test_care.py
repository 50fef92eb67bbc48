"""How the pages are made: for everybody's eyes and keys."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Welcome
from tests.browser.waiting import expect_cell


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_has_a_serious_fault(welcome: Welcome, scheme: str) -> None:
    """Axe finds nothing serious on any page, in either theme."""
    ada = await welcome("ada", scheme)
    await ada.page.goto(f"{ada.url}/sign-in")
    await expect(ada.page.get_by_role("button", name="Sign in")).to_be_visible()
    assert await ada.faults() == []
    await ada.picture(f"sign-in-{scheme}")
    await ada.sign_in()
    assert await ada.faults() == []
    for page, sight in (("marketplace", "Stripe"), ("account", "ada@example.com")):
        await ada.page.goto(f"{ada.url}/{page}")
        await ada.sees(sight)
        assert await ada.faults() == []
        await ada.picture(f"{page}-{scheme}")
    await ada.page.goto(ada.url)
    await ada.open()
    await ada.select("A1")
    assert await ada.faults() == []
    await ada.picture(f"workbook-{scheme}")


async def test_keys_alone_lead_out_of_the_grid_and_to_a_card(welcome: Welcome) -> None:
    """F6 leaves the grid, Shift+F2 explains the selected cell, and Escape goes back."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open()
    await ada.select("B1")
    await ada.press("Shift+F2")
    card = ada.page.get_by_role("dialog", name="About B1")
    await expect(card).to_be_visible()
    await expect(card.get_by_role("button", name="Configure Stripe")).to_be_focused()
    await ada.press("Escape")
    await expect(card).to_have_count(0)
    await ada.press("F6")
    await expect(ada.page.get_by_role("button", name="5 errors")).to_be_focused()
    await ada.press("F6")
    await expect(ada.page.get_by_role("button", name="Our numbers")).to_be_focused()
    await ada.press("F6")
    await ada.page.keyboard.type("typed without a pointer")
    await ada.press("Enter")
    await expect_cell(ada, "B1", lambda cell: cell["input"] == "typed without a pointer")
    await ada.page.get_by_role("button", name="Undo").click()
    await expect_cell(ada, "B1", lambda cell: cell["input"] == "=STRIPE_MRR()")


async def test_it_fits_a_tablet(welcome: Welcome) -> None:
    """Nothing is cut off on a tablet held upright."""
    ada = await (await welcome("ada", width=768, height=1024)).sign_in()
    await ada.open()
    assert await ada.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await ada.picture("tablet")
