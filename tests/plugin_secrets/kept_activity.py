"""An `ActivityStore` in a list."""

from collections.abc import Sequence
from uuid import UUID

from gridos.plugin_secrets import Entry, Event


class KeptActivity:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def note(self, events: Sequence[Event]) -> None:
        """See `ActivityStore`."""
        self.events += events

    async def read(
        self, owner: UUID, *, plugin: str | None = None, before: int | None = None, most: int
    ) -> list[Entry]:
        """Nobody reads it here."""
        raise AssertionError
