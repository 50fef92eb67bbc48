"""A shop owner's first minutes, in a browser: from sign-in to a live number."""

from playwright.async_api import Request, expect

from tests.browser.conftest import Welcome
from tests.browser.waiting import expect_cell, expect_inputs

SANDBOX_KEY = "sk_test_sandbox_ada_invented_key"
WRONG_KEY = "sk_test_mistyped_somewhere_in_the_middle"


async def test_from_sign_in_to_a_live_number(welcome: Welcome) -> None:
    """Whoever opens a cell's card gets from its error to its number, and a mistyped key is refused on the way."""
    ada = await (await welcome("ada")).sign_in()
    sent: list[Request] = []
    ada.page.on("request", lambda request: sent.append(request))  # noqa: PLW0108 -- a built-in cannot listen
    await ada.picture("home")
    await ada.open()
    await ada.reads("B1", "#STRIPE_AUTH!, formula, Stripe is not connected")
    await ada.hover("B1")
    await expect(ada.page.get_by_role("tooltip", name="About B1")).to_contain_text("Your Stripe connection")
    await ada.picture("card")
    await ada.page.get_by_role("button", name="Configure Stripe").click()

    await ada.sees("Values are sealed in your browser.")
    field = ada.page.get_by_label("Secret or restricted key")
    await field.fill(WRONG_KEY)
    await ada.page.get_by_role("button", name="Test & save").click()
    await ada.sees("did not accept")
    await ada.picture("refused")
    assert (await ada.fetch("/settings/plugin-secrets/stripe"))["set_keys"] == []

    await field.fill(SANDBOX_KEY)
    await ada.page.get_by_role("button", name="Test & save").click()
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)
    await ada.reads("B1", "30,362.82, formula, fetched")
    await ada.picture("number")
    assert SANDBOX_KEY not in await ada.page.content()
    bodies = [request.post_data or "" for request in sent if "/settings/plugin-secrets/" in request.url]
    assert sum('"sealed":{"SECRET_KEY"' in body for body in bodies) == len(["wrong", "tested", "saved"])
    assert not any(key in body for body in bodies for key in (SANDBOX_KEY, WRONG_KEY))

    await ada.type("D2", "=STRIPE_MRR()")
    await ada.reads("D2", "30,362.82, formula, fetched")


async def test_function_completion_knows_installed_plugins(welcome: Welcome) -> None:
    """Typing the beginning of a plugin's function offers it with its description."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open()
    await ada.select("E5")
    await ada.page.keyboard.type("=STRIPE_ACT", delay=20)
    await ada.sees("Distinct customers with an active subscription.")
    await ada.press("Escape")
    await ada.press("Escape")


async def test_completion_that_lags_behind_changes_nothing(welcome: Welcome) -> None:
    """Enter takes a suggestion only while the list is about the letters that stand there now."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open_new("Completion")
    await ada.select("A1")
    await ada.page.keyboard.type("=STRIPE_", delay=20)
    await ada.sees("Distinct customers with an active subscription.")
    await ada.page.keyboard.type("MRR()")
    await ada.press("Enter")
    await expect_inputs(ada, A1="=STRIPE_MRR()")
    await ada.page.keyboard.type("=STRIPE_M", delay=20)
    await ada.sees("Active subscriptions as revenue of one month")
    await ada.press("Enter")
    await ada.page.keyboard.type(")")
    await ada.press("Enter")
    await expect_inputs(ada, A1="=STRIPE_MRR()", A2="=STRIPE_MRR()")


async def test_formats_and_emptied_cells_reach_the_server(welcome: Welcome) -> None:
    """What the toolbar's keys and Delete do is kept, and taken back by undo."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open()
    await ada.type("F3", "bold words")
    await ada.reads("F3", "bold words")
    await ada.press("Control+b")
    await expect_cell(ada, "F3", lambda cell: cell.get("style", {}).get("bold") is True)
    await ada.press("Delete")
    await expect_cell(ada, "F3", lambda cell: cell.get("input", "") == "")
    await ada.page.get_by_role("button", name="Undo").click()
    await ada.reads("F3", "bold words")
