"""Gives each owner their own copy of a plugin's globals."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, TypeAlias
from uuid import UUID

from gridos.errors import BadPlugin
from gridos.fetching.deadline import Deadline
from gridos.fetching.merging import Merging
from gridos.fetching.threads import Threads
from gridos.plugins import ConnectionRef, Plugin, PluginFunction

Functions: TypeAlias = Mapping[str, PluginFunction]

MOST: Final = 1_000
"""Instances kept; the one that was used least recently goes first, and with it only its own caches."""


class Instances:
    """
    The functions of plugins with synchronous live functions, executed afresh per connection version.

    Such a plugin may keep answers in a global. One owner must never see another's, nor those of a replaced secret.
    """

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._kept: OrderedDict[UUID, tuple[int, Functions]] = OrderedDict()
        self._starting: Merging[tuple[UUID, int], Functions] = Merging()

    async def get(self, plugin: Plugin, ref: ConnectionRef, deadline: Deadline) -> Functions:
        """This connection's own functions; BadPlugin when plugin.py fails this time."""
        version, functions = self._kept.get(ref.id, (None, None))
        if functions is None or version != ref.version:
            return await self._starting.run((ref.id, ref.version), lambda _: self._start(plugin, ref, deadline))
        self._kept.move_to_end(ref.id)
        return functions

    def forget(self, connection: UUID) -> None:
        """Drop a connection's functions and all that they remember."""
        self._starting.drop(lambda key: key[0] == connection)
        self._kept.pop(connection, None)

    async def _start(self, plugin: Plugin, ref: ConnectionRef, deadline: Deadline) -> Functions:
        functions = await self._threads.run(ref.id, deadline, lambda: _instantiate(plugin))
        if isinstance(functions, BadPlugin):
            raise functions
        self._kept[ref.id] = ref.version, functions
        self._kept.move_to_end(ref.id)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return functions


def _instantiate(plugin: Plugin) -> Functions | BadPlugin:
    try:
        return plugin.instantiate()
    except BadPlugin as failure:
        return failure
