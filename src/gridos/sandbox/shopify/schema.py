"""The stand-in's GraphQL schema, written for this purpose: a field that is not here fails, as it would at Shopify."""

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema

from gridos.sandbox.shopify.searching import count_products, find_orders
from gridos.sandbox.shopify.store import Export, Order, ShopifyStore

Json: TypeAlias = dict[str, Any]

MOST_OF_A_PAGE: Final = 250
MOST_OF_A_QUERY: Final = 25_000

_SDL = """
scalar DateTime
scalar Decimal
scalar URL
scalar UnsignedInt64
scalar CurrencyCode
enum CountPrecision { EXACT AT_LEAST }
enum OrderSortKeys { CREATED_AT }
enum BulkOperationStatus { CANCELED CANCELING COMPLETED CREATED EXPIRED FAILED RUNNING }
enum BulkOperationErrorCode { ACCESS_DENIED INTERNAL_SERVER_ERROR TIMEOUT }
enum BulkOperationUserErrorCode { INVALID LIMIT_REACHED OPERATION_IN_PROGRESS }

type QueryRoot {
  shop: Shop!
  currentAppInstallation: AppInstallation!
  orders(first: Int, after: String, query: String, sortKey: OrderSortKeys): OrderConnection!
  ordersCount(query: String, limit: Int = 10000): Count
  productsCount(query: String, limit: Int = 10000): Count
  bulkOperation(id: ID!): BulkOperation
}
type Mutation {
  bulkOperationRunQuery(query: String!, groupObjects: Boolean! = false): BulkOperationRunQueryPayload
}
type Shop { name: String! currencyCode: CurrencyCode! ianaTimezone: String! myshopifyDomain: String! }
type AppInstallation { accessScopes: [AccessScope!]! }
type AccessScope { handle: String! }
type Count { count: Int! precision: CountPrecision! }
type OrderConnection { nodes: [Order!]! edges: [OrderEdge!]! pageInfo: PageInfo! }
type OrderEdge { node: Order! cursor: String! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Order {
  id: ID! name: String! createdAt: DateTime! updatedAt: DateTime! cancelledAt: DateTime closedAt: DateTime
  test: Boolean! edited: Boolean! totalPriceSet: MoneyBag! originalTotalPriceSet: MoneyBag!
}
type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
type MoneyV2 { amount: Decimal! currencyCode: CurrencyCode! }
type BulkOperation {
  id: ID! status: BulkOperationStatus! errorCode: BulkOperationErrorCode objectCount: UnsignedInt64! url: URL
}
type BulkOperationRunQueryPayload { bulkOperation: BulkOperation userErrors: [BulkOperationUserError!]! }
type BulkOperationUserError { code: BulkOperationUserErrorCode field: [String!] message: String! }
schema { query: QueryRoot mutation: Mutation }
"""


@dataclass(frozen=True, slots=True)
class Asking:
    """
    What resolvers know about the request. `chunk` is set while an export writes its file: those orders, and no pages.

    `export` starts a bulk operation and gives its payload.
    """

    store: ShopifyStore
    export: Callable[[str], Json]
    chunk: Sequence[Order] | None = None


Info: TypeAlias = GraphQLResolveInfo[Asking]


def make_schema() -> GraphQLSchema:
    """The schema with its resolvers; whatever they give is read by the fields' own names."""
    schema = build_schema(_SDL)
    assert schema.query_type
    assert schema.mutation_type
    for name, resolver in _QUERIES.items():
        schema.query_type.fields[name].resolve = resolver
    schema.mutation_type.fields["bulkOperationRunQuery"].resolve = _run_export
    return schema


def access_denied(field: str, scope: str) -> GraphQLError:
    """What Shopify says when a scope is missing."""
    required = f"`{scope}` access scope."
    extensions = {"code": "ACCESS_DENIED", "documentation": "https://shopify.dev/api/usage/access-scopes"}
    return GraphQLError(
        f"Access denied for {field} field. Required access: {required}",
        extensions={**extensions, "requiredAccess": required},
    )


def shown_export(store: ShopifyStore, export: Export) -> Json:
    """A bulk operation as the API shows it. Its file lies on another host."""
    is_there = export.status == "COMPLETED" and export.orders
    name = export.id.rpartition("/")[2]
    address = f"https://storage.googleapis.com/sandbox-exports/{store.name}/{name}.jsonl?signed=yes"
    return {
        "id": export.id,
        "status": export.status,
        "errorCode": export.failure if export.status == "FAILED" else None,
        "objectCount": str(len(export.orders) if export.status == "COMPLETED" else 0),
        "url": address if is_there else None,
    }


