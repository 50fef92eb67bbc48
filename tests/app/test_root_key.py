"""Where the vault's root key comes from."""

import os
from pathlib import Path

import pytest

from gridos.app.root_key import find_ring
from gridos.plugin_secrets import new_key_line, ring_from_text
from gridos.secret import Secret
from gridos.settings import Settings


def a_key(path: Path, mode: int = 0o600) -> bytes | None:
    """Write a new key to a file, and give its id."""
    line = new_key_line()
    path.write_text(line)
    path.chmod(mode)
    return ring_from_text(Secret(line)).primary


def settings(tmp_path: Path, **given: object) -> Settings:
    """Settings on a data directory of the test's own."""
    return Settings.model_validate({"data_dir": tmp_path, **given})


def test_the_first_source_that_is_set_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File, then systemd's, then the environment's, then the one in the data directory."""
    made, given = a_key(tmp_path / "root.key"), a_key(tmp_path / "given")
    systemds = a_key(tmp_path / "gridos-root-key")
    line = new_key_line()
    assert find_ring(settings(tmp_path), may_make=False).primary == made
    in_environment = find_ring(settings(tmp_path, root_key=line), may_make=True).primary
    assert in_environment == ring_from_text(Secret(line)).primary
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert find_ring(settings(tmp_path, root_key=line), may_make=True).primary == systemds
    everything = settings(tmp_path, root_key=line, root_key_file=tmp_path / "given")
    assert find_ring(everything, may_make=True).primary == given


def test_a_source_that_fails_is_not_passed_over(tmp_path: Path) -> None:
    """A key file that cannot be used locks the vault; another key would begin a second lineage."""
    a_key(tmp_path / "root.key")
    ring = find_ring(settings(tmp_path, root_key_file=tmp_path / "gone", root_key=new_key_line()), may_make=True)
    assert ring.primary is None
    assert "gone cannot be read" in ring.why_empty


def test_a_key_is_made_only_where_that_is_allowed(tmp_path: Path) -> None:
    """For one's own use a key is made once and found again; for many users never."""
    assert find_ring(settings(tmp_path), may_make=False).primary is None
    assert not list(tmp_path.iterdir())
    made = find_ring(settings(tmp_path), may_make=True).primary
    assert made == find_ring(settings(tmp_path), may_make=True).primary
    assert [file.stat().st_mode & 0o777 for file in tmp_path.iterdir()] == [0o600]


def test_the_environment_does_not_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once read, the key is in no variable that a plugin or a child process could look at, also when a file wins."""
    line = new_key_line()
    monkeypatch.setenv("GRIDOS_ROOT_KEY", line)
    assert find_ring(Settings(data_dir=tmp_path), may_make=False).primary == ring_from_text(Secret(line)).primary
    assert "GRIDOS_ROOT_KEY" not in os.environ
    a_key(tmp_path / "given")
    monkeypatch.setenv("GRIDOS_ROOT_KEY", line)
    find_ring(Settings(data_dir=tmp_path, root_key_file=tmp_path / "given"), may_make=False)
    assert "GRIDOS_ROOT_KEY" not in os.environ
