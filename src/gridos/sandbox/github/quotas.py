"""How often somebody may ask GitHub in an hour, and the headers that say so."""

import time
from dataclasses import dataclass

_HOUR = 3600


@dataclass(slots=True)
class Quota:
    """What one account, or one address, has used of one resource (`core` or `graphql`) since the hour began."""

    resource: str
    limit: int
    reset: int
    used: int = 0

    @property
    def remaining(self) -> int:
        """How many requests are left."""
        return max(0, self.limit - self.used)

    def headers(self) -> dict[str, str]:
        """As GitHub sends them with every answer."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(self.used),
            "X-RateLimit-Reset": str(self.reset),
            "X-RateLimit-Resource": self.resource,
        }


class Quotas:
    """The quotas of everybody who asked."""

    def __init__(self) -> None:
        self._quotas: dict[tuple[str, str], Quota] = {}

    def get(self, who: str, resource: str, limit: int) -> Quota:
        """The quota of this hour, begun now if the last one is over."""
        quota = self._quotas.get((who, resource))
        if quota is None or quota.reset <= time.time():
            quota = self._quotas[who, resource] = Quota(resource, limit, int(time.time()) + _HOUR)
        return quota
