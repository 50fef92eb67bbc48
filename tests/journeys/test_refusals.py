"""What cannot work is said in one sentence, with exit code 1 and nothing half made."""

import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.running import finish

HUNTER = "hunter2"  # stands for a secret in a setting, which no refusal may repeat


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory every account may enter: PostgreSQL may run under another."""
    made = Path(tempfile.mkdtemp(prefix="gridos-tests-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("GRIDOS_MODE", HUNTER),
        ("GRIDOS_PORT", HUNTER),
        ("GRIDOS_PUBLIC_URL", HUNTER),
        ("GRIDOS_DATABASE_URL", HUNTER),
        ("GRIDOS_DATABASE_URL", f"postgresql://somebody:{HUNTER}@127.0.0.1:1/x"),
        ("GRIDOS_PG_BIN", "/nowhere"),
        ("GRIDOS_PLUGINS_DIR", "/nowhere"),
        ("GRIDOS_EGRESS_ALLOW", "anywhere"),
        ("GRIDOS_HOST", "no.such.host.invalid"),
        ("GRIDOS_DATA_DIR", "/proc/gridos"),
        ("GRIDOS_DATA_DIR", "/dev/null"),
    ],
)
def test_a_wrong_setting_is_named(directory: Path, setting: str, value: str) -> None:
    """The sentence names the variable and repeats no value that could be a password."""
    env = {"GRIDOS_PORT": "0", "GRIDOS_DATA_DIR": str(directory / "data"), setting: value}
    code, said = finish("serve", home=directory, env=env)
    assert_refused(code, said)
    assert setting in said
    assert HUNTER not in said
    assert not (directory / "data/postgres.new").exists()


@pytest.mark.parametrize("megabytes", [0, 1, 8])
def test_a_full_disk_leaves_nothing_half_made(directory: Path, megabytes: int) -> None:
    """When the database cannot be written there is a sentence, and no piece of a database that would be taken up."""
    env = {"GRIDOS_PORT": "0", "GRIDOS_DATA_DIR": str(directory / "data")}
    assert_refused(*finish("serve", home=directory, env=env, preexec_fn=no_file_beyond(megabytes)))
    assert not (directory / "data/postgres").exists()
    assert not (directory / "data/postgres.new").exists()


def no_file_beyond(megabytes: int) -> Callable[[], None]:
    """As a full disk, for whoever runs this: no file grows beyond a size."""
    size = megabytes * 1_048_576 or 1
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def assert_refused(code: int, said: str) -> None:
    """One sentence, and an exit code that a supervisor understands."""
    assert (code, said.count("\n")) == (1, 1), said
    assert said.startswith("gridos: ")
    assert said.endswith(".\n")
