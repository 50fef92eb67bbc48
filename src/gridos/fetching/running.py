"""Runs one call: opens the owner's connection, runs the plugin's function on it, checks what comes back."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from gridos.errors import GridOSError
from gridos.fetching import failures
from gridos.fetching.days import ConnectionDays, DayStore
from gridos.fetching.deadline import Deadline
from gridos.fetching.gateway import Gateway
from gridos.fetching.holding import holding, secrets_of
from gridos.fetching.http import CallHttp
from gridos.fetching.instances import Instances
from gridos.fetching.merging import Merging
from gridos.fetching.moved import ConnectionMoved
from gridos.fetching.priority import Urgency
from gridos.fetching.scanning import Scanner
from gridos.fetching.strangers import spent, strangers
from gridos.fetching.threads import Threads
from gridos.formulas import AnswerValue, Call
from gridos.grid import CellError
from gridos.isolation import Place, Returned, Workers
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
from gridos.plugins.arguments import wrong_number
from gridos.secret import Secret

_logger = logging.getLogger(__name__)

OpenConnections: TypeAlias = Callable[[ConnectionRef], Awaitable[OpenConnection]]
"""Opens a connection's secrets as they are now; VaultLocked, SecretUnreadable or StorageUnavailable if it cannot."""

Outcome: TypeAlias = AnswerValue | CellError

_OWN_NETWORKING = (
    "It reaches for the network by itself, instead of through GridOS, so it could send secrets anywhere. The operator"
    " of this server can vouch for it in GRIDOS_TRUSTED_PLUGINS."
)


@dataclass(frozen=True, slots=True)
class Errand:
    """What a running call may want of the one who asked: the answers of sources, and somebody to tell how far it is."""

    ask_source: Callable[[ConnectionRef, Call], Awaitable[Any]]
    progress: Callable[[int, int | None], object]
    earlier: Any = None
    """What this call answered the last time, if that is still kept."""
    urgency: Urgency = field(default_factory=Urgency)


class Runner:
    """Runs calls. Whatever goes wrong upstream or in a plugin is an outcome; only ConnectionMoved is raised."""

    def __init__(
        self,
        plugins: Plugins,
        open_connection: OpenConnections,
        gateway: Gateway,
        days: DayStore,
        workers: Workers | None,
        *,
        saas: bool,
    ) -> None:
        self._plugins = plugins
        self._open_connection = open_connection
        self._gateway = gateway
        self._days = days
        self._workers = workers
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
        secrets = partial(secrets_of, plugin.manifest, opened, self._gateway.tokens)
        with holding(opened, secrets):
            returned = await self._bounded(plugin, opened, call, errand)
            if call.function in plugin.functions:
                returned = normalize_result(returned, plugin.manifest)
            return _checked(plugin.manifest, secrets(), returned)

    async def _open(self, ref: ConnectionRef, _: Urgency) -> OpenConnection:
        return OpenConnection(ref, {}) if ref == strangers(ref.plugin) else await self._open_connection(ref)

    def forget(self, connection: UUID) -> None:
        """Drop what plugins remember for a connection that is gone or has new secrets."""
        self._instances.forget(connection)
        if self._workers:
            self._workers.forget(connection)

    async def _bounded(self, plugin: Plugin, opened: OpenConnection, call: Call, errand: Errand) -> Any:
        source = plugin.sources.get(call.function)
        deadline = Deadline(source.seconds if source else self._gateway.patience.call)

        async def ask_source(name: str, arguments: tuple[Any, ...]) -> Any:
            with deadline.paused():  # a source has time of its own
                return await errand.ask_source(spent(plugin.manifest, opened), Call(name, json.dumps(arguments)))

        sees_secrets = plugin.folder is None or plugin.reads_secrets
        scope = CallScope(
            plugin.manifest,
            opened.secrets if sees_secrets else {},
            opened.environment if sees_secrets else {},
            http=CallHttp(plugin.manifest, opened, self._gateway, deadline, urgency=errand.urgency),
            days=ConnectionDays(opened.ref, self._days),
            ask_source=ask_source,
            progress=errand.progress,
            earlier=errand.earlier,
        )
        # Left before a late task or thread ends, the scope refuses whatever that still wants of it.
        with scope.entered():
            try:
                return await deadline.bound(self._call(plugin, opened.ref, call, scope, deadline))
            except TimeoutError:
                return failures.offline(plugin.manifest, "The call took too long.")

    async def _call(self, plugin: Plugin, ref: ConnectionRef, call: Call, scope: CallScope, deadline: Deadline) -> Any:
        """What the function returned, as it came, or the error that takes its place."""
        try:
            if plugin.folder and self._workers:
                place = Place(plugin.folder, ref.id, ref.version)
                returned = await self._workers.run(place, call.function, call.arguments, scope)
                return _brought(plugin.manifest, call, returned)
            return await self._call_here(plugin, ref, call, deadline)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            return _failure(plugin.manifest, call.function, error)
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a plugin raises is an outcome of its call
            return _failure(plugin.manifest, call.function, error)

    async def _call_here(self, plugin: Plugin, ref: ConnectionRef, call: Call, deadline: Deadline) -> Any:
        arguments: list[Any] = json.loads(call.arguments)
        if source := plugin.sources.get(call.function):
            return await source.function(*arguments)
        function = await self._function(plugin, ref, call.function, deadline)
        if error := wrong_number(plugin.manifest, function.name, function.function, len(arguments)):
            return error
        if function.asynchronous:
            return await function.function(*arguments)
        return await self._threads.run(ref.id, deadline, lambda: _returned(plugin.manifest, function, arguments))

    async def _function(self, plugin: Plugin, ref: ConnectionRef, name: str, deadline: Deadline) -> PluginFunction:
        if not self._saas or all(function.asynchronous for function in plugin.functions.values() if function.live):
            return plugin.functions[name]
        instance = await self._instances.get(plugin, ref, deadline)
        return instance[name]


def _checked(manifest: Manifest, secrets: list[Secret], outcome: Any) -> Outcome:
    if not Scanner(secrets).finds(outcome):
        return outcome
    _logger.warning("plugin %s: an answer was blocked because it contained a secret", manifest.slug)
    return failures.blocked(manifest, "Its answer contained one of the connection's secrets.")


def _returned(manifest: Manifest, function: PluginFunction, arguments: list[Any]) -> Any:
    try:
        return function.function(*arguments)
    except BaseException as error:  # noqa: BLE001 -- as above, and in a thread nobody else would catch it
        return _failure(manifest, function.name, error)


def _brought(manifest: Manifest, call: Call, returned: Returned) -> Any:
    """What came from the plugin's process."""
    if returned.networked:
        return failures.blocked(manifest, _OWN_NETWORKING)
    if returned.raised:
        return _raised(manifest, call.function, returned.raised)
    return returned.error or json.loads(returned.value)


def _failure(manifest: Manifest, function: str, error: BaseException) -> CellError:
    if isinstance(error, UpstreamError):
        return error.error
    return _raised(manifest, function, type(error).__name__)


def _raised(manifest: Manifest, function: str, kind: str) -> CellError:
    # The kind alone: an exception's words may hold an address or a secret.
    _logger.warning("plugin %s: %s raised %s", manifest.slug, function, kind)
    return failures.stopped(manifest)
