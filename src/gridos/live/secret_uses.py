"""Counts what connections are used for, and has it written down now and then."""

import logging
from collections import Counter
from uuid import UUID

from gridos.errors import StorageUnavailable
from gridos.fetching import Outcome
from gridos.grid import CellError
from gridos.plugin_secrets import Action, ActivityStore, Event
from gridos.plugins import ConnectionRef

log = logging.getLogger(__name__)


class SecretUses:
    """
    Hears the outcome of every live call.

    A sum for each connection is written at a time: an entry for each of a thousand calls would hide the one that
    matters. What was heard since the last time is lost with a server that is killed.
    """

    def __init__(self, store: ActivityStore) -> None:
        self._store = store
        self._heard: Counter[tuple[UUID, str, Action]] = Counter()

    def observe(self, ref: ConnectionRef, outcome: Outcome) -> None:
        """A call ended."""
        is_blocked = isinstance(outcome, CellError) and outcome.code == "#BLOCKED!"
        self._heard[ref.owner, ref.plugin, "block" if is_blocked else "use"] += 1

    async def write(self) -> None:
        """Write down what was heard; what cannot be written is kept for the next time."""
        heard, self._heard = self._heard, Counter()
        if not heard:
            return
        try:
            await self._store.note(
                [Event(owner, action, plugin, count=count) for (owner, plugin, action), count in heard.items()]
            )
        except StorageUnavailable as trouble:
            self._heard += heard
            log.warning("What connections were used for could not be written down yet: %s", trouble)