# Resolvers


def _shop(_: object, info: Info) -> Json:
    store = info.context.store
    return {
        "name": store.title or store.name.capitalize(),
        "currencyCode": store.currency,
        "ianaTimezone": store.zone,
        "myshopifyDomain": store.domain,
    }


def _app(_: object, info: Info) -> Json:
    return {"accessScopes": [{"handle": scope} for scope in sorted(info.context.store.scopes)]}


def _orders(_: object, info: Info, **given: Any) -> Json:
    left_out = info.context.store.left_out
    if info.context.chunk is not None:
        return _page(info.context.chunk[left_out:], has_more=False)
    store = _guarded(info, "read_orders")
    if not 0 < (given.get("first") or 0) <= MOST_OF_A_PAGE:
        raise GraphQLError(f"`first` is a number from 1 to {MOST_OF_A_PAGE}.")
    if not given.get("sortKey"):
        raise GraphQLError("The sandbox lists orders by CREATED_AT only.")
    store.before_page()
    found = find_orders(store, given.get("query"))
    start = _position(found, given.get("after"))
    end = start + given["first"]
    if end > MOST_OF_A_QUERY:
        raise GraphQLError(f"A query pages over at most {MOST_OF_A_QUERY} objects.")
    return _page(found[start + left_out : end], has_more=end < len(found))


def _orders_count(_: object, info: Info, **given: Any) -> Json:
    store = _guarded(info, "read_orders")
    return _counted(store, len(find_orders(store, given.get("query"))), given.get("limit"))


def _products_count(_: object, info: Info, **given: Any) -> Json:
    store = _guarded(info, "read_products")
    return _counted(store, count_products(store, given.get("query")), given.get("limit"))


def _find_export(_: object, info: Info, **given: Any) -> Json | None:
    export = info.context.store.exports.get(given["id"])
    return shown_export(info.context.store, export) if export else None


def _run_export(_: object, info: Info, **given: Any) -> Json:
    return info.context.export(given["query"])


_QUERIES: Final = {
    "shop": _shop,
    "currentAppInstallation": _app,
    "orders": _orders,
    "ordersCount": _orders_count,
    "productsCount": _products_count,
    "bulkOperation": _find_export,
}


def _guarded(info: Info, scope: str) -> ShopifyStore:
    store = info.context.store
    if scope not in store.scopes:
        raise access_denied(info.field_name, scope)
    return store


def _counted(store: ShopifyStore, found: int, limit: int | None) -> Json:
    caps = [cap for cap in (limit, store.count_cap) if cap is not None and cap < found]
    return {"count": min([found, *caps]), "precision": "AT_LEAST" if caps else "EXACT"}


# Pages


def _page(orders: Sequence[Order], *, has_more: bool) -> Json:
    nodes = [_shown(order) for order in orders]
    return {
        "nodes": nodes,
        "edges": [{"node": node, "cursor": _cursor(order)} for node, order in zip(nodes, orders, strict=True)],
        "pageInfo": {"hasNextPage": has_more, "endCursor": _cursor(orders[-1]) if orders else None},
    }


def _position(found: Sequence[Order], cursor: str | None) -> int:
    """Where a page begins: behind the order that the cursor names, even when other orders came or went meanwhile."""
    if cursor is None:
        return 0
    try:
        created, number = json.loads(base64.b64decode(cursor, validate=True))
    except ValueError:
        raise GraphQLError("Invalid cursor for current pagination sort.") from None
    return bisect_right(found, (created, number), key=lambda order: order.age)


def _cursor(order: Order) -> str:
    return base64.b64encode(json.dumps(order.age).encode()).decode()


def _shown(order: Order) -> Json:
    return {
        "id": f"gid://shopify/Order/{order.number}",
        "name": f"#{order.number}",
        "createdAt": _moment(order.created),
        "updatedAt": _moment(order.updated),
        "cancelledAt": None if order.cancelled is None else _moment(order.cancelled),
        "closedAt": _moment(order.updated) if order.closed else None,
        "test": order.test,
        "edited": order.edited,
        "totalPriceSet": _bag(order, order.total),
        "originalTotalPriceSet": _bag(order, order.original),
    }


def _bag(order: Order, amount: Decimal) -> Json:
    """An amount in the shop's currency, and as the customer saw the total."""
    shown, currency = order.shown
    return {
        "shopMoney": {"amount": str(amount), "currencyCode": order.currency},
        "presentmentMoney": {"amount": str(shown), "currencyCode": currency},
    }


def _moment(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"
