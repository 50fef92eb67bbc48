"""The server's side of one plugin's process, and of the fork server that all of them come from."""

import asyncio
import itertools
import json
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from gridos.isolation import forkserver
from gridos.isolation.frames import (
    Ask,
    Call,
    Cancel,
    Loaded,
    Ping,
    Pong,
    Reply,
    Returned,
    Tell,
    ToServer,
    encode,
    read,
    to_server,
)
from gridos.isolation.grants import Grants
from gridos.plugins import CallScope, UpstreamError

LOADING_SECONDS: Final = 10.0
PING_SECONDS: Final = 2.0
SILENCE_SECONDS: Final = 10.0
"""A process that says nothing for so long is spinning, and is ended."""
FAREWELL_SECONDS: Final = 1.0
"""A call that goes on for so long after it was called off is ended with its process."""

# What the fork server and all its children know of the world. One arena: glibc reserves 64 MB for each.
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}


class ProcessEnded(Exception):
    """The plugin's process has ended, or was ended, in the midst of its calls."""


class Forks:
    """The fork server, started with the first process."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._control: socket.socket | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def start(self, folder: Path) -> tuple[int, socket.socket]:
        """Begin a process for a plugin's folder: its number, and our end of its socket."""
        ours, theirs = socket.socketpair()
        number = next(self._numbers)
        with theirs:
            order = msgspec.msgpack.encode(forkserver.Start(number, str(folder)))
            socket.send_fds(self._connected(), [order], [theirs.fileno()])
        return number, ours

    def kill(self, number: int) -> None:
        """End a process, whatever it does; one that has ended already stays so."""
        if self._control:
            with suppress(OSError):
                self._control.send(msgspec.msgpack.encode(forkserver.Kill(number)))

    def close(self) -> None:
        """End the fork server, and with it every process."""
        if self._control and self._server:
            self._control.close()
            self._control = None
            self._server.wait()

    def _connected(self) -> socket.socket:
        if self._control is None:
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._server = _launch(theirs)
        return self._control


def _launch(control: socket.socket) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-m", forkserver.__name__, str(control.fileno())]
    return subprocess.Popen(  # noqa: S603 -- Python itself, with a module of ours
        command,
        env=_ENVIRONMENT,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # what a plugin prints may be its secret
        stderr=subprocess.DEVNULL,
        pass_fds=[control.fileno()],
    )


def describe(forks: Forks, folder: Path) -> Loaded:
    """What a folder's plugin registers, found out in a process of its own; it waits."""
    number, server = forks.start(folder)
    with server, server.makefile("rb") as stream:
        server.settimeout(LOADING_SECONDS)
        try:
            length = int.from_bytes(stream.read(4))
            frame = to_server.decode(stream.read(length))
        except (OSError, msgspec.DecodeError):
            return Loaded(error="plugin.py did not come through within ten seconds, or ended its process.")
        finally:
            forks.kill(number)
    return frame if isinstance(frame, Loaded) else Loaded(error="plugin.py said something else than it should.")


@dataclass(eq=False)
class _Running:
    """A call in the process: what is granted to it, and what it asked and has not been told."""

    grants: Grants | None
    returned: asyncio.Future[Returned]
    asked: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    is_over: bool = False

    def end(self) -> None:
        """Nothing is granted any more."""
        self.is_over = True
        for task in self.asked:
            task.cancel()


