"""How often one may try before having to wait."""

import time
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from uuid import UUID

from gridos.errors import AddressTaken, SignInFailed, TooManyTries

REMEMBERED = 10_000  # keys kept before the oldest, or those that have expired, are dropped


class Bucket:
    """
    Tries per key: `size` at once, after that one every `seconds`.

    Kept in memory: a restart forgives, and several server processes each allow as many.
    """

    def __init__(self, size: int, seconds: float, clock: Callable[[], float]) -> None:
        self._room = (size - 1) * seconds
        self._seconds = seconds
        self._clock = clock
        self._empty_at: dict[Hashable, float] = {}
        self._purge_above = REMEMBERED

    def is_full(self, key: Hashable) -> bool:
        """Whether the next try has to wait, which is never for longer than `seconds`."""
        return self._empty_at.get(key, 0.0) - self._clock() > self._room

    def add(self, key: Hashable, tries: int) -> None:
        """Count tries; a negative number gives some back."""
        now = self._clock()
        self._empty_at[key] = max(now, self._empty_at.get(key, 0.0)) + tries * self._seconds
        if len(self._empty_at) > self._purge_above:
            self._empty_at = {key: at for key, at in self._empty_at.items() if at > now}
            self._purge_above = max(REMEMBERED, 2 * len(self._empty_at))


class PerMinute:
    """So many a minute for each user, all of them at once if need be; then TooManyTries."""

    def __init__(self, most: int, sentence: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = Bucket(most, 60 / most, clock)
        self._sentence = sentence

    def count(self, user_id: UUID) -> None:
        """Count one, unless it is one too many."""
        if self._bucket.is_full(user_id):
            raise TooManyTries(self._sentence)
        self._bucket.add(user_id, 1)


class SignInLimits:
    """
    Counts wrong tries per e-mail address and per client.

    Somebody else's wrong tries do not lock a person out: a client that once knew the password of an address is
    counted apart from the rest of the world. Whoever is refused may try again within a minute.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._addresses = Bucket(10, 60, clock)
        self._clients = Bucket(15, 6, clock)  # a whole office may share one
        self._known: dict[tuple[str, str], None] = {}

    @contextmanager
    def counted(self, email: str, client: str) -> Generator[None]:
        """
        Around one try, from `client`'s IP address: raises TooManyTries instead of letting it begin.

        It counts from its first moment, so that a hundred at once are a hundred, and is given back unless it was wrong.
        """
        pair = (email.strip().lower(), neighbourhood(client))
        address = pair if pair in self._known else pair[0]
        counts = ((self._addresses, address), (self._clients, pair[1]))
        if any(bucket.is_full(key) for bucket, key in counts):
            raise TooManyTries
        for bucket, key in counts:
            bucket.add(key, 1)
        try:
            yield
        except (SignInFailed, AddressTaken):
            raise
        except BaseException:
            self._give_back(counts)
            raise
        self._give_back(counts)
        self._remember(pair)

    @staticmethod
    def _give_back(counts: tuple[tuple[Bucket, Hashable], ...]) -> None:
        for bucket, key in counts:
            bucket.add(key, -1)

    def _remember(self, pair: tuple[str, str]) -> None:
        self._known[pair] = None
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]


def neighbourhood(client: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: a single customer is usually given that many."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else client  # noqa: PLR2004 -- IPv6
