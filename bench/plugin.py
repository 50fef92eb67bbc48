"""The bench's own plugins: every distinct call is exactly one upstream request."""

import json
from pathlib import Path

# Requests of one connection at the same time, each a plugin of its own.
LIMITS = (10, 50)

_CODE = '''"""Every distinct call is one request."""


def register(kernel):
    """One function."""

    @kernel.formula("{function}")
    async def value(number):
        """What upstream says of a number."""
        return (await kernel.http.get_json(f"/value/{{number:.0f}}"))["value"]
'''


def slug(at_once: int) -> str:
    """The plugin whose connection allows so many requests at the same time."""
    return f"bench_{at_once}"


def function(at_once: int) -> str:
    """That plugin's one function."""
    return f"BENCH_{at_once}"


def write_plugins(folder: Path) -> Path:
    """Write the plugins into a folder, for `GRIDOS_PLUGINS_DIR`."""
    for at_once in LIMITS:
        home = folder / slug(at_once)
        home.mkdir(parents=True)
        connection = {"base_url": "https://upstream.bench.test", "at_once": at_once}
        (home / "manifest.json").write_text(json.dumps({"name": slug(at_once), "connection": connection}))
        (home / "plugin.py").write_text(_CODE.format(function=function(at_once)))
    return folder
