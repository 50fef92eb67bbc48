"""Inventing an account's data: every kind of charge, price, discount and subscription that changes a number."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from gridos.sandbox.stripe.account import Json, StripeAccount

DAY = 86_400
_CAPTURED_WITHIN = 7 * DAY
_SETTLED_WITHIN = 5 * DAY

_INTERVALS = (
    ("month", 1),
    ("month", 1),
    ("month", 1),
    ("month", 3),
    ("year", 1),
    ("year", 2),
    ("week", 1),
    ("day", 30),
)
_OUTCOMES = ("paid", "failed", "pending", "uncaptured", "partly")
_OUTCOME_WEIGHTS = (82, 6, 2, 4, 6)
_STATUSES = ("active",) * 8 + ("trialing", "past_due", "canceled", "unpaid", "incomplete", "paused")
_GIVEN = ("Ama", "Bo", "Chidi", "Dana", "Emre", "Fumi", "Gita", "Hugo", "Ines", "Jun", "Kofi", "Lena", "Mara", "Nils")


def invent(
    account: StripeAccount,
    random: Random,
    today: datetime,
    *,
    currencies: Sequence[str] = ("eur",),
    customers: int = 60,
    charges: int = 600,
    subscriptions: int = 40,
    days: int = 400,
) -> StripeAccount:
    """
    Fill an account with rows of the last `days` days before `today`, midnight UTC.

    The same arguments give the same rows. Nothing is dated later than today's first second.
    """
    return _Inventor(account, random, int(today.timestamp()), currencies, days).fill(customers, charges, subscriptions)


def midnight() -> datetime:
    """The first second of today, UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def days_before(today: datetime, days: int) -> int:
    """The Unix time of midnight so many days ago."""
    return int((today - timedelta(days=days)).timestamp())


