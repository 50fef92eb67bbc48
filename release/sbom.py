"""Writes what a release is made of, as CycloneDX, from the two lock files: `python -m release.sbom [folder]`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from release.npm import ask_npm

# Locked are the tools of development too. What runs is what the project alone needs, at the locked versions.
RUNTIME = "uv pip compile pyproject.toml --universal --generate-hashes --constraints requirements.lock --quiet"
CYCLONEDX = "cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON"


def main() -> None:
    """Write both bills of materials, the server's and the web app's."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
    folder.mkdir(parents=True, exist_ok=True)
    for write, name in ((write_python, "gridos.cdx.json"), (write_npm, "gridos-ui.cdx.json")):
        write(folder / name)
        print(f"{folder / name}: {len(json.loads((folder / name).read_text())['components'])} packages")


def write_python(file: Path) -> None:
    """The server's packages."""
    with tempfile.TemporaryDirectory() as folder:
        runtime = Path(folder) / "requirements.txt"
        subprocess.run([*RUNTIME.split(), "--output-file", str(runtime)], check=True)
        # It warns that a list of requirements tells nothing of who needs whom. We know.
        subprocess.run([*CYCLONEDX.split(), "--output-file", str(file), str(runtime)], check=True)


def write_npm(file: Path) -> None:
    """The web app's packages."""
    bill = ask_npm("sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only")
    if bill is None:
        sys.exit("npm wrote no bill of materials.")
    file.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
