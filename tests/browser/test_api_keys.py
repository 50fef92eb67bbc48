"""A key for a program: made, copied, used and revoked, by somebody in front of a browser."""

import httpx2
from playwright.async_api import expect

from tests.browser.conftest import Welcome

MADE = 201


async def test_a_key_is_shown_once_works_and_is_revoked(welcome: Welcome) -> None:
    """The copied key lets a program act as its maker, no page shows it again, and revoking it ends that."""
    ada = await (await welcome("ada")).sign_in()
    await ada.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ada.page.goto(f"{ada.url}/account")
    await ada.page.get_by_role("button", name="New key").click()
    await ada.page.get_by_label("Name").fill("nightly report")
    await ada.page.get_by_role("button", name="Make key").click()
    await ada.sees("Copy it now")
    assert await ada.faults() == []
    await ada.page.get_by_role("button", name="Copy the key").click()
    key = await ada.page.evaluate("navigator.clipboard.readText()")
    assert key.startswith("gridos_live_sk_")
    await expect(ada.page.get_by_role("textbox", name="nightly report")).to_have_value(key)
    await ada.page.get_by_role("button", name="I have copied it").click()
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)
    for _ in range(2):
        await ada.sees("never used")
        assert key not in await ada.page.content()
        await ada.page.reload()

    program = httpx2.AsyncClient(base_url=ada.url, headers={"authorization": f"Bearer {key}"}, trust_env=False)
    async with program:
        assert (await program.get("/auth/whoami")).json()["email"] == "ada@example.com"
        assert (await program.post("/workbooks", json={"title": "Made by a program"})).status_code == MADE
        await ada.page.goto(ada.url)
        await ada.sees("Made by a program")
        await ada.page.goto(f"{ada.url}/account")
        await ada.page.get_by_role("button", name="Revoke nightly report").click()
        await ada.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        await ada.sees("You have no API keys.")
        refused = await program.get("/workbooks")
    assert (refused.status_code, key in refused.text) == (401, False)
