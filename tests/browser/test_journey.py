"""Everything a newcomer does on the first day, one thing after another, in two browsers."""

import re
from typing import Any

from playwright.async_api import Route, expect

from tests.browser.conftest import Welcome
from tests.browser.visitor import PATIENCE, Visitor
from tests.browser.waiting import expect_cell
from tests.journeys.running import Process

# The sandbox knows nobody by the address they signed up with, only by the key.
SANDBOX_KEY = "sk_test_sandbox_ben_invented_key"
WRONG_KEY = "sk_test_mistyped_somewhere_in_the_middle"
SHOPIFY = {"STORE_DOMAIN": "kims-shop.myshopify.com", "ADMIN_TOKEN": "shpat_first_invented_token"}
TITLE = "Kim's numbers"


async def test_a_newcomers_first_day(welcome: Welcome, demo: Process) -> None:
    """From an empty account to a shared workbook with a live number, through mistakes, a disconnection and a crash."""
    kim = await (await welcome("kim")).sign_up()
    await kim.picture("first-steps")
    await connect_stripe(kim)
    await see_the_number_arrive(kim)
    ben = await share_with_ben(kim, await (await welcome("ben")).sign_in())
    await edit_from_both(kim, ben)
    await replace_one_of_two(kim)
    await disconnect_stripe(kim)
    await kim.page.goto(f"{kim.url}/w/{ben.workbook}")
    await kim.arrive()
    await kim.reads("B1", "#STRIPE_AUTH!, formula, Stripe is not connected")
    await survive_a_crash(kim, ben, demo)


async def connect_stripe(kim: Visitor) -> None:
    """Take the plugin away and install it again, be refused with a mistyped key, and connect with the right one."""
    await kim.page.get_by_role("link", name="Connect a service").click()
    installed = kim.page.get_by_role("switch", name="Stripe installed")
    await kim.page.locator("label", has=installed).click()
    await expect(kim.page.get_by_role("listitem", name="Stripe")).to_contain_text("Not installed")
    await kim.page.locator("label", has=installed).click()
    await expect(kim.page.get_by_role("listitem", name="Stripe")).to_contain_text("Not set up")

    await kim.page.get_by_role("button", name="Configure Stripe").click()
    field = kim.page.get_by_label("Secret or restricted key")
    await field.fill(WRONG_KEY)
    await kim.page.get_by_role("button", name="Test & save").click()
    await kim.sees("Stripe does not accept this")
    await expect(kim.page.get_by_role("button", name="Save without testing")).to_be_visible()
    await kim.picture("journey-refused")
    await field.fill(f"  {SANDBOX_KEY} ")
    await kim.page.get_by_role("button", name="Test & save").click()
    await expect(kim.page.get_by_role("dialog")).to_have_count(0)
    await expect(kim.page.get_by_role("listitem", name="Stripe")).to_contain_text("Connected")
    await kim.picture("journey-connected")


async def see_the_number_arrive(kim: Visitor) -> None:
    """A new workbook; a formula in it loads, then shows its number, and is formatted."""
    await kim.page.get_by_role("link", name="Workbooks").click()
    told: list[str] = []
    kim.page.on("websocket", lambda line: line.on("framereceived", lambda frame: told.append(str(frame))))
    await kim.page.get_by_role("button", name="New workbook").click()
    await kim.arrive()
    await kim.page.get_by_role("button", name="Untitled workbook").click()
    await kim.page.get_by_label("Title").fill(TITLE)
    await kim.press("Enter")
    await kim.type("A1", "Recurring")
    await kim.type("B1", "=STRIPE_MRR()")
    await expect_cell(kim, "B1", lambda cell: cell.get("state") == "ok")
    number = (await kim.cells())["B1"]["value"]
    await kim.reads("B1", f"{number:,}")
    states = re.findall(r'"cell":"B1"[^}]*?"state":"(\w+)"', "".join(told))
    assert (states[0], states[-1]) == ("loading", "ok")

    await kim.press("Control+b")
    await kim.page.get_by_role("button", name="Percent").click()
    await expect_cell(kim, "B1", lambda cell: cell.get("style", {}).get("bold") is True)
    await expect_cell(kim, "B1", lambda cell: "%" in (cell.get("style", {}).get("number_format") or ""))
    await kim.reads("B1", f"{number * 100:.0f}%"[:3])


