"""One application on one loopback port that plays the upstream services."""

import base64
import binascii
from collections.abc import Mapping
from typing import Self

from aiohttp import web

from gridos.sandbox.faults import Weather
from gridos.sandbox.github.api import GitHubApi
from gridos.sandbox.github.people import github_world
from gridos.sandbox.github.world import GitHubWorld
from gridos.sandbox.shopify.api import ShopifyApi
from gridos.sandbox.shopify.people import shopify_stores
from gridos.sandbox.shopify.store import ShopifyStore
from gridos.sandbox.stripe.account import StripeAccount
from gridos.sandbox.stripe.api import StripeApi
from gridos.sandbox.stripe.people import stripe_accounts

BANNER = "GridOS sandbox: stand-ins for upstream services. Every person, key and number in it is invented."

ORDERS = 12_345
"""More than the caps of naive connectors: 250, 2,000 and 10,000."""

_INDEX = f"""{BANNER}

Stripe's API is at /v1/charges, /v1/customers, /v1/refunds, /v1/subscriptions, /v1/subscription_items, /v1/prices/ID
and /v1/coupons/ID. GitHub's is at /repos/OWNER/NAME, /repos/OWNER/NAME/commits, /user and /graphql (POST).
Shopify's is at /admin/api/VERSION/graphql.json and /admin/oauth/access_token (POST), and its exported files below
/sandbox-exports. No real service is ever contacted, and no real key works here.

POST, DELETE /_sandbox/faults      break answers on purpose
GET, DELETE  /_sandbox/requests    what was asked, and how much of it at once
PUT          /_sandbox/latency     {{"seconds": 0.1}}
"""


def create_app(
    seed: int = 0,
    accounts: Mapping[str, StripeAccount] | None = None,
    *,
    github: GitHubWorld | None = None,
    shopify: Mapping[str, ShopifyStore] | None = None,
    latency: float = 0,
    orders: int = ORDERS,
) -> web.Application:
    """
    The stand-ins as an aiohttp application.

    `accounts` maps keys to Stripe accounts, `github` is a whole GitHub, `shopify` maps tokens to stores; without them
    the usual people and repositories are invented from `seed`, with dates relative to today. `latency` is the delay of
    every answer, in seconds. `orders` is the number of orders, charges and customers that the large accounts have.
    """
    stripe = stripe_accounts(seed, orders=orders) if accounts is None else accounts
    world = github_world(seed) if github is None else github
    stores = ShopifyApi(shopify_stores(seed, orders=orders) if shopify is None else shopify)

    def account_of(request: web.Request) -> str | None:
        key = _key(request)
        account = stripe.get(key) or world.accounts.get(key) or stores.find(request)
        return account.name if account else None

    weather = Weather(latency, account_of)
    app = web.Application(middlewares=[weather.middleware])
    app.add_routes([web.get("/", _index), *weather.routes()])
    app.add_routes([*StripeApi(stripe, _key).routes(), *GitHubApi(world, _key).routes(), *stores.routes()])
    return app


class Sandbox:
    """
    The stand-ins on a socket: `async with Sandbox() as sandbox`, or `await sandbox.start()`; then `sandbox.url`.

    It listens on the loopback address only: it is a stage, and checks nothing that a real service would have to.
    """

    def __init__(
        self,
        seed: int = 0,
        accounts: Mapping[str, StripeAccount] | None = None,
        *,
        github: GitHubWorld | None = None,
        shopify: Mapping[str, ShopifyStore] | None = None,
        latency: float = 0,
        orders: int = ORDERS,
    ) -> None:
        """Like `create_app`. Stays silent until `start`."""
        self.app = create_app(seed, accounts, github=github, shopify=shopify, latency=latency, orders=orders)
        self._runner = web.AppRunner(self.app, access_log=None)
        self.url = ""

    async def start(self, port: int = 0) -> str:
        """Listen on `port` (0: any free one) and return the address."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self.url

    async def __aenter__(self) -> Self:
        """Start on a free port."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop listening and drop what still runs."""
        await self._runner.cleanup()


async def _index(_: web.Request) -> web.Response:
    return web.Response(text=_INDEX)


def _key(request: web.Request) -> str:
    """The key of a request, as a bearer or as the user of HTTP Basic; empty without one."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return value.strip() if scheme.lower() == "bearer" else ""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
