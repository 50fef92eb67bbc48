"""Two people in one workbook, each with a browser."""

from playwright.async_api import expect

from tests.browser.conftest import Welcome
from tests.browser.visitor import PATIENCE
from tests.journeys.running import Process


async def test_both_see_what_either_types(welcome: Welcome) -> None:
    """What one types, the other sees, and each sees that the other is there."""
    ada, ben = await (await welcome("ada")).sign_in(), await (await welcome("ben")).sign_in()
    await ada.open()
    await ben.open()
    await ada.type("C1", "from Ada")
    await ben.reads("C1", "from Ada")
    await ben.type("C2", "=1+41")
    await ada.reads("C2", "42, formula")
    await expect(ada.page.get_by_role("img", name="ben@example.com")).to_be_visible(timeout=PATIENCE)
    await ada.picture("together")


async def test_both_recover_from_a_crash(welcome: Welcome, demo: Process) -> None:
    """Nothing typed while the server is gone is lost, and both browsers come back by themselves."""
    ada, ben = await (await welcome("ada")).sign_in(), await (await welcome("ben")).sign_in()
    await ada.open()
    await ben.open()
    demo.kill()
    await ada.sees("Offline.")
    await ada.type("C4", "typed offline")
    await ada.sees("1 edit waiting.")
    await ada.picture("offline")
    demo.start()
    await expect(ada.page.get_by_text("Offline.")).to_have_count(0, timeout=2 * PATIENCE)
    await ben.reads("C4", "typed offline")


async def test_a_viewer_reads_and_removal_closes(welcome: Welcome) -> None:
    """A viewer is told so and changes nothing; whoever is removed is told why the workbook closed."""
    ada, ben = await (await welcome("ada")).sign_in(), await (await welcome("ben")).sign_in()
    await ada.open()
    await ada.context.request.post(
        f"{ada.url}/workbook/{ada.workbook}/collaborators", data={"email": "ben@example.com", "role": "viewer"}
    )
    await ben.open()
    await ben.sees("View only")
    await ben.select("C6")
    await ben.page.keyboard.type("not allowed")
    await ben.press("Enter")
    await ben.picture("viewer")
    await ada.type("C7", "after Ben tried")
    await ben.reads("C7", "after Ben tried")
    assert "C6" not in await ada.cells()

    user = (await ben.fetch("/auth/whoami"))["id"]
    await ada.context.request.delete(f"{ada.url}/workbook/{ada.workbook}/collaborators/{user}")
    await ben.sees("This workbook is no longer shared with you.")
