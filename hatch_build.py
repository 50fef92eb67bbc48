"""Hatchling's hook: a wheel, an sdist and an editable installation each carry the built web app."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildUi(BuildHookInterface[Any]):
    """
    Builds the web app before anything is packed.

    An unchanged one is not built again, so a wheel made from an sdist needs no npm. GRIDOS_SKIP_UI leaves it out.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run the one script that knows how. An editable installation finds the shipped plugins where they are."""
        if self.target_name == "wheel" and version == "standard":
            build_data["force_include"]["plugins"] = "gridos/shipped_plugins"
        if not os.environ.get("GRIDOS_SKIP_UI"):
            # What a front end reads from standard output is not ours to write to.
            subprocess.run([sys.executable, Path(self.root, "ui", "build.py")], check=True, stdout=sys.stderr)
