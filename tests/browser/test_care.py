"""How the pages are made: for everybody's eyes and keys."""

import re
from typing import Literal

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Welcome
from tests.browser.test_first_number import SANDBOX_KEY
from tests.browser.visitor import Visitor
from tests.browser.waiting import expect_cell

NOBODYS = "00000000-0000-4000-8000-00000000dead"


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
    await ada.page.goto(f"{ada.url}/w/{NOBODYS}")
    await ada.sees("This workbook cannot be opened")
    assert await ada.faults() == []
    await ada.page.goto(ada.url)
    await ada.open()
    await ada.select("B1")
    assert await ada.faults() == []
    await ada.picture(f"workbook-{scheme}")
    await ada.page.get_by_role("button", name="Table view").click()
    await expect(ada.page.get_by_role("grid", name="Sheet1")).to_be_visible()
    await ada.page.mouse.move(0, 0)  # the button's tooltip would fade in under axe's eyes
    assert await ada.faults() == []
    await ada.picture(f"table-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_dialog_has_a_serious_fault_and_each_gives_the_focus_back(welcome: Welcome, scheme: str) -> None:
    """What opens over a page is as well made as the page, and Escape leads back to what opened it."""
    ada = await (await welcome("ada", scheme)).sign_in()
    await look_into(ada, "What to do with Our numbers", "menu", "home-menu")
    for item, focused in (("Rename", "Title"), ("Delete", "Cancel")):
        opener = ada.page.get_by_role("button", name="What to do with Our numbers")
        await opener.click()
        await ada.page.get_by_role("menuitem", name=item).click()
        dialog = ada.page.get_by_role("dialog")
        await expect(dialog.get_by_label(focused).or_(dialog.get_by_role("button", name=focused))).to_be_focused()
        assert await ada.faults() == []
        await ada.picture(f"{item.lower()}-{scheme}")
        await ada.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(opener).to_be_focused()
    await look_into(ada, "Appearance", "menu", "appearance")
    await ada.page.get_by_role("link", name="Marketplace").click()
    for plugin in ("Stripe", "Shopify", "GitHub"):
        await look_into(ada, f"Configure {plugin}", "dialog", f"configure-{plugin}-{scheme}")
    await ada.page.get_by_role("link", name="Workbooks").click()
    await ada.open()
    await look_into(ada, "Refresh", "menu", f"refresh-{scheme}")
    await look_into(ada, "Share", "dialog", f"share-{scheme}")
    await look_into(ada, "Help with keys", "dialog", f"shortcuts-{scheme}")
    await ada.select("B1")
    # The grid's own list of keys, by its key: there is one way in.
    await ada.press("Control+Backslash")
    await expect(ada.page.get_by_text("Shortcuts", exact=True)).to_have_count(0)
    await ada.press("Control+/")
    await expect(ada.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_question_before_disconnecting_is_as_well_made(welcome: Welcome, scheme: str) -> None:
    """The question has no serious fault, says what will stop, and Escape leads back, not out of the settings."""
    ada = await (await welcome("ada", scheme)).sign_in()
    secrets = f"{ada.url}/settings/plugin-secrets/stripe"
    await ada.context.request.put(secrets, data={"secrets": {"SECRET_KEY": SANDBOX_KEY}})
    await ada.page.get_by_role("link", name="Marketplace").click()
    await ada.page.get_by_role("button", name="Configure Stripe").click()
    opener = ada.page.get_by_role("button", name="Disconnect")
    await opener.click()
    question = ada.page.get_by_role("dialog", name="Disconnect Stripe")
    await expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    await expect(question).to_contain_text("This erases 1 stored value.")
    assert await ada.faults() == []
    await ada.picture(f"disconnect-{scheme}")
    await ada.press("Escape")
    await expect(question).to_have_count(0)
    await expect(opener).to_be_focused()
    await ada.context.request.delete(secrets)


async def look_into(ada: Visitor, button: str, opens: Literal["menu", "dialog"], picture: str) -> None:
    """Open something, look for faults, and leave it."""
    opener = ada.page.get_by_role("button", name=button, exact=True)
    await opener.click()
    await expect(ada.page.get_by_role(opens)).to_be_visible()
    await expect(ada.page.locator("[role=dialog] [role=status][aria-label]")).to_have_count(0)
    assert await ada.faults() == []
    await ada.picture(picture)
    await ada.press("Escape")
    await expect(ada.page.get_by_role(opens)).to_have_count(0)
    await expect(opener).to_be_focused()


async def test_keys_alone_lead_to_the_first_number(welcome: Welcome) -> None:
    """Sign in, connect Stripe, type a formula and hear its answer arrive, without a pointer."""
    ada = await welcome("ada")
    await ada.page.goto(f"{ada.url}/sign-in")
    await expect(ada.page.get_by_label("E-mail")).to_be_focused()
    await ada.page.keyboard.type("ada@example.com")
    await ada.press("Tab")
    await ada.page.keyboard.type("ada-in-the-demo")
    await ada.press("Enter")
    await ada.sees("My workbooks")
    await ada.reach("link", "Marketplace")
    await ada.press("Enter")
    await ada.sees("Plugins bring functions")
    await ada.reach("button", "Configure Stripe")
    await ada.press("Enter")
    await expect(ada.page.get_by_label("Secret or restricted key")).to_be_focused()
    await ada.page.keyboard.type("sk_test_sandbox_ada_invented_key")
    await ada.press("Enter")
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)
    await expect(ada.page.get_by_role("button", name="Configure Stripe")).to_be_focused()
    await ada.reach("link", "Workbooks")
    await ada.press("Enter")
    await ada.sees("My workbooks")
    await ada.reach("link", "Our numbers")
    await ada.press("Enter")
    await ada.arrive()
    for keys in ("F6", "F6", "F6", "Control+Home", "ArrowRight", "ArrowRight"):
        await ada.press(keys)
    await expect(ada.page.get_by_text(re.compile("^C1, "))).to_be_attached()
    await ada.page.keyboard.type("=STRIPE_CHARGE_COUNT(7)")
    await ada.press("Enter")
    await expect(ada.page.get_by_test_id("arrivals")).to_have_text("1 answer arrived")
    await ada.press("ArrowUp")
    await expect(ada.page.get_by_text(re.compile(r"^C1, [\d,]+, formula, fetched"))).to_be_attached()
    await ada.press("Delete")
    await ada.context.request.delete(f"{ada.url}/settings/plugin-secrets/stripe")


async def test_the_table_view_is_a_table_one_can_work_in(welcome: Welcome) -> None:
    """The sheet is a table of the page; arrows move in it, what is typed is kept, and the grid goes where it was."""
    ada = await (await welcome("ada", width=820, height=1180)).sign_in()
    await ada.open()
    await ada.page.get_by_role("button", name="Table view").click()
    table = ada.page.get_by_role("grid", name="Sheet1")
    await expect(table.get_by_role("columnheader", name="C", exact=True)).to_be_visible()
    await expect(table.get_by_role("row", name=re.compile("^2 A year of it"))).to_contain_text(
        "Stripe is not connected"
    )
    await table.get_by_role("gridcell", name="Customers").click()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "4", "2", "Enter"):
        await ada.press(key)
    await expect(table.get_by_role("gridcell", name="42", exact=True)).to_be_visible()
    await expect(ada.page.get_by_label("What B9 holds")).to_be_focused()
    await ada.page.keyboard.type("=B8+1")
    await ada.press("Enter")
    await expect(table.get_by_role("gridcell", name="43", exact=True)).to_be_visible()
    await ada.page.get_by_role("button", name="Later rows").click()
    await ada.sees("Rows 41 to 80 of")
    await ada.page.reload()
    await expect(table).to_be_visible()
    await table.get_by_role("gridcell", name="Customers").click()
    await ada.page.get_by_role("button", name="Table view").click()
    await expect(table).to_have_count(0)
    await expect(ada.page.get_by_text(re.compile("^A5, Customers"))).to_be_attached()
    await ada.reads("B9", "43, formula")


async def test_it_moves_little_for_those_who_ask(welcome: Welcome) -> None:
    """Whoever asks for reduced motion sees no transition of ours that lasts."""
    ada = await welcome("ada")
    await ada.page.emulate_media(reduced_motion="reduce")
    await ada.sign_in()
    await ada.page.get_by_role("button", name="What to do with Our numbers").click()
    await ada.page.get_by_role("menuitem", name="Delete").click()
    await expect(ada.page.get_by_role("dialog")).to_be_visible()
    lasting = await ada.page.evaluate(
        "document.getAnimations().filter(one => one.effect.getComputedTiming().duration > 1).length"
    )
    assert lasting == 0


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
    await expect(ada.page.get_by_role("button", name="B1: Stripe is not connected")).to_be_focused()
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
    for page in ("marketplace", "account", ""):
        await ada.page.goto(f"{ada.url}/{page}")
        await expect(ada.page.get_by_role("heading", level=1)).to_be_visible()
        assert await ada.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await ada.open()
    assert await ada.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await ada.picture("tablet")
