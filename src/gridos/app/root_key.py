"""Finds the vault's root key ring (contract, section 6)."""

import os
from pathlib import Path

from gridos.errors import VaultLocked
from gridos.plugin_secrets import KeyRing, make_ring_file, read_ring_file, ring_from_text
from gridos.settings import Settings

SYSTEMD_NAME = "gridos-root-key"
FILE_NAME = "root.key"
VARIABLE = "GRIDOS_ROOT_KEY"


def find_ring(settings: Settings, *, may_make: bool) -> KeyRing:
    """
    The ring from the first source that is set: file, systemd credential, environment, data directory.

    An empty ring, which keeps the vault locked and says why, when there is none or it cannot be used. `may_make` is
    true for a single user and the demo: there a key is made once in the data directory. Later it is read there by
    everybody, so that `gridos vault` works on a demo's directory too. The environment keeps no key: plugins and child
    processes could read it there.
    """
    os.environ.pop(VARIABLE, None)
    try:
        return _find(settings, may_make=may_make)
    except VaultLocked as why:
        return KeyRing([], str(why))


def _find(settings: Settings, *, may_make: bool) -> KeyRing:
    made = settings.data_dir / FILE_NAME
    if settings.root_key_file:
        return read_ring_file(settings.root_key_file)
    if (credential := _systemd_credential()) is not None:
        return read_ring_file(credential)
    if settings.root_key:
        return ring_from_text(settings.root_key)
    if may_make:
        return make_ring_file(made)
    if made.exists():
        return read_ring_file(made)
    raise VaultLocked(
        "There is no root key. Write the line that `gridos vault new-key` prints into a file only this user can read, "
        "and set GRIDOS_ROOT_KEY_FILE to it."
    )


def _systemd_credential() -> Path | None:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(directory, SYSTEMD_NAME) if directory else None
    return path if path and path.exists() else None