class _Inventor:
    def __init__(
        self, account: StripeAccount, random: Random, today: int, currencies: Sequence[str], days: int
    ) -> None:
        self.account = account
        self.random = random
        self.today = today
        self.currencies = currencies
        self.days = days
        self.customers: list[str] = []
        self.prices: dict[str, list[Json]] = {}
        self.coupons: dict[str, list[Json]] = {}

    def fill(self, customers: int, charges: int, subscriptions: int) -> StripeAccount:
        self.customers = [self.customer() for _ in range(customers)]
        for currency in self.currencies:
            self.coupons[currency] = self.all_coupons(currency)
            self.prices[currency] = self.all_prices(currency)
        for number in range(charges):
            self.charge(number)
        for number in range(subscriptions):
            self.subscription(is_long=number % 20 == 7)  # noqa: PLR2004 -- one in twenty needs a second request
        return self.account

    def moment(self) -> int:
        return self.today - self.random.randrange(1, self.days * DAY)

    def row(self, prefix: str, kind: str, collection: str, created: int | None = None, **members: Any) -> Json:
        identity = self.account.new_id(prefix, collection)
        moment = self.moment() if created is None else created
        return self.account.add(
            collection, {"id": identity, "object": kind, "created": moment, "livemode": False, **members}
        )

    def customer(self) -> str:
        name = self.random.choice(_GIVEN)
        number = len(self.account.rows["customers"]) + 1
        return self.row("cus", "customer", "customers", name=name, email=f"{name.lower()}{number}@sandbox.example")[
            "id"
        ]

    def happens(self, share: float) -> bool:
        """True this share of the times."""
        return self.random.random() < share

    # Charges

    def charge(self, number: int) -> Json:
        """One charge; the first two stand on either side of yesterday's midnight, where windows begin."""
        amount = self.random.randrange(500, 50_000)
        outcome = self.random.choices(_OUTCOMES, _OUTCOME_WEIGHTS)[0]
        captured = {"uncaptured": 0, "partly": self.random.randrange(1, amount)}.get(outcome, amount)
        charge = self.row(
            "ch",
            "charge",
            "charges",
            {0: self.today - DAY, 1: self.today - DAY - 1}.get(number),
            amount=amount,
            amount_captured=captured,
            amount_refunded=0,
            captured=captured > 0,
            currency=self.random.choice(self.currencies),
            customer=self.random.choice(self.customers),
            disputed=self.happens(0.01),
            refunded=False,
            status=outcome if outcome in {"failed", "pending"} else "succeeded",
        )
        self.pass_time(charge, outcome)
        return charge

    def pass_time(self, charge: Json, outcome: str) -> None:
        """What became of a charge until today: released, settled, and now and then refunded, often days later."""
        account, identity, made = self.account, charge["id"], charge["created"]
        age = self.today - made
        if outcome == "partly":
            account.release(identity, charge["amount"] - charge["amount_captured"], made)
        elif outcome == "uncaptured" and age > _CAPTURED_WITHIN:
            account.release(identity, now=made + _CAPTURED_WITHIN)
        elif outcome == "pending" and age > _SETTLED_WITHIN:
            account.settle(identity, "succeeded" if self.happens(0.9) else "failed")
        if outcome in {"paid", "partly"} and self.happens(0.2):
            whole = charge["amount_captured"]
            part = whole if self.happens(0.3) else self.random.randrange(1, whole + 1)
            account.refund(identity, part, min(self.today, made + self.random.randrange(40 * DAY)))

    # Prices and coupons

    def all_prices(self, currency: str) -> list[Json]:
        return [
            *(self.price(currency, *interval, unit=f"{self.random.randrange(500, 20_000)}") for interval in _INTERVALS),
            self.price(
                currency, "month", 1, unit=f"{self.random.randrange(1, 99)}.{self.random.randrange(1, 10**6):06d}"
            ),
            self.price(currency, "month", 1, unit="900", transform={"divide_by": 5, "round": "up"}),
            self.price(currency, "year", 1, unit="12000", transform={"divide_by": 10, "round": "down"}),
            self.price(currency, "month", 1, unit="2", usage_type="metered"),
            self.price(currency, "month", 1, tiers_mode="graduated"),
            self.price(currency, "year", 1, tiers_mode="volume"),
        ]

    def price(
        self,
        currency: str,
        interval: str,
        interval_count: int,
        unit: str | None = None,
        transform: Json | None = None,
        usage_type: str = "licensed",
        tiers_mode: str | None = None,
    ) -> Json:
        price = self.row(
            "price",
            "price",
            "prices",
            active=True,
            billing_scheme="tiered" if tiers_mode else "per_unit",
            currency=currency,
            currency_options={},
            product=f"prod_{self.account.name}{self.random.randrange(4)}",
            recurring={"interval": interval, "interval_count": interval_count, "usage_type": usage_type},
            tiers=self.tiers() if tiers_mode else [],
            tiers_mode=tiers_mode,
            transform_quantity=transform,
            type="recurring",
            **_unit(unit),
        )
        price["currency_options"] = {
            code: {**_unit(None if tiers_mode else "777"), "tiers": self.tiers() if tiers_mode else []}
            for code in self.currencies
            if code != currency
        }
        return price

    def tiers(self) -> list[Json]:
        """Three tiers: units alone, units and a flat amount, a flat amount alone; the last has no end."""
        prices = [(f"{self.random.randrange(100, 900)}.5", None), ("80", 1_000), (None, self.random.randrange(5_000))]
        return [
            {
                "up_to": up_to,
                "flat_amount": flat,
                "flat_amount_decimal": None if flat is None else str(flat),
                **_unit(unit),
            }
            for up_to, (unit, flat) in zip((5, 20, None), prices, strict=True)
        ]

    def all_coupons(self, currency: str) -> list[Json]:
        products = [f"prod_{self.account.name}{number}" for number in (0, 1)]
        return [
            self.coupon(currency, percent_off=25),
            self.coupon(currency, percent_off=33.33),
            self.coupon(currency, percent_off=50, duration="once"),
            self.coupon(currency, amount_off=700, duration="repeating"),
            self.coupon(currency, amount_off=10**6),
            self.coupon(currency, percent_off=10, applies_to={"products": products}),
        ]

    def coupon(self, currency: str, duration: str = "forever", **members: Any) -> Json:
        off = members.get("amount_off")
        others = {code: {"amount_off": 300} for code in self.currencies if code != currency} if off else {}
        defaults = {"amount_off": None, "percent_off": None, "applies_to": None, "currency": currency if off else None}
        return self.row(
            "co", "coupon", "coupons", None, **{**defaults, "currency_options": others, "duration": duration, **members}
        )

    # Subscriptions

    def subscription(self, *, is_long: bool = False) -> Json:
        """One subscription; a long one has more items than Stripe shows inside it."""
        currency = self.random.choice(self.currencies)
        row = self.row(
            "sub",
            "subscription",
            "subscriptions",
            cancel_at_period_end=self.happens(0.1),
            currency=currency,
            customer=self.random.choice(self.customers),
            discounts=self.discounts(currency),
            items=[],
            pause_collection={"behavior": "void"} if self.happens(0.08) else None,
            status=self.random.choice(_STATUSES),
        )
        for number in range(12 if is_long else self.random.choice((1, 1, 1, 2, 3))):
            row["items"].append(self.item(row, number))
        return row

    def item(self, subscription: Json, number: int) -> Json:
        """One item: its price now and then in another default currency, its quantity missing, zero or some."""
        listed_in = subscription["currency"] if self.happens(0.9) else self.random.choice(self.currencies)
        price = self.random.choice(self.prices[listed_in])
        quantity = self.random.choice((0, 1, 1, 1, 2, 5, 7, 23, None))
        is_metered = price["recurring"]["usage_type"] == "metered"
        return {
            "id": f"si_{subscription['id'].removeprefix('sub_')}_{number}",
            "object": "subscription_item",
            "created": subscription["created"],
            "discounts": self.discounts(subscription["currency"]),
            # An old subscription has a plan, and a plan knows one currency only.
            "is_legacy": listed_in == subscription["currency"] and self.happens(0.1),
            "price": price["id"],
            "subscription": subscription["id"],
            **({} if quantity is None or is_metered else {"quantity": quantity}),
        }

    def discounts(self, currency: str) -> list[Json]:
        """Mostly none; sometimes several, some of them over."""
        count = self.random.choice((0, 0, 0, 0, 0, 1, 1, 2))
        return [self.discount(self.random.choice(self.coupons[currency])) for _ in range(count)]

    def discount(self, coupon: Json) -> Json:
        end = None
        if coupon["duration"] == "repeating":
            end = self.today + self.random.choice((-1, 1)) * self.random.randrange(2 * DAY, 200 * DAY)
        return {
            "id": f"di_{self.account.name}{self.random.randrange(10**12):012d}",
            "object": "discount",
            "end": end,
            "source": {"type": "coupon", "coupon": coupon["id"]},
            "start": self.moment(),
        }


def _unit(amount: str | None) -> Json:
    """A unit's price as Stripe gives it: the decimal text always, the whole number only when it is one."""
    is_whole = amount is not None and amount.isdigit()
    return {"unit_amount": int(amount) if amount and is_whole else None, "unit_amount_decimal": amount}
