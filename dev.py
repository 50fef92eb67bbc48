"""
Sets GridOS up in .venv and runs one task: `python3 dev.py run` or `python3 dev.py test`.

Standard library only. An interrupted set-up is made again from the start.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / ".gridos-setup"
INPUTS = ("requirements.lock", "pyproject.toml")

TASKS = {
    "run": ["gridos demo"],
    "serve": ["gridos serve"],
    "test": [
        "ruff check",
        "ruff format --check",
        "lint-imports",
        "pyright",
        "pytest -n 2 --dist loadgroup",
    ],
    "fix": ["ruff check --fix", "ruff format"],
    "bench": ["python -m bench"],
    "lock": ["uv pip compile --universal --generate-hashes --group dev pyproject.toml -o requirements.lock -q"],
}


def run(*command: str) -> None:
    """Run one command in the repository with .venv first on the path; stop everything when it fails."""
    env = {**os.environ, "VIRTUAL_ENV": str(VENV), "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    executable = BIN / command[0]
    if code := subprocess.run([str(executable), *command[1:]], cwd=ROOT, env=env).returncode:
        sys.exit(code)


def set_up() -> None:
    """Bring .venv to what requirements.lock says; a second call with unchanged inputs does nothing."""
    wanted = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in INPUTS)).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    # uv arrives last, so its absence also means that an earlier set-up was interrupted.
    if not any(BIN.glob("uv*")):
        print("Setting up .venv (once, about a minute) …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    run("uv", "pip", "sync", "--quiet", "--require-hashes", "requirements.lock")
    run("uv", "pip", "install", "--quiet", "--no-deps", "--editable", ".")
    STAMP.write_text(wanted)


def main() -> None:
    """Set up, then run the task's commands in order; extra arguments go to the last of them."""
    task, *extra = sys.argv[1:] or ["help"]
    if task not in TASKS:
        sys.exit(f"Usage: python3 dev.py {'|'.join(TASKS)}")
    set_up()
    *first, last = TASKS[task]
    for command in first:
        run(*command.split())
    run(*last.split(), *extra)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"Set-up failed: {error}. Mend the cause above and run the same command again.")
    except KeyboardInterrupt:
        sys.exit(130)
