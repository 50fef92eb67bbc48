"""`gridos demo`: two people, a shared workbook, and upstream services whose data is invented."""

import asyncio
import socket
import sys
from pathlib import Path

import click

from gridos.app.assembling import Server, assemble
from gridos.app.database import DatabaseUrls
from gridos.app.serving import address, answer, leave_when_told, listen_and_run
from gridos.errors import PortTaken
from gridos.grid import Book, Edit, Format, Resize, SetCell, parse_cell, parse_range
from gridos.sandbox import BANNER, GITHUB_TOKENS, SHOPIFY_TOKENS, STRIPE_KEYS, Sandbox, shopify_domain
from gridos.settings import Settings
from gridos.workbooks import Snapshot

# Known to everybody who reads this, so the demo listens on this machine only.
ADA, BEN = "ada@example.com", "ben@example.com"
PEOPLE = {ADA: "ada-in-the-demo", BEN: "ben-in-the-demo"}
TITLE = "Our numbers"
SHEET = "Sheet1"
CELLS = {
    "A1": "Monthly recurring revenue",
    "B1": "=STRIPE_MRR()",
    "A2": "A year of it",
    "B2": "=B1*12",
    "A3": "Active subscribers",
    "B3": "=STRIPE_ACTIVE_SUBSCRIBERS()",
    "A4": "Revenue, last 30 days",
    "B4": "=STRIPE_REVENUE(30)",
    "A5": "Customers",
    "B5": "=STRIPE_CUSTOMER_COUNT()",
    "A7": "B1 to B5 show #STRIPE_AUTH! until Ada stores her Stripe key.",
}

WELCOME = """
{banner}

GridOS demo: {url}

Sign in as
{people}
Ada owns the workbook "{title}" and shares it with Ben.

Stripe keys of the sandbox, to store for the plugin `stripe`:
{keys}

GitHub tokens of the sandbox, to store for the plugin `github`; =GITHUB_STARS("acme/rocket") also works without one:
{tokens}

Shopify stores of the sandbox, to store for the plugin `shopify` (store domain and admin API token):
{stores}

Open it in a browser. Ctrl+C stops it. The README also walks through it with curl.
"""


def run(port: int | None, data_dir: Path | None) -> None:
    """Serve the demo until told to stop. Everything it keeps lies in its own data directory."""
    given = Settings()
    settings = given.model_copy(
        update={
            "mode": "saas",
            "sign_up": "open",
            "port": given.port if port is None else port,
            "data_dir": data_dir or given.data_dir.with_name("gridos-demo"),
            "database_url": None,
        }
    )

    async def work(urls: DatabaseUrls, listening: socket.socket) -> None:
        sandbox = Sandbox()
        upstream = await sandbox.start()
        try:
            played = {f"upstream_{service}_url": upstream for service in ("stripe", "github", "shopify")}
            stand_ins = settings.model_copy(update=played)
            async with assemble(stand_ins, urls, may_make_key=True) as server:
                await _furnish(server)
                click.echo(_welcome(address(listening)), file=sys.__stdout__)
                await answer(server, listening)
        finally:
            await sandbox.stop()

    listen_and_run(settings, work)


def run_stand_ins(port: int, orders: int) -> None:
    """Serve the stand-ins alone until told to stop, the large accounts with so many orders."""
    leave_when_told()
    asyncio.run(_stand_in(port, orders))


async def _stand_in(port: int, orders: int) -> None:
    sandbox = Sandbox(orders=orders)
    try:
        url = await sandbox.start(port)
        keys = f"Stripe keys:\n{_keys()}\n\nGitHub tokens:\n{_tokens()}"
        stores = f"Shopify stores, domain and token:\n{_stores(*SHOPIFY_TOKENS)}"
        click.echo(f"{BANNER}\n\nIt answers at {url}. {keys}\n\n{stores}")
        await asyncio.Event().wait()
    except OSError:
        raise PortTaken(f"The sandbox cannot listen on port {port}. Choose another with `--port`.") from None
    finally:
        await sandbox.stop()


async def _furnish(server: Server) -> None:
    """Make what is missing of the people and their workbook: an earlier start may have been cut short."""
    known = {account.user.email: account.user for account in await server.accounts.list_users()}
    for email, password in PEOPLE.items():
        known[email] = known.get(email) or await server.accounts.create_user(email, password)
    ada = known[ADA]
    if await server.workbooks.list_own(ada.id):
        return
    workbook = await server.workbooks.create(ada.id, TITLE, _start())
    await server.sharing.invite(workbook, BEN, "editor")


def _start() -> Snapshot:
    """What is there from the beginning. It is nobody's edit, so nobody can undo it."""
    book = Book()
    book.commit(book.plan(_edits()), 0, None)
    return Snapshot(0, {"book": book.to_json()})


def _edits() -> list[Edit]:
    return [
        *(SetCell(parse_cell(SHEET, cell), typed) for cell, typed in CELLS.items()),
        Resize(SHEET, "columns", first=1, last=1, size=210),
        Resize(SHEET, "columns", first=2, last=2, size=130),
        *(Format(parse_range(SHEET, cell), {"number_format": "#,##0.00"}) for cell in ("B1:B2", "B4")),
    ]


def _welcome(url: str) -> str:
    people = "\n".join(f"  {email}   {password}" for email, password in PEOPLE.items())
    stores = _stores("ada", "ben")
    secrets = {"keys": _keys(), "tokens": _tokens(), "stores": stores}
    return WELCOME.format(banner=BANNER, url=url, people=people, title=TITLE, **secrets)


def _keys() -> str:
    return "\n".join(f"  {name:<6} {key}" for name, key in STRIPE_KEYS.items())


def _tokens() -> str:
    return "\n".join(f"  {name:<6} {token}" for name, token in GITHUB_TOKENS.items())


def _stores(*names: str) -> str:
    return "\n".join(f"  {name:<6} {shopify_domain(name):<32} {SHOPIFY_TOKENS[name]}" for name in names)
