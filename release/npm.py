"""What npm says about the web app's locked packages."""

import json
import subprocess
import sys
from typing import Any


def ask_npm(*arguments: str) -> Any:
    """The JSON that npm prints, whatever its exit code; None if it prints none."""
    command = [sys.executable, "ui/build.py", *arguments]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
    try:
        return json.loads(said[said.index("{") :])  # npm may have installed the packages first, and says so
    except ValueError:
        return None
