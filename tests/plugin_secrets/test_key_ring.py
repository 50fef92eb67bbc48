"""The root keys: what is accepted as one, and what they wrap."""

import os
from base64 import b64encode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from stat import S_IMODE
from uuid import uuid4

import pytest

from gridos.errors import SecretUnreadable, VaultLocked
from gridos.plugin_secrets.key_ring import KeyRing, make_ring_file, new_key_line, read_ring_file, ring_from_text
from gridos.secret import Secret

OWNER = uuid4()


def ring_of(*lines: str) -> KeyRing:
    """A ring of these lines."""
    return ring_from_text(Secret("\n".join(lines)))


def test_the_first_line_wraps_and_all_unwrap() -> None:
    """A second line opens what it wrapped when it was first."""
    old, new = new_key_line(), new_key_line()
    wrapped = ring_of(old).make_data_key(OWNER)
    both = ring_of(new, old)
    assert both.unwrap(wrapped).owner == OWNER
    assert both.rewrap(wrapped).root_key_id == both.primary == ring_of(new).primary


def test_a_rewrapped_key_opens_the_same_values() -> None:
    """Rotation changes the wrapping of a data key, not the key: what it sealed still opens without the old line."""
    old, new = new_key_line(), new_key_line()
    wrapped = ring_of(old).make_data_key(OWNER)
    sealed = ring_of(old).unwrap(wrapped).seal("stripe", "API_KEY", Secret("sk_test"))
    rewrapped = ring_of(new, old).rewrap(wrapped)
    assert ring_of(new).unwrap(rewrapped).open("stripe", "API_KEY", sealed).reveal() == "sk_test"


@pytest.mark.parametrize("ring", [KeyRing([], "There is no root key."), ring_of(new_key_line())])
def test_without_the_right_root_key_nothing_opens(ring: KeyRing) -> None:
    """An empty ring and a wrong one find the vault locked, and do not take the data key for a damaged one."""
    wrapped = ring_of(new_key_line()).make_data_key(OWNER)
    for use in (ring.unwrap, ring.rewrap):
        with pytest.raises(VaultLocked):
            use(wrapped)


def test_an_empty_ring_makes_no_keys() -> None:
    """Nothing can be wrapped without a root key."""
    with pytest.raises(VaultLocked):
        KeyRing([]).make_data_key(OWNER)


def test_a_data_key_belongs_to_its_user_and_id() -> None:
    """A wrapped data key that was moved to another user, id or root key is unreadable."""
    first, other = new_key_line(), new_key_line()
    ring = ring_of(first, other)
    second = ring_of(other).primary
    assert second
    wrapped = ring.make_data_key(OWNER)
    for moved in (replace(wrapped, owner=uuid4()), replace(wrapped, id=uuid4()), replace(wrapped, root_key_id=second)):
        with pytest.raises(SecretUnreadable):
            ring.unwrap(moved)


def test_a_damaged_data_key_is_noticed() -> None:
    """Not one bit of a wrapped data key can change, nor can it be cut, without it becoming unreadable."""
    ring = ring_of(new_key_line())
    wrapped = ring.make_data_key(OWNER)
    assert len(wrapped.wrapped) == 72
    for place in range(72 * 8):
        flipped = bytearray(wrapped.wrapped)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(SecretUnreadable):
            ring.unwrap(replace(wrapped, wrapped=bytes(flipped)))
    for length in range(72):
        with pytest.raises(SecretUnreadable):
            ring.unwrap(replace(wrapped, wrapped=wrapped.wrapped[:length]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "canary",
        urlsafe_b64encode(os.urandom(31)).decode(),
        urlsafe_b64encode(os.urandom(33)).decode(),
        urlsafe_b64encode(bytes(32)).decode(),
        urlsafe_b64encode(b"changeme" * 4).decode(),
        f"{new_key_line()}\ncanary-but-not-a-key",
        f"{new_key_line()[:20]}\n{new_key_line()[20:]}",
        "ключ" * 11,
    ],
    ids=len,
)
def test_what_is_no_root_key_is_refused(text: str) -> None:
    """Nothing, rubbish, a wrong length, a placeholder and one bad line among good ones are refused without an echo."""
    with pytest.raises(VaultLocked) as caught:
        ring_from_text(Secret(text))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_line_ends_and_alphabet_do_not_matter() -> None:
    """A Windows line end, a blank line and the other base64 alphabet give the same ring."""
    root = bytes(range(200, 232))
    plain = ring_of(urlsafe_b64encode(root).decode())
    assert ring_from_text(Secret(f"\r\n{b64encode(root).decode()}\r\n")).primary == plain.primary


def test_a_new_key_is_new() -> None:
    """Every new key differs and is accepted."""
    lines = {new_key_line() for _ in range(50)}
    assert len(lines) == 50
    assert all(ring_of(line).primary for line in lines)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o610])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """A key file that anybody else may touch is refused with what to do about it."""
    path = tmp_path / "root.key"
    path.write_text(new_key_line())
    path.chmod(mode)
    with pytest.raises(VaultLocked, match="chmod 600"):
        read_ring_file(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_closed_file_is_read(tmp_path: Path, mode: int) -> None:
    """A key file of its owner alone is a ring."""
    path = tmp_path / "root.key"
    line = new_key_line()
    path.write_text(f"{line}\n")
    path.chmod(mode)
    assert read_ring_file(path).primary == ring_of(line).primary


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file, a directory and binary rubbish each give a sentence with the path."""
    rubbish = tmp_path / "rubbish.key"
    rubbish.write_bytes(os.urandom(200) + b"\xff")
    rubbish.chmod(0o600)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for path in (tmp_path / "missing.key", closed, rubbish):
        with pytest.raises(VaultLocked, match=path.name):
            read_ring_file(path)


def test_the_made_file_is_closed_and_kept(tmp_path: Path) -> None:
    """The file is made once with mode 0600, nothing is left beside it, and the next start reads the same key."""
    path = tmp_path / "root.key"
    made = make_ring_file(path)
    assert S_IMODE(path.stat().st_mode) == 0o600
    assert make_ring_file(path).primary == made.primary
    assert list(tmp_path.iterdir()) == [path]


def test_servers_that_start_at_once_agree(tmp_path: Path) -> None:
    """Many first starts at the same time end with one key that all of them hold."""
    path = tmp_path / "root.key"
    with ThreadPoolExecutor(16) as pool:
        rings = list(pool.map(make_ring_file, [path] * 64))
    assert len({ring.primary for ring in rings}) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_file_is_never_replaced(tmp_path: Path) -> None:
    """A key file that cannot be used is refused, not quietly exchanged for a new key."""
    path = tmp_path / "root.key"
    path.write_text("")
    path.chmod(0o600)
    with pytest.raises(VaultLocked):
        make_ring_file(path)
    assert path.read_text() == ""


def test_no_directory_no_key(tmp_path: Path) -> None:
    """A place that cannot be written to gives a sentence with the path."""
    with pytest.raises(VaultLocked, match="cannot be written"):
        make_ring_file(tmp_path / "missing" / "root.key")
