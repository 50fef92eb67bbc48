"""The connector as a cell meets it: fetch layer, manifest and sockets are the real ones."""

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from gridos.fetching import Fetcher, Patience, Wish
from gridos.fetching.days import MemoryDays
from gridos.formulas import Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef, OpenConnection, Plugins, shipped_folder
from gridos.plugins.loading import load_alone
from gridos.sandbox import Sandbox, ShopifyStore
from gridos.secret import Secret

TOKEN = "shpat_test_canary_token"
NUMBERS = ("REVENUE", "ORDER_COUNT", "AVG_ORDER_VALUE")


class Teller:
    """
    Asks about one store as cells would, with the secrets of one owner; `secrets` replaces the usual two.

    Each request is tried once, so that a test of failures need not wait.
    """

    patience = Patience(tries=1)

    def __init__(self, sandbox: Sandbox, store: ShopifyStore, secrets: Mapping[str, str] | None = None) -> None:
        self.store = store
        self.sandbox = sandbox
        self.plugin = load_alone(shipped_folder() / "shopify", lambda _: False)
        self.secrets = {"STORE_DOMAIN": store.domain, "ADMIN_TOKEN": TOKEN} if secrets is None else dict(secrets)
        self.ref = ConnectionRef(uuid4(), "shopify", uuid4(), 1)
        self.days = MemoryDays()
        self.fetcher = Fetcher(
            Plugins([self.plugin]),
            self.open,
            saas=True,
            upstreams={"shopify": sandbox.url},
            patience=self.patience,
            days=self.days,
        )

    async def open(self, ref: ConnectionRef) -> OpenConnection:
        """The owner's secrets, as they are now."""
        return OpenConnection(self.ref, {key: Secret(value) for key, value in self.secrets.items()})

    def set(self, **constants: object) -> None:
        """Give the plugin's own constants other values: what takes 25,000 orders in the world takes few in a test."""
        inside = self.plugin.functions["SHOPIFY_REVENUE"].function.__globals__
        assert constants.keys() <= inside.keys()
        inside.update(constants)

    def at(self, moment: datetime) -> None:
        """Let it be another time."""
        self.set(_now=lambda: moment)

    async def ask(self, function: str, *arguments: object, fresh: bool = False) -> Any:
        """What the cell shows: a number, or the error as a value."""
        call = Call(f"SHOPIFY_{function}", json.dumps(arguments))
        wish = Wish(newer_than=time.time() if fresh else 0.0)
        return (await self.fetcher.ask(self.ref, call, wish)).value

    async def numbers(self, *arguments: object, fresh: bool = False) -> list[Any]:
        """Revenue, count and average, asked at the same time as the cells of one sheet are."""
        return list(await asyncio.gather(*(self.ask(name, *arguments, fresh=fresh) for name in NUMBERS)))

    async def error(self, function: str, *arguments: object) -> CellError:
        """The error that the cell shows."""
        shown = await self.ask(function, *arguments)
        assert isinstance(shown, CellError), shown
        assert shown.plugin == "shopify"
        assert TOKEN not in repr(shown)
        return shown

    async def word(self, function: str, *arguments: object) -> str:
        """The text of that error."""
        return (await self.error(function, *arguments)).code

    async def aclose(self) -> None:
        """Close its connections."""
        await self.fetcher.aclose()

    def sent(self) -> int:
        """How many requests were sent so far."""
        return self.fetcher.counts.requests["shopify"]
