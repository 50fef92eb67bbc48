"""
Writes what the server says of itself into `ui/openapi.json`: `python ui/openapi.py`.

With `--check` it writes nothing and fails when that file says something else.
"""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

SCHEMA = Path(__file__).with_name("openapi.json")
ANSWERS = re.compile(r"GridOS answers at (http://\S+)")


def main() -> None:
    """Start a server whose data is thrown away, ask it, and compare or write."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "gridos", "demo", "--port", "0", "--data-dir", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            schema = _fetch(server)
        finally:
            server.terminate()
            server.communicate()
    if "--check" not in sys.argv:
        SCHEMA.write_text(schema, encoding="utf-8")
    elif SCHEMA.read_text(encoding="utf-8") != schema:
        sys.exit("ui/openapi.json is out of date. Run `python3 dev.py client` and commit what it changes.")


def _fetch(server: subprocess.Popen[str]) -> str:
    assert server.stdout
    said: list[str] = []
    for line in server.stdout:
        said.append(line)
        if found := ANSWERS.search(line):
            with urllib.request.urlopen(f"{found[1]}/openapi.json") as answer:
                return json.dumps(json.load(answer), indent=2, ensure_ascii=False) + "\n"
    sys.exit("".join(said))


if __name__ == "__main__":
    main()
