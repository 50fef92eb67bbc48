"""Every PostgreSQL at hand: 18 from our dependency, 16 from a test dependency, and Debian's where it is installed."""

from importlib.util import find_spec
from pathlib import Path

from gridos.db.binaries import find_binaries


def _pginstall(package: str) -> Path:
    """The binaries a wheel carries, found without importing it."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


WHEEL = find_binaries()
SIXTEEN = _pginstall("pgserver")
BINARIES = [WHEEL, SIXTEEN, *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
