"""The invented people whose Stripe accounts the sandbox serves, and their keys."""

from collections.abc import Mapping
from datetime import datetime
from random import Random

from gridos.sandbox.stripe.account import PERMISSIONS, StripeAccount
from gridos.sandbox.stripe.inventing import invent, midnight

STRIPE_KEYS: Mapping[str, str] = {
    "ada": "sk_test_sandbox_ada_invented_key",
    "ben": "sk_test_sandbox_ben_invented_key",
    "kim": "sk_test_sandbox_kim_invented_key",
    "max": "sk_test_sandbox_max_invented_key",
    "new": "sk_test_sandbox_new_invented_key",
    "lean": "rk_test_sandbox_lean_invented_key",
    "weak": "rk_test_sandbox_weak_invented_key",
}
"""
One key for each account.

`ada` has some of everything, all in euro; `ben` has other numbers, in dollars; `kim` sells in dollars, yen and
Kuwaiti dinars; `max` has 12,345 charges and customers, or as many as one orders; `new` has nothing yet; the key of
`lean` is a restricted one that may read all of it, and `weak` may read charges only.
"""


def stripe_accounts(seed: int = 0, today: datetime | None = None, orders: int = 12_345) -> dict[str, StripeAccount]:
    """The accounts by key. The same seed and day give the same rows, which are invented when first looked at."""
    start = today or midnight()
    every = frozenset(PERMISSIONS.values())

    def person(
        name: str,
        *currencies: str,
        customers: int,
        charges: int,
        subscriptions: int,
        permissions: frozenset[str] = every,
    ) -> StripeAccount:
        random = Random(f"{seed} {name}")  # noqa: S311 -- invented data, not a secret
        sizes = {"customers": customers, "charges": charges, "subscriptions": subscriptions}
        return StripeAccount(
            name, permissions, lambda account: invent(account, random, start, currencies=currencies, **sizes)
        )

    accounts = (
        person("ada", "eur", customers=60, charges=600, subscriptions=40),
        person("ben", "usd", customers=25, charges=230, subscriptions=18),
        person("kim", "usd", "jpy", "kwd", customers=30, charges=90, subscriptions=30),
        person("max", "gbp", customers=orders, charges=orders, subscriptions=40),
        StripeAccount("new"),
        person("lean", "eur", customers=10, charges=50, subscriptions=5),
        person("weak", "chf", customers=5, charges=40, subscriptions=3, permissions=frozenset({"rak_charge_read"})),
    )
    return {STRIPE_KEYS[account.name]: account for account in accounts}
