"""What a running server has given up."""

import subprocess
import sys

from gridos.app.hardening import forget_variables
from gridos.settings import SECRET_VARIABLES, Settings


def test_every_secret_setting_leaves_the_environment() -> None:
    """A new setting whose value is a secret is forgotten too."""
    secret = {
        f"GRIDOS_{name.upper()}" for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
    }
    assert secret <= set(SECRET_VARIABLES)


def test_nothing_else_leaves_it() -> None:
    """What programs need, and what is missing, is left alone."""
    environ = {"PATH": "/bin", "GRIDOS_ROOT_KEY": "x"}
    forget_variables(environ=environ)
    assert environ == {"PATH": "/bin"}


ASK = """
import ctypes, resource
from gridos.app.hardening import leave_no_core
leave_no_core()
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))  # 3: PR_GET_DUMPABLE
"""


def test_memory_is_out_of_reach() -> None:
    """The process is not dumpable, so nobody but root reads its memory, and it leaves no core."""
    told = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert told.stdout == "0 (0, 0)\n"
