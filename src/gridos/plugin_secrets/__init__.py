"""
Keeps each user's secrets sealed, and opens them only while a call runs.

Nothing here knows what a secret is for. `opening` is not exported: only `live` and `app` may import it.
"""

from gridos.plugin_secrets.activity import Action, ActivityStore, Entry, Event
from gridos.plugin_secrets.envelopes import GOOD_FOR, Envelopes, Invitation, InvitationStore
from gridos.plugin_secrets.key_ring import (
    KeyRing,
    WrappedKey,
    make_ring_file,
    new_key_line,
    read_ring_file,
    ring_from_text,
)
from gridos.plugin_secrets.renewing import Renewal
from gridos.plugin_secrets.storage import (
    KEPT_FOR,
    DataKeyReplaced,
    Finding,
    Health,
    PlacedSecret,
    Resealed,
    SecretStore,
    StoredConnection,
    StoredSecret,
)
from gridos.plugin_secrets.vault import Rotation, Vault, VaultStatus

__all__ = [
    "GOOD_FOR",
    "KEPT_FOR",
    "Action",
    "ActivityStore",
    "DataKeyReplaced",
    "Entry",
    "Envelopes",
    "Event",
    "Finding",
    "Health",
    "Invitation",
    "InvitationStore",
    "KeyRing",
    "PlacedSecret",
    "Renewal",
    "Resealed",
    "Rotation",
    "SecretStore",
    "StoredConnection",
    "StoredSecret",
    "Vault",
    "VaultStatus",
    "WrappedKey",
    "make_ring_file",
    "new_key_line",
    "read_ring_file",
    "ring_from_text",
]
