"""What a person sees of the vault: a key that stops working, the way back, and what happened."""

import csv
import io

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Welcome
from tests.browser.test_first_number import SANDBOX_KEY, WRONG_KEY
from tests.browser.visitor import PATIENCE, Visitor


async def configure(ada: Visitor) -> None:
    """Open the settings of Stripe, on the marketplace."""
    await ada.page.get_by_role("link", name="Marketplace").click()
    await ada.page.get_by_role("button", name="Configure Stripe").click()


async def test_a_refusal_is_told_in_a_workbook_that_is_open(welcome: Welcome) -> None:
    """A key that stops working while its owner looks at the numbers is told there, by itself."""
    ada = await (await welcome("ada")).sign_in()
    refused, secrets = ada.page.get_by_text("Stripe refuses your connection."), "/settings/plugin-secrets/stripe"
    await ada.context.request.put(ada.url + secrets, data={"secrets": {"SECRET_KEY": SANDBOX_KEY}})
    await ada.open()
    await ada.reads("B1", "30,362.82, formula, fetched")
    await expect(refused).to_have_count(0)
    await ada.context.request.put(ada.url + secrets, data={"secrets": {"SECRET_KEY": WRONG_KEY}})
    await expect(refused).to_be_visible(timeout=PATIENCE)
    assert (await ada.fetch(f"{secrets}/status"))["state"] == "needs_attention"
    await ada.picture("refused-while-open")
    await ada.context.request.delete(ada.url + secrets)


async def test_a_refused_key_is_told_and_taken_back(welcome: Welcome) -> None:
    """Home and workbook say that Stripe refuses the key; the key before ends that, and the history tells it all."""
    ada = await (await welcome("ada", "dark")).sign_in()
    refused, field = ada.page.get_by_text("Stripe refuses your connection."), ada.page.get_by_label("restricted key")
    await configure(ada)
    await field.fill(SANDBOX_KEY)
    await ada.page.get_by_role("button", name="Test & save").click()
    await ada.sees("Connected to Stripe.")
    await configure(ada)
    await ada.page.get_by_role("button", name="Replace").click()
    await field.fill(WRONG_KEY)
    await ada.page.get_by_role("button", name="Test & save").click()
    await ada.page.get_by_role("button", name="Save without testing").click()
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)

    await ada.page.get_by_role("link", name="Workbooks").click()
    await ada.open()
    await expect(refused).to_be_visible()
    assert await ada.faults() == []
    await ada.picture("refused-workbook")
    await ada.page.get_by_role("link", name="Workbooks").click()
    await expect(refused).to_be_visible()
    assert await ada.faults() == []
    await ada.picture("refused-home")

    await ada.page.get_by_role("button", name="Configure Stripe").click()
    back = ada.page.get_by_role("button", name="Go back to the key before")
    await expect(back).to_be_visible()
    assert await ada.faults() == []
    await ada.picture("way-back")
    await back.click()
    await ada.page.get_by_role("button", name="Go back", exact=True).click()
    await ada.sees("What was stored for Stripe before is back.")
    await expect(refused).to_have_count(0)
    await ada.open()
    await ada.reads("B1", "30,362.82, formula, fetched")
    await expect(refused).to_have_count(0)

    await ada.page.get_by_role("button", name="Your account").click()
    await ada.page.get_by_role("menuitem", name="Activity").click()
    await ada.sees("Put back, as it was before")
    await ada.picture("activity-dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_happened_is_a_page_for_everybody(welcome: Welcome, scheme: str) -> None:
    """Axe finds nothing serious on it; with keys alone one chooses a plugin, reads on and gets the file."""
    name = f"reader-{scheme}"
    reader = await (await welcome(name, scheme)).sign_up()
    await reader.page.goto(f"{reader.url}/activity")
    await reader.sees("Nothing has happened yet.")
    assert await reader.faults() == []
    for number in range(26):
        for value in (f"sk_test_{number}", ""):
            body = {"secrets": {"SECRET_KEY": value}}
            assert (await reader.context.request.put(f"{reader.url}/settings/plugin-secrets/stripe", data=body)).ok
    await reader.page.goto(f"{reader.url}/marketplace?configure=stripe")
    async with reader.context.expect_page() as opened:
        await reader.page.get_by_role("link", name="What happened with this connection").click()
    beside = await opened.value
    await expect(beside.get_by_role("row")).to_have_count(1 + 50)
    await beside.close()

    await reader.page.goto(f"{reader.url}/activity?plugin=stripe")
    rows = reader.page.get_by_role("row")
    await expect(rows).to_have_count(1 + 50)
    assert await reader.faults() == []
    await reader.picture(f"activity-{scheme}")
    await reader.page.get_by_role("link", name="Download as CSV").focus()
    async with reader.page.expect_download() as download:
        await reader.press("Enter")
    file = await (await download.value).path()
    assert len(list(csv.DictReader(io.StringIO(file.read_text())))) == 52
    await reader.reach("button", "Load more")
    await reader.press("Enter")
    await expect(rows).to_have_count(1 + 52)
    await reader.page.get_by_label("Plugin", exact=True).select_option("Shopify")
    await reader.sees("Nothing has happened with Shopify yet.")
