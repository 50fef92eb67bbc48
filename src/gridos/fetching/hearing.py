"""Passes on what happens to a call under way to everybody who waits for it."""

from collections.abc import Generator, Hashable
from contextlib import contextmanager

from gridos.fetching.wishes import Wish
from gridos.formulas import Answer


class Hearing:
    """Who waits for which call, and what they want to hear."""

    def __init__(self) -> None:
        self._wishes: dict[Hashable, list[Wish]] = {}

    @contextmanager
    def of(self, key: Hashable, wish: Wish) -> Generator[None]:
        """Hear what happens to a call until the block is left."""
        wishes = self._wishes.setdefault(key, [])
        wishes.append(wish)
        try:
            yield
        finally:
            wishes.remove(wish)
            if not wishes:
                self._wishes.pop(key, None)

    def tell_meanwhile(self, key: Hashable, answer: Answer) -> None:
        """There is an earlier value to be shown."""
        for wish in self._wishes.get(key, ()):
            wish.meanwhile(answer)

    def tell_progress(self, key: Hashable, done: int, of: int | None) -> None:
        """So many records are read, of so many."""
        for wish in self._wishes.get(key, ()):
            wish.progress(done, of)
