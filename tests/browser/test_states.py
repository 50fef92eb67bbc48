"""What a page looks like when things are empty, slow or broken."""

import asyncio
import re

from playwright.async_api import Route, expect

from tests.browser.conftest import Welcome

BROKEN = re.compile(r"status of 500|ERR_INTERNET_DISCONNECTED")


async def fail(route: Route) -> None:
    """A server with a mistake in it."""
    await route.fulfill(status=500, json={"detail": "Something went wrong in GridOS."})


async def test_a_list_that_cannot_be_had_says_so_and_tries_again(welcome: Welcome) -> None:
    """After an error of the server the page names it, and one press brings the list."""
    ada = await (await welcome("ada")).sign_in()
    await ada.page.route("**/workbooks", fail)
    await ada.page.reload()
    await ada.sees("Your workbooks cannot be listed")
    await ada.picture("home-broken")
    assert await ada.faults() == []
    await ada.page.unroute("**/workbooks")
    await ada.page.get_by_role("button", name="Try again").click()
    await expect(ada.page.get_by_role("link", name="Our numbers")).to_be_visible()
    ada.troubles = [trouble for trouble in ada.troubles if not BROKEN.search(trouble)]


async def test_every_page_says_that_there_is_no_network(welcome: Welcome) -> None:
    """Offline, a page that was opened says that GridOS does not answer, and offers to try again."""
    ada = await (await welcome("ada")).sign_in()
    await ada.page.get_by_role("link", name="Marketplace").click()
    await ada.sees("Plugins bring functions")
    await ada.page.goto(f"{ada.url}/account")
    await ada.sees("This browser")
    for address, title in (
        ("auth/sessions", "Your sessions cannot be listed"),
        ("marketplace/list", "cannot be listed"),
    ):
        await ada.page.route(f"**/{address}", lambda route: route.abort("internetdisconnected"))
        await ada.page.goto(f"{ada.url}/{'account' if 'auth' in address else 'marketplace'}")
        await ada.sees(title)
        await ada.sees("GridOS does not answer. Check your connection and try again.")
        await ada.picture(f"offline-{address.split('/')[0]}")
    ada.troubles = [trouble for trouble in ada.troubles if not BROKEN.search(trouble)]


async def test_a_slow_list_shows_what_it_will_be(welcome: Welcome) -> None:
    """While a list is slow, its place is kept and a screen reader is told."""
    ada = await (await welcome("ada")).sign_in()
    come = asyncio.Event()

    async def answer_late(route: Route) -> None:
        await come.wait()
        await route.continue_()

    await ada.page.route("**/workbooks", answer_late)
    await ada.page.reload()
    await expect(ada.page.get_by_role("status", name="Listing your workbooks")).to_be_visible()
    await ada.picture("home-slow")
    come.set()
    await expect(ada.page.get_by_role("link", name="Our numbers")).to_be_visible()


async def test_a_workbook_that_is_slow_or_not_there_says_which(welcome: Welcome) -> None:
    """A workbook's page says that it opens, that GridOS does not answer, or that there is no such workbook."""
    ada = await (await welcome("ada")).sign_in()
    await ada.page.route_web_socket("**/live", lambda line: None)
    await ada.page.get_by_role("link", name="Our numbers").click()
    await ada.sees("Opening the workbook")
    await ada.page.route_web_socket("**/live", lambda line: line.close(code=1011))
    await ada.page.reload()
    await ada.sees("GridOS does not answer. Trying again")
    await ada.picture("workbook-unreachable")
    await ada.page.route_web_socket("**/live", lambda line: line.close(code=4404))
    await ada.page.reload()
    await ada.sees("This workbook cannot be opened")
    await ada.picture("workbook-missing")


async def test_an_ended_session_closes_the_workbook_and_leads_back(welcome: Welcome) -> None:
    """Signed out from another tab, the workbook says so at once; after signing in it is there again."""
    ada = await (await welcome("ada")).sign_in()
    await ada.open()
    await ada.context.request.post(f"{ada.url}/auth/sign-out")
    await ada.sees("Your session has ended. Sign in to go on.")
    await ada.picture("signed-out")
    await ada.page.get_by_role("button", name="Sign in").click()
    await ada.page.get_by_label("E-mail").fill("ada@example.com")
    await ada.page.get_by_label("Password", exact=True).fill("ada-in-the-demo")
    await ada.page.get_by_role("button", name="Sign in").click()
    await ada.arrive()
    await ada.reads("A1", "Monthly recurring revenue")


async def test_an_address_that_leads_nowhere_says_so(welcome: Welcome) -> None:
    """A link of an older version, followed inside the app, shows a page with a way on."""
    ada = await (await welcome("ada")).sign_in()
    await ada.page.evaluate("history.pushState({}, '', '/nowhere'); dispatchEvent(new PopStateEvent('popstate'))")
    await ada.sees("There is nothing here")
    assert await ada.faults() == []
