"""The inside of a plugin's process: locks itself up, loads the plugin, and runs the calls it is sent."""

import asyncio
import json
import socket
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import Any, Final

from gridos.errors import BadManifest, BadPlugin
from gridos.isolation.asking import AskingDays, AskingHttp
from gridos.isolation.frames import (
    Ask,
    Call,
    Cancel,
    Function,
    Loaded,
    Ping,
    Pong,
    Reply,
    Returned,
    Tell,
    ToServer,
    encode,
    read,
    to_plugin,
)
from gridos.isolation.lock import LockUnavailable, lock
from gridos.plugins import CallScope, CellError, Kernel, Manifest, PluginSource, UpstreamError, normalize_result
from gridos.plugins.arguments import wrong_number
from gridos.plugins.execution import compile_plugin, execute
from gridos.plugins.manifest import read_manifest
from gridos.secret import Secret

THREADS: Final = 4

_NETWORKING = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
_networked: ContextVar[list[str] | None] = ContextVar("gridos_networked", default=None)


def run(server: socket.socket, folder: Path) -> None:
    """Serve calls of one plugin until the server closes its end."""
    plugin, loaded = _load(folder)
    asyncio.run(_serve(server, plugin, loaded))


def _load(folder: Path) -> tuple[tuple[Manifest, Kernel] | None, Loaded]:
    try:
        lock(folder)
        sys.addaudithook(_notice)
        manifest = read_manifest(folder)
        kernel = execute(manifest, compile_plugin(folder))
        return (manifest, kernel), _describe(kernel)
    except (LockUnavailable, BadManifest, BadPlugin) as failure:
        return None, Loaded(error=str(failure))
    except (TypeError, ValueError):
        return None, Loaded(error="What the plugin lists as agents or models is not JSON.")


def _notice(event: str, arguments: tuple[Any, ...]) -> None:
    """Remember that the running call tried to reach a network by itself; the lock is what refuses it."""
    is_socket = event == "socket.__new__" and arguments[1] != socket.AF_UNIX
    if (is_socket or event in _NETWORKING) and (seen := _networked.get()) is not None:
        seen.append(event)


def _describe(kernel: Kernel) -> Loaded:
    functions = [Function(one.name, one.live, one.asynchronous, one.ttl) for one in kernel.functions.values()]
    batches = {one.batch.name for one in kernel.sources.values() if one.batch}
    sources = [_source(one) for one in kernel.sources.values() if one.name not in batches]
    return Loaded(functions, sources, json.dumps(kernel.agents).encode(), json.dumps(kernel.models).encode())


def _source(source: PluginSource) -> Function:
    batch = (source.batch.least, source.batch.most) if source.batch else None
    return Function(source.name, True, True, source.ttl, source.seconds, batch)  # noqa: FBT003 -- a source is always live and asynchronous


async def _serve(server: socket.socket, plugin: tuple[Manifest, Kernel] | None, loaded: Loaded) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=server)
    writer.write(encode(loaded))
    await writer.drain()
    if plugin:
        await _Worker(*plugin, reader, writer).serve()


class _Worker:
    """One connection to the server. Everything runs in one event loop, and synchronous functions in threads."""

    def __init__(
        self, manifest: Manifest, kernel: Kernel, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._manifest = manifest
        self._kernel = kernel
        self._reader = reader
        self._writer = writer
        self._running: dict[int, asyncio.Task[None]] = {}
        self._asked: dict[int, asyncio.Future[Reply]] = {}
        self._count = 0
        self._threads = ThreadPoolExecutor(THREADS)

    async def serve(self) -> None:
        """Until the server closes its end."""
        try:
            while True:
                self._take(to_plugin.decode(await read(self._reader)))
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    def _take(self, frame: Call | Cancel | Reply | Ping) -> None:
        match frame:
            case Call():
                task = asyncio.create_task(self._run(frame))
                self._running[frame.id] = task
                task.add_done_callback(lambda _: self._running.pop(frame.id, None))
            case Cancel(id=number):
                if task := self._running.get(number):
                    task.cancel()
            case Reply(id=number):
                if (waiting := self._asked.pop(number, None)) and not waiting.done():
                    waiting.set_result(frame)
            case Ping():
                self.send(Pong())

    def send(self, frame: ToServer) -> None:
        """Say something to the server, in order."""
        self._writer.write(encode(frame))

    async def ask(self, call: int, what: str, arguments: Mapping[str, Any]) -> bytes:
        """What the server replies; UpstreamError when that is an error."""
        self._count += 1
        waiting = self._asked[self._count] = asyncio.get_running_loop().create_future()
        self.send(Ask(self._count, call, what, dict(arguments)))
        reply = await waiting
        if reply.error:
            raise UpstreamError(reply.error)
        return reply.value

    async def _run(self, call: Call) -> None:
        seen: list[str] = []
        _networked.set(seen)
        try:
            returned = await self._outcome(call)
        except UpstreamError as stopped:
            returned = Returned(call.id, error=stopped.error)
        except BaseException as error:  # noqa: BLE001 -- whatever a plugin raises is an outcome of its call
            returned = Returned(call.id, raised=type(error).__name__)
        returned.networked = bool(seen)
        self.send(returned)

    async def _outcome(self, call: Call) -> Returned:
        with self._scope(call).entered() if call.has_scope else nullcontext():
            arguments: list[Any] = json.loads(call.arguments)
            if source := self._kernel.sources.get(call.function):
                return Returned(call.id, json.dumps(await source.function(*arguments)).encode())
            function = self._kernel.functions[call.function]
            if error := wrong_number(self._manifest, function.name, function.function, len(arguments)):
                return Returned(call.id, error=error)
            if function.asynchronous:
                value = await function.function(*arguments)
            else:
                value = await self._in_thread(lambda: function.function(*arguments))
        outcome = normalize_result(value, self._manifest)
        if isinstance(outcome, CellError):
            return Returned(call.id, error=outcome)
        return Returned(call.id, json.dumps(outcome).encode())

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        thread = asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, work)
        try:
            return await asyncio.shield(thread)
        except asyncio.CancelledError:
            # A thread cannot be stopped: until it ends the call has not, and the server ends the process meanwhile.
            await asyncio.wait({thread})
            raise

    def _scope(self, call: Call) -> CallScope:
        line = _CallLine(self, call.id)

        async def ask_source(name: str, arguments: tuple[Any, ...]) -> Any:
            return json.loads(await line.ask("source", name=name, arguments=arguments))

        return CallScope(
            self._manifest,
            {key: Secret(value) for key, value in call.secrets.items()},
            {name: Secret(value) for name, value in call.environment.items()},
            http=AskingHttp(line),
            days=AskingDays(line),
            ask_source=ask_source,
            progress=lambda done, of: line.tell("progress", done=done, of=of),
            earlier=json.loads(call.earlier),
        )


class _CallLine:
    """Implements `asking.Line` for one call."""

    def __init__(self, worker: _Worker, call: int) -> None:
        self._worker = worker
        self._call = call

    async def ask(self, what: str, **arguments: Any) -> bytes:
        return await self._worker.ask(self._call, what, arguments)

    def tell(self, what: str, **arguments: Any) -> None:
        self._worker.send(Tell(self._call, what, arguments))
