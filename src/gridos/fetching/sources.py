"""The sources that one running call has asked, and what that means for its own answer."""

import json
import logging
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any

from gridos.fetching import failures
from gridos.fetching.kept import Kept
from gridos.fetching.moved import ConnectionMoved
from gridos.fetching.running import Outcome
from gridos.formulas import Call
from gridos.grid import CellError
from gridos.plugins import ConnectionRef, Manifest, UpstreamError

_logger = logging.getLogger(__name__)


class Sources:
    """
    Asks sources on behalf of one call.

    Its answer is as old as the oldest of theirs (`fetched_at`), and not good for longer than any of them.
    """

    def __init__(self, ask: Callable[[ConnectionRef, Call], Awaitable[Kept]]) -> None:
        self._ask = ask
        self.fetched_at = inf
        self.good_until = inf
        self.have_moved = False

    async def ask(self, ref: ConnectionRef, call: Call) -> Any:
        """A source's value, each time a new copy; its error is raised, even if it had a value earlier."""
        try:
            kept = await self._ask(ref, call)
        except ConnectionMoved:
            self.have_moved = True
            raise
        if kept.error:
            raise UpstreamError(kept.error)
        assert kept.good, "what is no error is a value"
        self.fetched_at = min(self.fetched_at, kept.as_of)
        self.good_until = min(self.good_until, kept.until)
        return json.loads(str(kept.good.value))


def as_text(manifest: Manifest, outcome: object) -> Outcome:
    """What is kept of a source's outcome: an error, or the text of its value, which must be JSON."""
    if isinstance(outcome, CellError):
        return outcome
    try:
        return json.dumps(outcome)
    except (TypeError, ValueError, RecursionError):
        _logger.warning("plugin %s: a source gave what is not JSON", manifest.slug)
        return failures.stopped(manifest)
