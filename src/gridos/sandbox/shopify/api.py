"""Shopify's addresses: the Admin API, minting, and the files of exports, which in the world lie on another host."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from graphql import DocumentNode, FieldNode, GraphQLError, OperationDefinitionNode, StringValueNode, parse, validate
from graphql import execute_sync as run  # pyright: ignore[reportUnknownVariableType] -- a generic without its arguments

from gridos.sandbox.shopify.costs import MOST_OF_A_QUERY, Cost
from gridos.sandbox.shopify.schema import Asking, access_denied, make_schema, shown_export
from gridos.sandbox.shopify.searching import find_orders
from gridos.sandbox.shopify.store import Export, Order, ShopifyStore

_LIFE: Final = 86_399
_CHUNK: Final = 500


class ShopifyApi:
    """The routes of the stand-in, over stores by token."""

    def __init__(self, stores: Mapping[str, ShopifyStore]) -> None:
        self._stores = stores
        self._schema = make_schema()

    def routes(self) -> list[web.RouteDef]:
        """Any version of the API is served alike."""
        return [
            web.post(r"/admin/api/{version:\d{4}-\d{2}}/graphql.json", self.graphql),
            web.post("/admin/oauth/access_token", self._mint),
            web.get("/sandbox-exports/{store}/{export}.jsonl", self._file),
        ]

    def find(self, request: web.Request) -> ShopifyStore | None:
        """The store whose token a request carries."""
        token = request.headers.get("X-Shopify-Access-Token", "")
        minted = (store for store in self._stores.values() if token in store.minted)
        return self._stores.get(token) or next(minted, None)

    async def graphql(self, request: web.Request) -> web.Response:
        """A question to the Admin API."""
        store = self.find(request)
        if store is None:
            refusal = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return web.json_response({"errors": refusal}, status=401)
        try:
            asked = await request.json()
            query, variables = str(asked["query"]), dict(asked.get("variables") or {})
        except (ValueError, KeyError, TypeError):
            return web.json_response({"errors": "Required parameter missing or invalid"}, status=400)
        return web.json_response(self._answer(store, query, variables))

    def _answer(self, store: ShopifyStore, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        document = self._read(query)
        if isinstance(document, list):
            return {"errors": [error.formatted for error in document]}
        cost = Cost(document, variables)
        requested = cost.requested()
        if requested > MOST_OF_A_QUERY:
            message = f"Query cost is {requested}, which exceeds the single query max cost limit ({MOST_OF_A_QUERY})."
            return _failed(message, "MAX_COST_EXCEEDED")
        if not store.spend(requested):
            return {**_failed("Throttled", "THROTTLED"), "extensions": _extensions(store, requested, None)}
        asking = Asking(store, lambda text: self._export(store, text))
        result = run(self._schema, document, context_value=asking, variable_values=dict(variables))
        actual = cost.actual(result.data)
        store.charge(actual)
        return {**result.formatted, "extensions": _extensions(store, requested, actual)}

    def _read(self, query: str) -> DocumentNode | list[GraphQLError]:
        try:
            document = parse(query)
        except GraphQLError as error:
            return [error]
        return validate(self._schema, document) or document

    # Exports

    def _export(self, store: ShopifyStore, query: str) -> dict[str, Any]:
        """Start a bulk operation, or say why not."""
        if "read_orders" not in store.scopes:
            raise access_denied("bulkOperationRunQuery", "read_orders")
        running = sum(export.status == "RUNNING" for export in store.exports.values())
        if running >= store.exports_at_once:
            return _user_error("LIMIT_REACHED", "Bulk operations limit reached for this app and shop.")
        document = self._read(query)
        field = None if isinstance(document, list) else _exported(document)
        if field is None:
            return _user_error("INVALID", "Invalid bulk query.")
        identity = f"gid://shopify/BulkOperation/{1000 + len(store.exports)}"
        ready = time.monotonic() + store.export_seconds
        export = Export(identity, query, list(find_orders(store, _search(field))), ready, store.export_failure)
        store.exports[identity] = export
        return {"bulkOperation": shown_export(store, export), "userErrors": []}

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """An export's file: one order a line, made as it is sent. Whoever has its address may have it."""
        store = next((one for one in self._stores.values() if one.name == request.match_info["store"]), None)
        export = store.exports.get(f"gid://shopify/BulkOperation/{request.match_info['export']}") if store else None
        if store is None or export is None or export.status != "COMPLETED":
            return web.Response(
                status=404, text="<Error><Code>NoSuchKey</Code></Error>", content_type="application/xml"
            )
        if request.headers.keys() & {"Authorization", "X-Shopify-Access-Token"}:
            return web.Response(status=400, text="<Error><Code>InvalidArgument</Code></Error>")
        response = web.StreamResponse(headers={"Content-Type": "application/jsonl"})
        await response.prepare(request)
        document, orders = parse(export.query), export.orders[: store.export_cut]
        for start in range(0, len(orders), _CHUNK):
            await response.write(self._lines(store, document, orders[start : start + _CHUNK]))
            await asyncio.sleep(0)
        await response.write_eof()
        return response

    def _lines(self, store: ShopifyStore, document: DocumentNode, chunk: Sequence[Order]) -> bytes:
        asking = Asking(store, lambda _: {}, chunk)
        data = run(self._schema, document, context_value=asking).data or {}
        (connection,) = data.values()
        return "".join(f"{json.dumps(edge['node'])}\n" for edge in connection["edges"]).encode()

    # Minting

    async def _mint(self, request: web.Request) -> web.Response:
        """A token for an app's id and secret (RFC 6749, section 4.4). Each is another, and older ones stay good."""
        form = await request.post()
        store = next((one for one in self._stores.values() if form.get("client_id") == client_id(one)), None)
        if form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if store is None or form.get("client_secret") != client_secret(store):
            return web.json_response({"error": "invalid_client"}, status=401)
        store.minted.append(f"shpat_sandbox_{store.name}_minted_token_{len(store.minted) + 1}")
        scope = ",".join(sorted(store.scopes))
        return web.json_response({"access_token": store.minted[-1], "scope": scope, "expires_in": _LIFE})


def client_id(store: ShopifyStore) -> str:
    """The id of the store's app."""
    return f"sandbox-{store.name}-client-id"


def client_secret(store: ShopifyStore) -> str:
    """The secret of the store's app."""
    return f"shpss_sandbox_{store.name}_invented_secret"


def _exported(document: DocumentNode) -> FieldNode | None:
    """The connection that a bulk query asks for; Shopify wants one query of one connection."""
    match document.definitions:
        case (OperationDefinitionNode() as operation,) if operation.operation.value == "query":
            match operation.selection_set.selections:
                case (FieldNode() as field,) if field.name.value == "orders":
                    return field
                case _:
                    return None
        case _:
            return None


def _search(field: FieldNode) -> str | None:
    """The argument `query` of a field."""
    given = {argument.name.value: argument.value for argument in field.arguments or ()}
    value = given.get("query")
    return value.value if isinstance(value, StringValueNode) else None


def _failed(message: str, code: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _user_error(code: str, message: str) -> dict[str, Any]:
    return {"bulkOperation": None, "userErrors": [{"code": code, "field": None, "message": message}]}


def _extensions(store: ShopifyStore, requested: int, actual: int | None) -> dict[str, Any]:
    status = {
        "maximumAvailable": store.capacity,
        "currentlyAvailable": int(store.available),
        "restoreRate": store.restore_rate,
    }
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}}
