"""Stripe's read requests: who may ask, for what, and what a page looks like."""

import re
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from gridos.sandbox.stripe.account import PERMISSIONS, Json, Listing, StripeAccount
from gridos.sandbox.stripe.showing import can_expand, shower

_MOST_ROWS = 100
_MOST_LEVELS = 4
_LISTED = ("charges", "coupons", "customers", "prices", "refunds", "subscription_items", "subscriptions")
_FOUND = ("charges", "coupons", "customers", "prices", "refunds", "subscription_items", "subscriptions")
_STATUSES = "active all canceled ended incomplete incomplete_expired past_due paused trialing unpaid"
_ENDED = frozenset({"canceled", "incomplete_expired"})
_CREATED = {
    "created[gt]": ("low", 1),
    "created[gte]": ("low", 0),
    "created[lt]": ("high", 0),
    "created[lte]": ("high", 1),
}
_EXPAND = re.compile(r"expand\[\d*\]")
_NAMES = {"subscriptions": "subscription", "subscription_items": "subscription_item"}


class _Refusal(Exception):
    """An error answer in Stripe's shape."""

    def __init__(self, status: int, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": "invalid_request_error", "message": message, **more}


class StripeApi:
    """The routes of the stand-in, over accounts by key."""

    def __init__(self, accounts: Mapping[str, StripeAccount], key_of: Callable[[web.Request], str]) -> None:
        self._accounts = accounts
        self._key_of = key_of

    def routes(self) -> list[web.RouteDef]:
        """Stripe's own paths; any other one below `/v1/` is an unrecognised address, as at Stripe."""
        listing = [web.get(f"/v1/{name}", self._answering(self._list, name)) for name in _LISTED]
        finding = [web.get(f"/v1/{name}/{{id}}", self._answering(self._find, name)) for name in _FOUND]
        return [*listing, *finding, web.route("*", "/v1/{rest:.*}", self._answering(self._unknown, ""))]

    def _answering(
        self, answer: Callable[[web.Request, StripeAccount, str], str], collection: str
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            try:
                text = answer(request, self._account(request, collection), collection)
            except _Refusal as refusal:
                return web.json_response({"error": refusal.error}, status=refusal.status)
            return web.Response(text=text, content_type="application/json")

        return handler

    def _account(self, request: web.Request, collection: str) -> StripeAccount:
        key = self._key_of(request)
        if not key:
            raise _Refusal(401, "You did not provide an API key. Send it as 'Authorization: Bearer YOUR_SECRET_KEY'.")
        account = self._accounts.get(key)
        if account is None:
            raise _Refusal(401, f"Invalid API Key provided: {_masked(key)}")
        permission = PERMISSIONS.get(collection)
        if permission and permission not in account.permissions:
            raise _Refusal(
                403,
                f"The provided key '{_masked(key)}' does not have the required permissions for this endpoint on "
                f"account 'acct_{account.name}'. Having the '{permission}' permission would allow this request "
                "to continue.",
            )
        return account

    def _unknown(self, request: web.Request, _account: StripeAccount, _collection: str) -> str:
        raise _Refusal(404, f"Unrecognized request URL ({request.method}: {request.path}).")

    def _find(self, request: web.Request, account: StripeAccount, collection: str) -> str:
        expand = _expand(request, collection, prefix="")
        _refuse_unknown(request, frozenset())
        name, identity = _NAMES.get(collection, collection.removesuffix("s")), request.match_info["id"]
        row = _rows(account, collection).get(identity)
        if row is None or (collection == "coupons" and identity in account.deleted_coupons):
            raise _Refusal(404, f"No such {name}: '{identity}'", code="resource_missing", param=name)
        return account.text(row, expand, shower(collection, account))

    def _list(self, request: web.Request, account: StripeAccount, collection: str) -> str:
        expand = _expand(request, collection, prefix="data.")
        known = {"limit", "starting_after", *_CREATED, "created"}
        known |= {"subscriptions": {"status", "customer", "price"}, "subscription_items": {"subscription"}}.get(
            collection, {"customer"}
        )
        _refuse_unknown(request, frozenset(known))
        listing = _chosen(request, account, collection)
        low, high = _window(request)
        rows, has_more = listing.page(_position(request, listing, collection), low, high, _limit(request))
        show = shower(collection, account)
        data = ",".join(account.text(row, expand, show) for row in rows)
        more = "true" if has_more else "false"
        return f'{{"object":"list","data":[{data}],"has_more":{more},"url":"/v1/{collection}"}}'


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * 8}{key[-4:]}" if len(key) > 16 else "****"  # noqa: PLR2004 -- short keys stay hidden


def _rows(account: StripeAccount, collection: str) -> Mapping[str, Json]:
    if collection != "subscription_items":
        return account.rows[collection]
    return {item["id"]: item for row in account.rows["subscriptions"].values() for item in row["items"]}


def _chosen(request: web.Request, account: StripeAccount, collection: str) -> Listing:
    """The rows that the filters leave, except those of time."""
    query, rows = request.query, account.rows[collection].values()
    if collection == "subscription_items":
        if "subscription" not in query:
            raise _Refusal(400, "Missing required param: subscription.", code="parameter_missing", param="subscription")
        owner = query["subscription"]
        if owner not in account.rows["subscriptions"]:
            raise _Refusal(404, f"No such subscription: '{owner}'", code="resource_missing", param="subscription")
        return account.listing(collection, owner, lambda: account.items(owner))
    status, customer = query.get("status"), query.get("customer")
    if status is not None and status not in _STATUSES.split():
        raise _Refusal(400, f"Invalid status: must be one of {_STATUSES.replace(' ', ', ')}", param="status")

    def is_chosen(row: Json) -> bool:
        of_customer = customer is None or row.get("customer") == customer
        return of_customer and (collection != "subscriptions" or _has_status(row, status))

    return account.listing(collection, f"{status} {customer}", lambda: [row for row in rows if is_chosen(row)])


def _has_status(row: Json, status: str | None) -> bool:
    """Without a filter Stripe leaves canceled subscriptions out; `ended` means canceled or never begun."""
    if status is None:
        return row["status"] != "canceled"
    if status == "ended":
        return row["status"] in _ENDED
    return status in {"all", row["status"]}


def _expand(request: web.Request, collection: str, prefix: str) -> frozenset[str]:
    paths = [value for name, value in request.query.items() if _EXPAND.fullmatch(name)]
    for path in paths:
        if len(path.split(".")) > _MOST_LEVELS:
            raise _Refusal(400, f"You cannot expand more than {_MOST_LEVELS} levels of a property. Property: {path}")
        if not path.startswith(prefix) or not can_expand(collection, path.removeprefix(prefix)):
            raise _Refusal(400, f"This property cannot be expanded ({path}).", param="expand")
    return frozenset(path.removeprefix(prefix) for path in paths)


def _refuse_unknown(request: web.Request, known: frozenset[str]) -> None:
    for name in request.query:
        if name not in known and not _EXPAND.fullmatch(name):
            raise _Refusal(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def _integer(request: web.Request, name: str) -> int:
    value = request.query[name]
    if not re.fullmatch(r"\d{1,15}", value):
        raise _Refusal(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def _limit(request: web.Request) -> int:
    limit = _integer(request, "limit") if "limit" in request.query else 10
    if not 1 <= limit <= _MOST_ROWS:
        raise _Refusal(400, f"This value must be between 1 and {_MOST_ROWS}.", param="limit")
    return limit


def _window(request: web.Request) -> tuple[int | None, int | None]:
    """The seconds [low, high) that `created` asks for."""
    bounds: dict[str, list[int]] = {"low": [], "high": []}
    for name, (side, shift) in _CREATED.items():
        if name in request.query:
            bounds[side].append(_integer(request, name) + shift)
    if "created" in request.query:
        moment = _integer(request, "created")
        bounds["low"].append(moment)
        bounds["high"].append(moment + 1)
    return max(bounds["low"], default=None), min(bounds["high"], default=None)


def _position(request: web.Request, listing: Listing, collection: str) -> int:
    """Where the page begins: behind the row that the cursor names, even when newer rows came meanwhile."""
    cursor = request.query.get("starting_after")
    if cursor is None:
        return 0
    if cursor not in listing.positions:
        name = _NAMES.get(collection, collection.removesuffix("s"))
        raise _Refusal(400, f"No such {name}: '{cursor}'", code="resource_missing", param="starting_after")
    return listing.positions[cursor] + 1
