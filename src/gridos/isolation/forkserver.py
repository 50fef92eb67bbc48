"""
`python -I -m gridos.isolation.forkserver`: becomes the processes that plugins run in.

It imports everything once, so that a new process costs a fork: milliseconds, and only the memory it writes to. It has
one thread, holds no secret, knows no plugin's code, and ends with the server.
"""

import array
import ctypes
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Final, NoReturn, TypeAlias

import msgspec

from gridos.isolation.worker import run

LARGEST: Final = 64 * 1024
_PR_SET_PDEATHSIG: Final = 1
_LIBC = ctypes.CDLL(None)


class Start(msgspec.Struct, tag=True):
    """Begin a process for the plugin of a folder; the message carries the process's end of a socket."""

    number: int
    folder: str


class Kill(msgspec.Struct, tag=True):
    """End a process at once, whatever it does."""

    number: int


Order: TypeAlias = Start | Kill

_orders: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)


class Forkserver:
    """Starts and kills the processes it is told to. Only it knows their ids, so none is ever mistaken for another."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, int] = {}

    def serve(self) -> None:
        """Until the server's end is closed."""
        while True:
            message, descriptors = _receive(self._control)
            if not message:
                return
            self._reap()
            match _orders.decode(message):
                case Start(number, folder):
                    self._start(number, Path(folder), descriptors[0])
                case Kill(number):
                    self._kill(number)

    def _start(self, number: int, folder: Path, descriptor: int) -> None:
        pid = os.fork()
        if pid:
            os.close(descriptor)
            self._children[number] = pid
            return
        self._become(folder, descriptor)

    def _become(self, folder: Path, descriptor: int) -> NoReturn:
        try:
            _die_with_parent()
            self._control.close()
            run(socket.socket(fileno=descriptor), folder)
        finally:
            os._exit(0)  # whatever a plugin left to be done at exit is not done

    def _kill(self, number: int) -> None:
        if pid := self._children.pop(number, None):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _reap(self) -> None:
        # Not waited for, a dead child's id stays its own: `_kill` can never meet a stranger.
        for number, pid in list(self._children.items()):
            if os.waitpid(pid, os.WNOHANG)[0]:
                del self._children[number]


def _receive(control: socket.socket) -> tuple[bytes, list[int]]:
    message, ancillary, _, _ = control.recvmsg(LARGEST, socket.CMSG_SPACE(4))
    descriptors = array.array("i")
    for _, _, data in ancillary:
        descriptors.frombytes(data)
    return message, list(descriptors)


def _die_with_parent() -> None:
    parent = os.getppid()
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before it was said
        os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which then closes the control socket
    _die_with_parent()
    Forkserver(socket.socket(fileno=int(sys.argv[1]))).serve()
