"""From a key to its character on the screen, while 1,000 live cells arrive."""

import string
from dataclasses import dataclass

from playwright.sync_api import Page

from bench.browser.stage import Stage, put, select
from bench.plugin import function

CELLS, DISTINCT = 1000, 500
_COLUMNS = 8
_AT_ONCE = 50
_PLACE = 8, 2
_BETWEEN_KEYS_MS = 50
_ROUNDS = 3
# Each character once, so that its first frame is known; none is a column's letter on this screen.
_KEYS = string.ascii_lowercase + string.ascii_uppercase[15:]

_FOUND = """
() => {
  const [first, last] = [watched.pressed[0].at, watched.pressed.at(-1).at];
  const live = watched.arrived
    .filter(({ at, text }) => at >= first && at <= last && text.startsWith('{"type":"values"'));
  return {
    times: watched.pressed.map(({ key, at }) => watched.painted.get(key) - at),
    arrived: live.reduce((sum, { text }) => sum + JSON.parse(text).cells.length, 0),
  };
}
"""


@dataclass(frozen=True)
class Echo:
    """Milliseconds for each key, from the event's own time to the end of the first frame with its character."""

    times: list[float]
    arrived: int
    """Live cells that came between the first key and the last."""


def measure(stage: Stage) -> tuple[list[Echo], list[Echo]]:
    """At rest and while cells arrive, in turn."""
    rest: list[Echo] = []
    live: list[Echo] = []
    for number in range(_ROUNDS):
        workbook = stage.workbook([put(0, 0, "10000")])
        with stage.grid(workbook, "10000") as page:
            select(page, *_PLACE)
            rest.append(_type(page))
            page.keyboard.press("Escape")
            stage.edit(workbook, _calls(number))
            live.append(_type(page))
    return rest, live


def _calls(number: int) -> list[dict[str, str]]:
    return [
        put(at % _COLUMNS, at // _COLUMNS, f"={function(_AT_ONCE)}({number * DISTINCT + at % DISTINCT})")
        for at in range(CELLS)
    ]


def _type(page: Page) -> Echo:
    page.evaluate("watched.forget()")
    for key in _KEYS:
        page.keyboard.press(key)
        page.wait_for_timeout(_BETWEEN_KEYS_MS)
    page.wait_for_function("keys => [...keys].every((key) => watched.painted.has(key))", arg=_KEYS)
    return Echo(**page.evaluate(_FOUND))
