"""
Stand-ins for the upstream services, for the demo and the tests. Every name and number in them is invented.

`Sandbox` serves them on one loopback port: real paths tell the services apart, keys the accounts. Nothing here knows
another room of GridOS.
"""

from gridos.sandbox.faults import Fault
from gridos.sandbox.github.people import GITHUB_TOKENS, github_world
from gridos.sandbox.github.world import GitHubAccount, GitHubWorld, Issue, Repository
from gridos.sandbox.server import BANNER, ORDERS, Sandbox, create_app
from gridos.sandbox.shopify.inventing import invent_orders
from gridos.sandbox.shopify.people import SHOPIFY_TOKENS, shopify_stores
from gridos.sandbox.shopify.store import Order, ShopifyStore, shopify_domain
from gridos.sandbox.stripe.account import StripeAccount
from gridos.sandbox.stripe.inventing import invent
from gridos.sandbox.stripe.people import STRIPE_KEYS, stripe_accounts

__all__ = [
    "BANNER",
    "GITHUB_TOKENS",
    "ORDERS",
    "SHOPIFY_TOKENS",
    "STRIPE_KEYS",
    "Fault",
    "GitHubAccount",
    "GitHubWorld",
    "Issue",
    "Order",
    "Repository",
    "Sandbox",
    "ShopifyStore",
    "StripeAccount",
    "create_app",
    "github_world",
    "invent",
    "invent_orders",
    "shopify_domain",
    "shopify_stores",
    "stripe_accounts",
]
