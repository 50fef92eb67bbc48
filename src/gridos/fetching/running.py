"""Runs one call: opens the owner's connection, runs the plugin's function on it, checks what comes back."""

import asyncio
import inspect
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from gridos.errors import GridOSError
from gridos.fetching import failures
from gridos.fetching.days import ConnectionDays, DayStore
from gridos.fetching.deadline import Deadline
from gridos.fetching.gateway import Gateway
from gridos.fetching.http import CallHttp
from gridos.fetching.injecting import sensitive
from gridos.fetching.instances import Instances
from gridos.fetching.merging import Merging
from gridos.fetching.moved import ConnectionMoved
from gridos.fetching.scanning import Scanner
from gridos.fetching.threads import Threads
from gridos.formulas import AnswerValue, Call
from gridos.grid import CellError
from gridos.plugins import (
    CallScope,
    ConnectionRef,
    Manifest,
    OpenConnection,
    Plugin,
    PluginFunction,
    Plugins,
    UpstreamError,
    normalize_result,
)

_logger = logging.getLogger(__name__)

OpenConnections: TypeAlias = Callable[[ConnectionRef], Awaitable[OpenConnection]]
"""Opens a connection's secrets as they are now; VaultLocked, SecretUnreadable or StorageUnavailable if it cannot."""

Outcome: TypeAlias = AnswerValue | CellError


@dataclass(frozen=True, slots=True)
class Errand:
    """What a running call may want of the one who asked: the answers of sources, and to be told how far it is."""

    ask_source: Callable[[Call], Awaitable[Any]]
    progress: Callable[[int, int | None], object]


class Runner:
    """Runs calls. Whatever goes wrong upstream or in a plugin is an outcome; only ConnectionMoved is raised."""

    def __init__(
        self, plugins: Plugins, open_connection: OpenConnections, gateway: Gateway, days: DayStore, *, saas: bool
    ) -> None:
        self._plugins = plugins
        self._open_connection = open_connection
        self._gateway = gateway
        self._days = days
        self._opening: Merging[ConnectionRef, OpenConnection] = Merging()
        self._saas = saas
        self._threads = Threads(gateway.clock)
        self._instances = Instances(self._threads)

    async def run(self, ref: ConnectionRef, call: Call, errand: Errand) -> Outcome:
        """What a cell is to show, or a source gives: never anything that contains one of the connection's secrets."""
        plugin = self._plugins.find(ref.plugin)
        if plugin is None or not (call.function in plugin.functions or call.function in plugin.sources):
            return CellError("#NAME?", "No such function", "The plugin that had it is gone.", plugin=ref.plugin)
        try:
            # Calls that start together read the owner's secrets once; the version in `ref` keeps replaced ones apart.
            opened = await self._opening.run(ref, partial(self._open, ref))
        except GridOSError as trouble:
            return failures.not_opened(ref.plugin, trouble)
        except Exception as trouble:  # noqa: BLE001 -- a cell must not stay loading, whatever storage does
            _logger.error("opening a connection of plugin %s raised %s", ref.plugin, type(trouble).__name__)  # noqa: TRY400 -- a traceback's words may hold a value
            return failures.not_opened(ref.plugin, GridOSError())
        if opened.ref != ref:
            raise ConnectionMoved
        returned = await self._bounded(plugin, opened, call, errand)
        if call.function in plugin.functions:
            returned = normalize_result(returned, plugin.manifest)
        return self._checked(plugin.manifest, opened, returned)

    async def _open(self, ref: ConnectionRef) -> OpenConnection:
        return await self._open_connection(ref)

    def forget(self, connection: UUID) -> None:
        """Drop what plugins remember for a connection that is gone or has new secrets."""
        self._instances.forget(connection)

    async def _bounded(self, plugin: Plugin, opened: OpenConnection, call: Call, errand: Errand) -> Any:
        source = plugin.sources.get(call.function)
        deadline = Deadline(source.seconds if source else self._gateway.patience.call)

        async def ask_source(name: str, arguments: tuple[Any, ...]) -> Any:
            with deadline.paused():  # a source has time of its own
                return await errand.ask_source(Call(name, json.dumps(arguments)))

        scope = CallScope(
            plugin.manifest,
            opened.secrets,
            opened.environment,
            http=CallHttp(plugin.manifest, opened, self._gateway, deadline),
            days=ConnectionDays(opened.ref, self._days),
            ask_source=ask_source,
            progress=errand.progress,
        )
        # Left before a late task or thread ends, the scope refuses whatever that still wants of it.
        with scope.entered():
            try:
                return await deadline.bound(self._call(plugin, opened.ref, call, deadline))
            except TimeoutError:
                return failures.offline(plugin.manifest, "The call took too long.")

    async def _call(self, plugin: Plugin, ref: ConnectionRef, call: Call, deadline: Deadline) -> Any:
        """What the function returned, as it came, or the error that takes its place."""
        try:
            arguments: list[Any] = json.loads(call.arguments)
            if source := plugin.sources.get(call.function):
                return await source.function(*arguments)
            function = await self._function(plugin, ref, call.function, deadline)
            if takes := mismatch(function.function, len(arguments)):
                return failures.bad_arguments(plugin.manifest, function.name, takes)
            if function.asynchronous:
                return await function.function(*arguments)
            return await self._threads.run(ref.id, deadline, lambda: _returned(plugin.manifest, function, arguments))
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            return _failure(plugin.manifest, call.function, error)
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a plugin raises is an outcome of its call
            return _failure(plugin.manifest, call.function, error)

    async def _function(self, plugin: Plugin, ref: ConnectionRef, name: str, deadline: Deadline) -> PluginFunction:
        if not self._saas or all(function.asynchronous for function in plugin.functions.values() if function.live):
            return plugin.functions[name]
        instance = await self._instances.get(plugin, ref, deadline)
        return instance[name]

    def _checked(self, manifest: Manifest, opened: OpenConnection, outcome: Any) -> Outcome:
        secrets = [*sensitive(manifest, opened.secrets), *sensitive(manifest, opened.environment)]
        token = self._gateway.tokens.find(opened.ref)
        if not Scanner([*secrets, token] if token else secrets).finds(outcome):
            return outcome
        _logger.warning("plugin %s: an answer was blocked because it contained a secret", manifest.slug)
        return failures.blocked(manifest, "Its answer contained one of the connection's secrets.")


def mismatch(function: Callable[..., Any], given: int) -> str | None:
    """How many arguments a function takes, in words, if it cannot be called with so many; None if it can."""
    parameters = inspect.signature(function).parameters.values()
    positional = [one for one in parameters if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]
    least = sum(one.default is one.empty for one in positional)
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return None if given >= least else f"at least {least} arguments"
    if least <= given <= len(positional):
        return None
    counts = f"{least} to {len(positional)}" if least < len(positional) else f"{least or 'no'}"
    return f"{counts} argument{'s' * (counts != '1')}"


def _returned(manifest: Manifest, function: PluginFunction, arguments: list[Any]) -> Any:
    try:
        return function.function(*arguments)
    except BaseException as error:  # noqa: BLE001 -- as above, and in a thread nobody else would catch it
        return _failure(manifest, function.name, error)


def _failure(manifest: Manifest, function: str, error: BaseException) -> CellError:
    if isinstance(error, UpstreamError):
        return error.error
    # The kind alone: an exception's words may hold an address or a secret.
    _logger.warning("plugin %s: %s raised %s", manifest.slug, function, type(error).__name__)
    return failures.stopped(manifest)
