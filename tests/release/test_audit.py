"""What the audit makes of the advisory services' reports."""

from typing import Any

import pytest

from release.audit import Findings, describe, read_npm, read_python

CLEAN: dict[str, Any] = {"name": "anyio", "version": "4.0", "vulns": []}
KNOWN: dict[str, Any] = {
    "name": "flask",
    "version": "0.5",
    "vulns": [{"id": "PYSEC-2019-179", "fix_versions": ["1.0", "1.1"]}],
}
UNMENDED: dict[str, Any] = {"name": "lost", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": []}]}
SKIPPED = {"name": "uvloop", "skip_reason": "Dependency not found on PyPI"}


def test_nothing_known() -> None:
    """Every package was asked about, and none is known to be bad."""
    for found in (read_python({"dependencies": [CLEAN], "fixes": []}), read_npm({"vulnerabilities": {}})):
        assert found.code == 0
        assert describe("Python", found) == "Python: nothing is known against any locked package."


def test_something_known() -> None:
    """What is known is named with what mends it, and counts more than what nobody could say."""
    found = read_python({"dependencies": [CLEAN, KNOWN, UNMENDED, SKIPPED]})
    assert found.code == 1
    assert "flask 0.5: PYSEC-2019-179, mended in 1.0, 1.1" in describe("Python", found)
    assert "lost 1: PYSEC-1, mended in none yet" in describe("Python", found)
    assert "NOT AUDITED" in describe("Python", found)


def test_something_known_of_npm() -> None:
    """A package of the web app is named with how bad it is."""
    found = read_npm({"vulnerabilities": {"vite": {"severity": "high"}}})
    assert (found.code, describe("npm", found)) == (1, "npm: vite: high")


@pytest.mark.parametrize(
    "report", [None, {}, [], {"dependencies": []}, {"error": {"code": "E405"}}, {"message": "405"}]
)
def test_no_answer_is_not_a_good_one(report: Any) -> None:
    """A service that cannot be reached, or that knows nothing, is not a clean audit."""
    for found in (read_python(report), read_npm(report)):
        assert found.code == 2
        assert "NOT AUDITED" in describe("Python", found)


def test_a_skipped_package_is_not_a_clean_one() -> None:
    """One package that nobody knows is enough to say so."""
    assert read_python({"dependencies": [CLEAN, SKIPPED]}) == Findings([], ["uvloop"])
    assert read_python({"dependencies": [CLEAN, SKIPPED]}).code == 2