class Process:
    """One plugin's process. It has an end: afterwards every call raises ProcessEnded."""

    def __init__(self, forks: Forks, folder: Path) -> None:
        self._forks = forks
        self._number, self._socket = forks.start(folder)
        self._socket.setblocking(False)  # noqa: FBT003 -- the standard library's own parameter
        self._calls: dict[int, _Running] = {}
        self._numbers = itertools.count(1)
        self._loaded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard = asyncio.get_running_loop().time()
        self._writer: asyncio.StreamWriter | None = None
        self.ended = False
        self.used_at = self._heard
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch())]

    @property
    def is_busy(self) -> bool:
        """Whether it has anything to do."""
        return bool(self._calls)

    async def run(self, function: str, arguments: str, scope: CallScope | None) -> Returned:
        """Run a call to its end; without a scope it is granted nothing. If the caller is cancelled, so is the call."""
        await asyncio.shield(self._loaded)
        loop = asyncio.get_running_loop()
        number, running = next(self._numbers), _Running(scope and Grants(scope), loop.create_future())
        self._calls[number] = running
        try:
            self._send(_call(number, function, arguments, scope))
            return await running.returned
        except asyncio.CancelledError:
            self._send(Cancel(number))
            loop.call_later(FAREWELL_SECONDS, lambda: number in self._calls and self.end())
            raise
        finally:
            running.end()
            self.used_at = loop.time()
            if running.returned.done() and not running.returned.cancelled():
                self._calls.pop(number, None)

    def end(self) -> None:
        """End it at once."""
        if self.ended:
            return
        self.ended = True
        self._forks.kill(self._number)
        for task in self._tasks:
            task.cancel()
        if self._writer:
            self._writer.close()
        else:
            self._socket.close()
        for waiting in (self._loaded, *(running.returned for running in self._calls.values())):
            if not waiting.done():
                waiting.set_exception(ProcessEnded())
                waiting.exception()  # there may be nobody to see it
        for running in self._calls.values():
            running.end()
        self._calls.clear()

    def _send(self, frame: Call | Cancel | Reply | Ping) -> None:
        if self._writer and not self.ended:
            self._writer.write(encode(frame))

    async def _listen(self) -> None:
        try:
            reader, self._writer = await asyncio.open_unix_connection(sock=self._socket)
            while True:
                frame = to_server.decode(await read(reader))
                self._heard = asyncio.get_running_loop().time()
                self._take(frame)
        except (OSError, EOFError, ValueError, TypeError, KeyError, msgspec.MsgspecError):
            self.end()  # it ended, or speaks nonsense

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            silent = asyncio.get_running_loop().time() - self._heard
            if (self._calls or not self._loaded.done()) and silent > SILENCE_SECONDS:
                self.end()
            self._send(Ping())

    def _take(self, frame: ToServer) -> None:
        match frame:
            case Loaded(error=error):
                if error:
                    self.end()
                elif not self._loaded.done():
                    self._loaded.set_result(None)
            case Returned(id=number):
                running = self._calls.pop(number, None)
                if running and not running.returned.done():
                    running.returned.set_result(frame)
            case Ask(call=number) | Tell(call=number):
                if running := self._calls.get(number):
                    self._hear(frame, running)
            case Pong():
                pass

    def _hear(self, frame: Ask | Tell, running: _Running) -> None:
        if running.grants is None or running.is_over:
            return
        if isinstance(frame, Tell):
            running.grants.hear(frame.what, frame.arguments)
            return
        task = asyncio.create_task(self._reply(frame, running.grants))
        running.asked.add(task)
        task.add_done_callback(running.asked.discard)

    async def _reply(self, ask: Ask, grants: Grants) -> None:
        try:
            self._send(Reply(ask.id, await grants.grant(ask.what, ask.arguments)))
        except UpstreamError as stopped:
            self._send(Reply(ask.id, error=stopped.error))
        except Exception:  # noqa: BLE001 -- it asked for nonsense: its code is not ours any more
            self.end()


def _call(number: int, function: str, arguments: str, scope: CallScope | None) -> Call:
    """The scope holds the secrets of plugins that read them; of all others it holds none."""
    secrets = {key: secret.reveal() for key, secret in scope.secrets.items()} if scope else {}
    environment = {name: value.reveal() for name, value in scope.environment.items()} if scope else {}
    earlier = json.dumps(scope.earlier if scope else None).encode()
    return Call(number, function, arguments.encode(), secrets, environment, scope is not None, earlier)