async def share_with_ben(kim: Visitor, ben: Visitor) -> Visitor:
    """Ben is made an editor, opens the workbook, and sees at once when it is renamed."""
    await kim.page.get_by_role("button", name="Share").click()
    await kim.page.get_by_label("E-mail").fill("ben@example.com")
    await kim.page.get_by_role("button", name="Invite").click()
    await kim.sees("ben@example.com has access now.")
    await kim.press("Escape")
    await ben.page.reload()
    await ben.open(TITLE)
    await kim.page.get_by_role("button", name=TITLE).click()
    await kim.page.get_by_label("Title").fill(f"{TITLE}, renamed")
    await kim.press("Enter")
    await expect(ben.page.get_by_role("heading", name=f"{TITLE}, renamed")).to_be_visible(timeout=PATIENCE)
    return ben


async def edit_from_both(kim: Visitor, ben: Visitor) -> None:
    """What either types both see; the owner's connection is used, and its name shown, whoever types."""
    await ben.type("A2", "from Ben")
    await kim.reads("A2", "from Ben")
    await kim.type("A3", "from Kim")
    await ben.reads("A3", "from Kim")
    await ben.type("B2", "=STRIPE_CUSTOMER_COUNT()")
    await expect_cell(ben, "B2", lambda cell: cell.get("state") == "ok")
    await ben.select("B2")
    await ben.press("Shift+F2")
    await expect(ben.page.get_by_role("dialog", name="About B2")).to_contain_text("kim@example.com's Stripe connection")
    await ben.press("Escape")
    await ben.select("B2")
    await expect(kim.page.locator(".presence-name", has_text="ben")).to_be_visible()
    await kim.picture("journey-together")


async def replace_one_of_two(kim: Visitor) -> None:
    """While the service is down, one key is replaced without a test, and the other stays as it was."""
    put = await kim.context.request.put(f"{kim.url}/settings/plugin-secrets/shopify", data={"secrets": SHOPIFY})
    assert put.ok
    sent: list[Any] = []
    kim.page.on("request", lambda one: sent.append(one.post_data_json) if one.method == "PUT" else None)
    await kim.page.route("**/shopify/verify", say_it_is_down)
    await kim.page.get_by_role("link", name="Marketplace").click()
    await kim.page.get_by_role("button", name="Configure Shopify").click()
    await kim.page.get_by_role("button", name="Replace Admin API token").click()
    await kim.page.get_by_label("Admin API token").fill("shpat_second_invented_token")
    await kim.page.get_by_role("button", name="Test & save").click()
    await kim.sees("It could not be tested")
    await kim.picture("journey-down")
    await kim.page.get_by_role("button", name="Save without testing").click()
    await expect(kim.page.get_by_role("dialog")).to_have_count(0)
    assert [(batch["sealed"].keys(), batch["secrets"]) for batch in sent] == [({"ADMIN_TOKEN"}, {})]
    assert (await kim.fetch("/settings/plugin-secrets/shopify"))["set_keys"] == [*SHOPIFY]
    kept = await kim.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "shpat_" not in kept + await kim.page.content()


async def say_it_is_down(route: Route) -> None:
    """What the server answers when Shopify does not."""
    down = {"ok": False, "state": "unverified", "message": "Shopify does not answer. Try again later.", "account": None}
    await route.fulfill(json=down)


async def disconnect_stripe(kim: Visitor) -> None:
    """Told what will stop, and done with one more press."""
    await kim.page.get_by_role("button", name="Configure Stripe").click()
    await kim.page.get_by_role("button", name="Disconnect").click()
    sure = kim.page.get_by_role("dialog", name="Disconnect Stripe")
    await expect(sure).to_contain_text("2 cells in 1 workbook will show #STRIPE_AUTH! until you connect again.")
    await kim.picture("journey-disconnect")
    await sure.get_by_role("button", name="Disconnect").click()
    await expect(kim.page.get_by_role("dialog")).to_have_count(0)


async def survive_a_crash(kim: Visitor, ben: Visitor, demo: Process) -> None:
    """The server is killed; what is typed meanwhile arrives once it is back, in both browsers."""
    demo.kill()
    await kim.sees("Offline.")
    await ben.sees("Offline.")
    await kim.type("A4", "typed while it was gone")
    await kim.sees("1 edit waiting.")
    demo.start()
    await expect(kim.page.get_by_text("Offline.")).to_have_count(0, timeout=2 * PATIENCE)
    await ben.reads("A4", "typed while it was gone")
