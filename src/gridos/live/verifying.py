"""
How an owner's connection stands, and how it would stand with other values.

Secrets are opened here and handed to `fetching`. What comes back out is a state, a sentence and a name.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol, TypeAlias
from uuid import UUID

from gridos.accounts import PerMinute
from gridos.fetching import Proof
from gridos.live.health import HealthWatch
from gridos.live.plugin_uses import Uses, UseStore
from gridos.plugin_secrets import ActivityStore, Event, Finding, Health, SecretStore, Vault
from gridos.plugin_secrets.opening import SealedConnections, Trial
from gridos.plugins import Manifest, OpenConnection, Plugins
from gridos.secret import Secret

State: TypeAlias = Literal["not_set", "incomplete", "unverified", "connected", "needs_attention", "unreadable"]

TESTS_A_MINUTE: Final = 20
"""Per user, so that nobody tries out other people's keys at our address."""


@dataclass(frozen=True, slots=True)
class Status:
    """One connection. `slots` says since when each declared key has its value; `checked_at` is of the last finding."""

    state: State
    message: str
    checked_at: datetime | None
    slots: Mapping[str, datetime | None]
    used_by: Uses
    can_roll_back: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """What a test found out, for the person who asked for it."""

    state: State
    message: str
    account: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the values work."""
        return self.state == "connected"


class Proving(Protocol):
    """What sends the request of a test (`fetching.Fetcher`)."""

    async def verify(self, manifest: Manifest, opened: OpenConnection) -> Proof:
        """What upstream made of it; nothing is raised for upstream's trouble."""
        ...


class Verifying:
    """Answers an owner's two questions about a connection: how it stands, and whether these values work."""

    def __init__(
        self,
        plugins: Plugins,
        vault: Vault,
        store: SecretStore,
        connections: SealedConnections,
        proving: Proving,
        uses: UseStore,
        health: HealthWatch,
        activity: ActivityStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plugins = plugins
        self._vault = vault
        self._store = store
        self._connections = connections
        self._proving = proving
        self._uses = uses
        self._health = health
        self._activity = activity
        self._tests = PerMinute(TESTS_A_MINUTE, "Too many tests. Wait a minute and try again.", clock)

    async def status(self, owner: UUID, slug: str) -> Status:
        """How the stored connection stands. A value that cannot be opened is a state, not a failure."""
        manifest = self._plugins.get(slug).manifest
        trial = await self._connections.try_connection(owner, manifest, {})
        state, message = _standing(manifest, trial) or _found(trial)
        set_at = {secret.key: secret.updated_at for secret in trial.stored.secrets} if trial.stored else {}
        return Status(
            state,
            message,
            trial.stored and trial.stored.checked_at,
            {slot.key: set_at.get(slot.key) for slot in manifest.secrets},
            await self._uses.count(owner, slug),
            await self._store.can_restore(owner, slug),
        )

    async def states(self, owner: UUID) -> Mapping[str, State]:
        """
        How each connection stands, by plugin; of those alone that have something to set.

        For a list, so no value is opened: one that cannot be is not noticed here.
        """
        healths, set_keys = await self._store.get_healths(owner), await self._vault.get_all_set_keys(owner)
        manifests = [plugin.manifest for plugin in self._plugins if plugin.manifest.secrets]
        return {
            manifest.slug: _state(manifest, set_keys.get(manifest.slug, ()), healths.get(manifest.slug))
            for manifest in manifests
        }

    async def verify(self, owner: UUID, slug: str, candidates: Mapping[str, Secret]) -> Verification:
        """
        Whether a connection works with these values, and the stored ones where none is given. No value is stored.

        Refuses what storing them would refuse, then too many tests. The outcome is kept if they are the stored ones.
        """
        manifest = self._plugins.get(slug).manifest
        values = await self._vault.accept(manifest, candidates)
        self._tests.count(owner)
        trial = await self._connections.try_connection(owner, manifest, values)
        if standing := _standing(manifest, trial):
            return Verification(*standing)
        proof = await self._proving.verify(manifest, trial.connection)
        if trial.is_stored and trial.stored:
            await self._store.put_finding(trial.stored.id, trial.stored.version, Finding(proof.health, proof.message))
            self._health.forget(trial.stored.id)
        found = Verification(proof.health or "unverified", proof.message, proof.account)
        await self._activity.note([Event(owner, "verify", slug, actor=owner, detail=found.state)])
        return found


def _standing(manifest: Manifest, trial: Trial) -> tuple[State, str] | None:
    """What can be said without asking anybody; None when the values are all there."""
    if trial.unreadable:
        keys = ", ".join(trial.unreadable)
        return "unreadable", f"The stored {keys} cannot be opened. Enter it again, or ask this server's operator."
    return _lack(manifest, trial.connection.secrets.keys())


def _state(manifest: Manifest, set_keys: Collection[str], health: Health | None) -> State:
    if lack := _lack(manifest, [key for key in manifest.keys if key in set_keys]):
        return lack[0]
    return health or "unverified"


def _lack(manifest: Manifest, is_set: Collection[str]) -> tuple[State, str] | None:
    if not is_set:
        return "not_set", f"Nothing is set for {manifest.title}."
    if manifest.is_configured(is_set):
        return None
    unset = [slot for slot in manifest.secrets if slot.key not in is_set]
    missing = [slot for slot in unset if not slot.optional] or unset
    return "incomplete", f"{manifest.title} also needs {', '.join(slot.label or slot.key for slot in missing)}."


def _found(trial: Trial) -> tuple[State, str]:
    finding = trial.stored and trial.stored.finding
    if not finding:
        return "unverified", "Not tested since its values changed."
    return finding.health or "unverified", finding.message
