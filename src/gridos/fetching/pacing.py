"""Keeps requests to the pace that an upstream allows: a token bucket, as most of them have one themselves."""

import math
from typing import Final

LONGEST_REFILL: Final = 3600.0
"""Seconds; whatever an upstream says, an empty bucket is full again after an hour. GitHub's limits reset within one."""


def is_meant(available: float, per_second: float, capacity: float) -> bool:
    """Whether these numbers can be a budget."""
    return math.isfinite(available) and 0 < per_second < math.inf and 0 < capacity < math.inf


class Bucket:
    """
    Units that may be spent, refilled steadily up to a capacity.

    What costs more than the capacity waits for a full bucket and leaves it in debt.
    """

    def __init__(self, capacity: float, per_second: float, now: float) -> None:
        self._capacity = self._available = capacity
        self._per_second = per_second
        self._as_of = now
        self._is_told = False

    def seconds_to(self, cost: float, now: float) -> float:
        """How long until so much can be spent; 0 when it can be at once."""
        missing = min(cost, self._capacity) - self._available_at(now)
        return max(0.0, missing / self._per_second)

    def spend(self, cost: float, now: float) -> None:
        """Take it out."""
        self._available = self._available_at(now) - cost
        self._as_of = now

    def learn(self, available: float, per_second: float, capacity: float, now: float) -> None:
        """Take over what upstream says."""
        self._capacity = capacity
        self._per_second = max(per_second, capacity / LONGEST_REFILL)
        self._available = min(max(available, -capacity), capacity)
        self._as_of = now
        self._is_told = True

    def scale(self, by: float, now: float) -> None:
        """Be so many times as large. What it holds shrinks with it but does not grow, and what it owes stays."""
        available = self._available_at(now)
        self._available = available * min(by, 1.0) if available > 0 else available
        self._capacity *= by
        self._per_second *= by
        self._as_of = now

    def widen(self, by: float, now: float) -> None:
        """Be so many times as large, by parts of which nobody has spent anything, unless upstream says what is left."""
        added = 0.0 if self._is_told else self._capacity * (by - 1)
        self.scale(by, now)
        self._available += added

    def is_at_rest(self, now: float) -> bool:
        """Whether nothing has to be known of what was spent: it is full, or upstream will tell again."""
        return self._is_told or self.is_full(now)

    def is_full(self, now: float) -> bool:
        """Whether it is as a new one would be, but for what it has learned."""
        return self._available_at(now) >= self._capacity

    def _available_at(self, now: float) -> float:
        # A clock that was put back refills nothing.
        return min(self._capacity, self._available + max(0.0, now - self._as_of) * self._per_second)
