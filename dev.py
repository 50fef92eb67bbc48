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
        "python ui/openapi.py --check",
        "python ui/build.py run check",
        # One more than a small machine has cores: half of a test's time is waiting.
        "pytest -n 3 --dist loadfile --no-loadscope-reorder",
    ],
    "fix": ["ruff check --fix", "ruff format", "python ui/build.py run fix"],
    "ui": ["python ui/build.py run dev"],
    "client": ["python ui/openapi.py", "python ui/build.py run client"],
    "bench": ["python -m bench"],
    "audit": ["python -m release.audit"],
    "sbom": ["python -m release.sbom"],
    "fuzz": ["python -m bench.fuzzing"],
    "lock": ["uv pip compile --universal --generate-hashes --group dev pyproject.toml -o requirements.lock -q"],
}


def run(*command: str, **variables: str) -> None:
    """Run one command in the repository with .venv first on the path; stop everything when it fails."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    env = {**os.environ, "VIRTUAL_ENV": str(VENV), "PATH": path, **variables}
    if code := subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=env, check=False).returncode:
        sys.exit(code)


def set_up() -> None:
    """Bring .venv and the built web app to what the repository says; unchanged, nothing happens."""
    wanted = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in INPUTS)).hexdigest()
    if not STAMP.is_file() or STAMP.read_text() != wanted:
        install(wanted)
    run("python", "ui/build.py")


def install(wanted: str) -> None:
    """Make .venv, or mend it."""
    # uv arrives last, so its absence also means that an earlier set-up was interrupted.
    if not any(BIN.glob("uv*")):
        print("Setting up .venv (once, about a minute) …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        run("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    run("uv", "pip", "sync", "--quiet", "--require-hashes", "requirements.lock")
    run("uv", "pip", "install", "--quiet", "--no-deps", "--editable", ".", GRIDOS_SKIP_UI="1")
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
