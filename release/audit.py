"""
Asks the advisory services about every locked package: `python -m release.audit`.

Exit code 0: nothing is known against any of them. 1: something is. 2: nobody could say, about some or all.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from release.npm import ask_npm

PIP_AUDIT = (
    "pip-audit --requirement requirements.lock --disable-pip --require-hashes --format json --progress-spinner off"
)


@dataclass(frozen=True)
class Findings:
    """What is known against packages, and about which nobody could say anything."""

    known: list[str]
    unasked: list[str]

    @property
    def code(self) -> int:
        """The exit code."""
        return 1 if self.known else 2 if self.unasked else 0


def main() -> None:
    """Ask both services, and say how it went."""
    python = subprocess.run(PIP_AUDIT.split(), capture_output=True, text=True, check=False)
    findings = [read_python(_json(python.stdout)), read_npm(ask_npm("audit", "--json"))]
    for name, found in zip(("Python", "npm"), findings, strict=True):
        print(describe(name, found))
    codes = {found.code for found in findings}
    sys.exit(1 if 1 in codes else max(codes))


def describe(name: str, found: Findings) -> str:
    """How it went, for people."""
    lines = [f"{name}: {line}" for line in found.known]
    if found.unasked:
        first, *others = found.unasked
        some = f"{first} and {len(others)} more" if others else first
        lines.append(f"{name}: NOT AUDITED, because the advisory service gave no answer about {some}.")
    return "\n".join(lines or [f"{name}: nothing is known against any locked package."])


def read_python(report: Any) -> Findings:
    """What pip-audit reports."""
    match report:
        case {"dependencies": [_, *_] as packages}:
            known = [line for package in packages for line in _python_lines(package)]
            return Findings(known, [package["name"] for package in packages if "skip_reason" in package])
        case _:
            return Findings([], ["any package"])


def _python_lines(package: dict[str, Any]) -> Iterator[str]:
    for vulnerability in package.get("vulns", []):
        fixed = ", ".join(vulnerability["fix_versions"]) or "none yet"
        yield f"{package['name']} {package['version']}: {vulnerability['id']}, mended in {fixed}"


def read_npm(report: Any) -> Findings:
    """What `npm audit` reports."""
    match report:
        case {"vulnerabilities": {**packages}}:
            return Findings([f"{name}: {found['severity']}" for name, found in packages.items()], [])
        case _:
            return Findings([], ["any package"])


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


if __name__ == "__main__":
    main()
