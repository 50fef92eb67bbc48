"""What the connector should say, from an account's raw rows and by another road: years, single units, refunds."""

import math
from collections import Counter, defaultdict
from fractions import Fraction

from gridos.sandbox import StripeAccount
from tests.stripe.rows import Row

_PERIODS_A_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
_MINOR = {"jpy": 1, "kwd": 1000, "bhd": 1000}


def revenue(account: StripeAccount, since: int) -> dict[str, float]:
    """Net revenue by currency, from the refunds themselves."""
    given_back: Counter[str] = Counter()
    for refund in account.rows["refunds"].values():
        if not refund["metadata"] and refund["status"] != "failed":
            given_back[refund["charge"]] += refund["amount"]
    totals: Counter[str] = Counter()
    for charge in paid(account, since):
        totals[charge["currency"]] += charge["amount_captured"] - given_back[charge["id"]]
    return {currency: total / _MINOR.get(currency, 100) for currency, total in totals.items()}


def paid(account: StripeAccount, since: int) -> list[Row]:
    """The charges that are revenue."""
    charges = account.rows["charges"].values()
    return [row for row in charges if row["status"] == "succeeded" and row["captured"] and row["created"] >= since]


def active(account: StripeAccount) -> list[Row]:
    """The subscriptions whose customers are subscribers."""
    return [row for row in account.rows["subscriptions"].values() if row["status"] == "active"]


def mrr(account: StripeAccount, now: float) -> dict[str, float]:
    """Monthly revenue by currency: a twelfth of what each subscription brings a year."""
    years: defaultdict[str, Fraction] = defaultdict(Fraction)
    for row in active(account):
        licensed = [item for item in row["items"] if not _is_metered(account, item)]
        if licensed and not row["pause_collection"]:
            years[row["currency"]] += _year(account, row, licensed, now)
    return {code: math.floor(year / 12 + Fraction(1, 2)) / _MINOR.get(code, 100) for code, year in years.items()}


def _is_metered(account: StripeAccount, item: Row) -> bool:
    return account.rows["prices"][item["price"]]["recurring"]["usage_type"] == "metered"


def _year(account: StripeAccount, row: Row, items: list[Row], now: float) -> Fraction:
    prices = [account.rows["prices"][item["price"]] for item in items]
    bills = [Fraction(_PERIODS_A_YEAR[p["recurring"]["interval"]], p["recurring"]["interval_count"]) for p in prices]
    products = [price["product"] for price in prices]
    amounts: list[Fraction] = []
    for item, price, often, product in zip(items, prices, bills, products, strict=True):
        full = _bill(price, row["currency"], item.get("quantity", 1)) * often
        amounts += _less(account, item["discounts"], [full], [often], [product], row["currency"], now)
    return sum(_less(account, row["discounts"], amounts, bills, products, row["currency"], now), Fraction(0))


def _bill(price: Row, currency: str, quantity: int) -> Fraction:
    """One bill of one price, unit by unit."""
    if transform := price["transform_quantity"]:
        left_over = bool(quantity % transform["divide_by"]) and transform["round"] == "up"
        quantity = quantity // transform["divide_by"] + left_over
    terms = price if price["currency"] == currency else price["currency_options"][currency]
    if price["billing_scheme"] == "per_unit":
        return Fraction(terms["unit_amount_decimal"]) * quantity
    tiers_of_units = [_tier(terms["tiers"], unit) for unit in range(1, quantity + 1)]
    if price["tiers_mode"] == "volume":
        tiers_of_units = tiers_of_units[-1:] * quantity
    entered = {id(tier): tier for tier in tiers_of_units}.values()
    units = sum((Fraction(tier["unit_amount_decimal"] or 0) for tier in tiers_of_units), Fraction(0))
    return units + sum(tier["flat_amount"] or 0 for tier in entered)


def _tier(tiers: list[Row], unit: int) -> Row:
    return next(tier for tier in tiers if tier["up_to"] is None or unit <= tier["up_to"])


def _less(
    account: StripeAccount,
    discounts: list[Row],
    amounts: list[Fraction],
    bills: list[Fraction],
    products: list[str],
    currency: str,
    now: float,
) -> list[Fraction]:
    """Yearly amounts after discounts; a fixed one comes off as often as the most frequent bill it is good for."""
    for discount in discounts:
        coupon = account.rows["coupons"][discount["source"]["coupon"]]
        if coupon["duration"] == "once" or (discount["end"] and discount["end"] <= now):
            continue
        only = coupon["applies_to"]
        hit = [number for number, product in enumerate(products) if not only or product in only["products"]]
        total = sum((amounts[number] for number in hit), Fraction(0))
        if not total:
            continue
        if coupon["percent_off"]:
            off = total * Fraction(str(coupon["percent_off"])) / 100
        else:
            listed = coupon if coupon["currency"] == currency else coupon["currency_options"][currency]
            off = min(total, listed["amount_off"] * max(bills[number] for number in hit))
        amounts = [amount - off * amount / total if number in hit else amount for number, amount in enumerate(amounts)]
    return amounts
