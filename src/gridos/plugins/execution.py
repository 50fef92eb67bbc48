"""Runs a plugin's code in a module of its own, and turns whatever goes wrong into one sentence."""

import itertools
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType

from gridos.errors import BadPlugin, GridOSError
from gridos.plugins.kernel import Kernel
from gridos.plugins.manifest import Manifest
from gridos.plugins.scope import no_call

_serial = itertools.count(1)


def compile_plugin(folder: Path) -> CodeType:
    """The code of a folder's plugin.py; BadPlugin when there is none or it is not Python."""
    path = folder / "plugin.py"
    with _explained(path):
        return compile(_read(path), str(path), "exec", dont_inherit=True)


def execute(manifest: Manifest, code: CodeType) -> Kernel:
    """
    Execute plugin.py afresh and let it register; BadPlugin when it does not come through.

    Its module is known to Python under a private name only while it loads, so nothing of it stays behind in
    `sys.modules`: its globals live exactly as long as its functions.
    """
    module = ModuleType(f"gridos_plugin_{manifest.slug}_{next(_serial)}")
    module.__file__ = code.co_filename
    kernel = Kernel(manifest)
    sys.modules[module.__name__] = module
    try:
        with _explained(Path(code.co_filename)), no_call():
            exec(code, module.__dict__)  # noqa: S102 -- a plugin is code that the operator put there to be run
            _register(module, kernel)
    finally:
        kernel.close()
        sys.modules.pop(module.__name__, None)
    return kernel


def names_in(code: CodeType, name: str) -> bool:
    """Whether code speaks of a name anywhere, be it an attribute or a text."""
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    texts = [one for one in code.co_consts if isinstance(one, str)]
    return name in code.co_names or name in texts or any(names_in(one, name) for one in inner)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadPlugin("plugin.py is missing.") from None
    except OSError:
        raise BadPlugin("plugin.py cannot be read.") from None


def _register(module: ModuleType, kernel: Kernel) -> None:
    register = getattr(module, "register", None)
    if not callable(register):
        raise BadPlugin("plugin.py has no function `register(kernel)`. Add it.")
    register(kernel)


@contextmanager
def _explained(path: Path) -> Generator[None]:
    """Even SystemExit is only this plugin's failure; an operator's Ctrl-C still stops the server."""
    try:
        yield
    except (KeyboardInterrupt, BadPlugin):
        raise
    except BaseException as error:
        raise BadPlugin(_sentence(error, str(path))) from error


def _sentence(error: BaseException, filename: str) -> str:
    """A foreign exception's own text is never repeated: it may hold a path or a value."""
    match error:
        case GridOSError():
            return str(error)
        case SyntaxError() if error.filename == filename:
            return f"plugin.py is not valid Python: see line {error.lineno}."
        case _:
            frames = traceback.walk_tb(error.__traceback__)
            lines = [line for frame, line in frames if frame.f_code.co_filename == filename]
            place = f" in line {lines[-1]}" if lines else ""
            return f"plugin.py raised {type(error).__name__}{place} while it was loaded."
