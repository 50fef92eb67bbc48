"""
Sends a server of many users whatever its own description allows, and much that it does not.

`python3 dev.py fuzz [CASES] [OPTIONS…]` has schemathesis make the requests, by a person who is signed in and has a
real workbook and a real connection. Nothing may be a mistake of ours, or differ from what `/openapi.json` says.
"""

import itertools
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from joserfc import jwt
from joserfc.jwk import OctKey

from bench.processes import running
from gridos.plugin_secrets import new_key_line
from gridos.sandbox import STRIPE_KEYS

CASES = 20_000
TOOL = "schemathesis==4.32.5"
"""Installed beside our own dependencies, since it brings many of its own."""
_FOLDER = Path(sys.prefix) / "fuzz"
_JWT_SECRET = "only-the-bench-signs-people-in-with-this"
_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Most requests concern what is there: they would else be 404. The rest may name anything.
_OF_WHAT_IS_THERE = 0.8


def main() -> None:
    """Fuzz, print what schemathesis says, and leave with 1 if it found anything."""
    cases, options = (
        (int(sys.argv[1]), sys.argv[2:]) if sys.argv[1:] and sys.argv[1].isdigit() else (CASES, sys.argv[1:])
    )
    tool = _install()
    with _served() as (url, headers, known):
        operations = sum(map(len, httpx2.get(f"{url}/openapi.json").json()["paths"].values()))
        print(f"{operations} operations.", flush=True)
        each = -(-cases // operations)
        configs = itertools.cycle([(_config(known), _OF_WHAT_IS_THERE), ("", 1 - _OF_WHAT_IS_THERE)])
        done, fault = 0, 0
        # Some operations can be asked in few ways only, so one round makes fewer cases than it may.
        while done < cases and not fault:
            config, share = next(configs)
            fault, made = _fuzz(tool, url, headers, max(1, round(each * share)), config, options)
            done += made
            print(f"{done} of {cases} cases.", flush=True)
    sys.exit(fault)


def _install() -> Path:
    """The tool's command, in a virtual environment of its own."""
    done = _FOLDER / TOOL
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(_FOLDER)], check=True)
        subprocess.run(
            [_FOLDER / "bin/pip", "install", "--quiet", "--quiet", "--disable-pip-version-check", TOOL], check=True
        )
        done.touch()
    return _FOLDER / "bin/schemathesis"


def _fuzz(
    tool: Path, url: str, headers: Mapping[str, str], examples: int, config: str, options: list[str]
) -> tuple[int, int]:
    with tempfile.TemporaryDirectory(prefix="gridos-fuzz-") as name:
        file = Path(name) / "schemathesis.toml"
        file.write_text(config)
        command = [tool, "--config-file", file, "run", f"{url}/openapi.json", "--checks", _CHECKS]
        command += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--continue-on-failure"]
        command += [part for header, value in headers.items() for part in ("--header", f"{header}: {value}")]
        told = subprocess.run([*command, *options], cwd=name, stdout=subprocess.PIPE, text=True, check=False)
    print(told.stdout, flush=True)
    made = re.search(r"(\d+) generated", told.stdout)
    return told.returncode or int(made is None), int(made[1]) if made else 0


def _config(known: Mapping[str, str]) -> str:
    """A workbook that stays, and another one to delete: it is gone after the first time."""
    return f"""
[parameters]
workbook = "{known["workbook"]}"
plugin_slug = "{known["plugin"]}"

[[operations]]
include-name = "DELETE /workbook/{{workbook}}"
parameters = {{ workbook = "{known["other"]}" }}
"""


@contextmanager
def _served() -> Generator[tuple[str, dict[str, str], dict[str, str]]]:
    """A server on an embedded database, whose upstreams are played; whoever asks it, and what there is to ask for."""
    with tempfile.TemporaryDirectory(prefix="gridos-fuzz-", dir="/tmp") as name:
        home = Path(name)
        home.chmod(0o755)  # the embedded PostgreSQL may run as somebody else
        with running("gridos", "sandbox", "--port", "0", log=home / "sandbox.log") as sandbox:
            settings = _settings(home, sandbox.url)
            with running("gridos", "serve", log=home / "server.log", env=settings) as server:
                headers = _somebody()
                yield server.url, headers, _own(server.url, headers)
        _tell_mistakes(home / "server.log")


def _settings(home: Path, sandbox: str) -> dict[str, str]:
    upstreams = {f"GRIDOS_UPSTREAM_{service}_URL": sandbox for service in ("STRIPE", "SHOPIFY", "GITHUB")}
    return upstreams | {
        "GRIDOS_MODE": "saas",
        "GRIDOS_PORT": "0",
        "GRIDOS_DATA_DIR": str(home / "data"),
        "GRIDOS_ROOT_KEY": new_key_line(),
        "GRIDOS_JWT_SECRET": _JWT_SECRET,
        "GRIDOS_SIGN_UP": "open",
    }


def _somebody() -> dict[str, str]:
    claims = {
        "sub": str(uuid4()),
        "email": "fuzz@example.com",
        "aud": "authenticated",
        "exp": int(time.time()) + 86_400,
    }
    return {"Authorization": f"Bearer {jwt.encode({'alg': 'HS256'}, claims, OctKey.import_key(_JWT_SECRET))}"}


def _own(url: str, headers: Mapping[str, str]) -> dict[str, str]:
    """A workbook with a live number in it, one more, and a connection."""
    with httpx2.Client(base_url=url, headers=dict(headers), trust_env=False) as client:

        def post(path: str, body: Any) -> Any:
            return client.post(path, json=body).raise_for_status().json()

        secrets = {"secrets": {"SECRET_KEY": STRIPE_KEYS["ada"]}}
        client.put("/settings/plugin-secrets/stripe", json=secrets).raise_for_status()
        workbook, other = (post("/workbooks", {"title": title})["id"] for title in ("Numbers", "To delete"))
        edit = {"op": "set", "sheet": "Sheet1", "cell": "A1", "input": "=STRIPE_MRR()"}
        post(f"/workbook/{workbook}/edits", {"edits": [edit]})
        return {"workbook": workbook, "other": other, "plugin": "stripe"}


def _tell_mistakes(log: Path) -> None:
    """What the server said of its own mistakes."""
    said = log.read_text()
    if "Traceback" in said:
        print(said[said.index("Traceback") - 500 :][:20_000], file=sys.stderr)


if __name__ == "__main__":
    main()
