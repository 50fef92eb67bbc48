"""
What a query costs, in the points that Shopify rations: https://shopify.dev/docs/api/usage/limits.

An object is one point, a scalar none, a mutation ten, a connection two and its rows.
"""

from collections.abc import Mapping
from typing import Any, Final

from graphql import DocumentNode, FieldNode, IntValueNode, OperationDefinitionNode, SelectionSetNode, VariableNode

MOST_OF_A_QUERY: Final = 1_000

_CONNECTIONS: Final = {"orders"}
_MUTATION: Final = 10
_COUNT: Final = 10
_CONNECTION: Final = 2


class Cost:
    """The cost of one operation: before it runs, and with the rows it really brought."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]

    def requested(self) -> int:
        """With as many rows as each connection asks for."""
        return sum(self._of(operation.selection_set, None) + _base(operation) for operation in self._operations)

    def actual(self, data: Mapping[str, Any] | None) -> int:
        """With the rows that are in the answer."""
        shown = data or {}
        return sum(self._of(operation.selection_set, shown) + _base(operation) for operation in self._operations)

    def _of(self, selection: SelectionSetNode, data: Mapping[str, Any] | None) -> int:
        return sum(self._field(node, data) for node in selection.selections if isinstance(node, FieldNode))

    def _field(self, node: FieldNode, data: Mapping[str, Any] | None) -> int:
        if node.selection_set is None:
            return 0
        name = node.name.value
        if name in _CONNECTIONS:
            return _CONNECTION + self._rows(node, data) * self._row(node.selection_set)
        if name.endswith("Count"):
            return _COUNT
        return 1 + self._of(node.selection_set, None)

    def _rows(self, node: FieldNode, data: Mapping[str, Any] | None) -> int:
        if data is not None:
            shown: dict[str, Any] = data.get(node.alias.value if node.alias else node.name.value) or {}
            rows: list[Any] = shown.get("nodes") or shown.get("edges") or []
            return len(rows)
        for argument in node.arguments or ():
            match argument.name.value, argument.value:
                case "first", IntValueNode(value=value):
                    return int(value)
                case "first", VariableNode(name=name):
                    return int(self._variables.get(name.value) or 0)
                case _:
                    pass
        return 0

    def _row(self, connection: SelectionSetNode) -> int:
        """One row: the objects below `nodes`, or below the `node` of `edges`."""
        fields = [node for node in connection.selections if isinstance(node, FieldNode) and node.selection_set]
        rows = [node for node in fields if node.name.value in {"nodes", "edges"}]
        return sum(self._field(node, None) - (node.name.value == "edges") for node in rows)


def _base(operation: OperationDefinitionNode) -> int:
    return _MUTATION if operation.operation.value == "mutation" else 0
