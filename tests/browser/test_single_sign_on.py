"""Signing in through the operator's OpenID Connect provider: a real one, and a browser that goes there and back."""

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.accounts.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, Somebody, providing
from tests.browser.conftest import Welcome
from tests.browser.visitor import Visitor
from tests.journeys.running import Process


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Provider]:
    """Where people are signed in already."""
    async with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
async def demo(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    """A demo whose operator named that provider."""
    home = tmp_path_factory.mktemp("single-sign-on")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    provider.redirect_uri = f"http://127.0.0.1:{port}/auth/oidc/callback"
    env = {
        "GRIDOS_OIDC_ISSUER": provider.issuer,
        "GRIDOS_OIDC_CLIENT_ID": CLIENT_ID,
        "GRIDOS_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    }
    process = Process("demo", "--port", str(port), "--data-dir", str(home / "data"), log=home / "log", env=env)
    with await asyncio.to_thread(process.start):
        yield process


async def sign_in(visitor: Visitor, provider: Provider, page: str) -> None:
    """Ask for a page, be led to the form, and go through the provider instead."""
    await visitor.page.goto(f"{visitor.url}/{page}")
    name = urlsplit(provider.issuer).netloc
    await visitor.page.get_by_role("link", name=f"Continue with {name}").click()


def been_there(visitor: Visitor, provider: Provider) -> bool:
    """Whether the browser was sent to the provider and nowhere else, which here is no trouble."""
    asked = [trouble.partition("asked ")[2] for trouble in visitor.troubles]
    visitor.troubles.clear()
    return len(asked) == 1 and asked[0].startswith(f"{provider.issuer}/authorize?")


async def test_somebody_new_comes_in_and_lands_where_they_wanted(welcome: Welcome, provider: Provider) -> None:
    """The button leads to the provider and back to the page asked for, which offers no password to change."""
    kim = await welcome("kim")
    provider.somebody = Somebody({"sub": "kim", "email": "kim@example.com", "email_verified": True}, {})
    await sign_in(kim, provider, "account")
    await kim.sees("kim@example.com")
    assert kim.page.url == f"{kim.url}/account"
    assert been_there(kim, provider)
    await kim.sees(f"You sign in with {urlsplit(provider.issuer).netloc} and have no password here")
    await expect(kim.page.get_by_label("Current password")).to_have_count(0)
    assert await kim.faults() == []
    await kim.picture("account-single-sign-on")
    await kim.page.get_by_role("button", name="Your account").click()
    await kim.page.get_by_role("menuitem", name="Sign out").click()
    await expect(kim.page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_whoever_cannot_come_in_reads_why(welcome: Welcome, provider: Provider) -> None:
    """An address that another account holds is not joined to it; its password then leads where one wanted."""
    ada = await welcome("ada")
    provider.somebody = Somebody({"sub": "another", "email": "ada@example.com", "email_verified": True}, {})
    await sign_in(ada, provider, "account")
    await ada.sees("Another account here holds your e-mail address")
    assert been_there(ada, provider)
    await ada.picture("single-sign-on-refused")
    await ada.page.get_by_label("E-mail").fill("ada@example.com")
    await ada.page.get_by_label("Password", exact=True).fill("ada-in-the-demo")
    await ada.page.get_by_role("button", name="Sign in").click()
    await expect(ada.page.get_by_label("Current password")).to_be_visible()
    assert ada.page.url == f"{ada.url}/account"
