"""What a server gives up once it has started, so that less of it can be taken."""

import ctypes
import os
import resource
import sys
from collections.abc import Iterable, MutableMapping
from typing import Final

from gridos.settings import SECRET_VARIABLES

_PR_SET_DUMPABLE: Final = 4


def leave_no_core() -> None:
    """
    Neither a crash nor another process of the same user gets at this process's memory.

    On Linux its files under /proc, its first environment among them, belong to root from now on.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def forget_variables(names: Iterable[str] = SECRET_VARIABLES, environ: MutableMapping[str, str] = os.environ) -> None:
    """Take secrets out of the environment, which plugins and child processes could read. Settings have them by now."""
    for name in names:
        environ.pop(name, None)
