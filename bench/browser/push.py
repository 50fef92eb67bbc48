"""5,000 cells that somebody else changed, from their arrival in the browser to the frame that shows them."""

from dataclasses import dataclass

from playwright.sync_api import Page

from bench.browser.stage import Stage, put

CELLS = 5_000
_COLUMNS = 10
_SEEN_COLUMNS, _SEEN_ROWS = 9, 19
_REST_MS = 300
_PAGES, _PUSHES = 4, 4

_FOUND = """
async ([texts, first]) => {
  const frame = watched.arrived.find(({ text }) => text.startsWith('{"type":"changes"') && text.includes(first));
  const start = performance.now();
  const { cells } = JSON.parse(frame.text);
  const parsing = performance.now() - start;
  const { at, second, text } = frame;
  const painted = Math.max(...texts.map((one) => watched.painted.get(one))) - at;
  return { cells: cells.length, kilobytes: text.length / 1000, second: second - at, painted, parsing };
}
"""


@dataclass(frozen=True)
class Push:
    """One push. Milliseconds since the socket's message."""

    cells: int
    """In the one frame."""
    kilobytes: float
    second: float
    """When the second animation frame began."""
    painted: float
    """When the frame with the last visible cell was done."""
    parsing: float
    """What reading the same text as JSON takes alone."""

    @property
    def until(self) -> float:
        """Both have happened."""
        return max(self.second, self.painted)


def measure(stage: Stage) -> list[list[Push]]:
    """A few pushes into each of a few fresh pages. Each changes all cells, in one edit."""
    return [_pushes(stage) for _ in range(_PAGES)]


def _pushes(stage: Stage) -> list[Push]:
    workbook = stage.workbook(_cells(0))
    with stage.grid(workbook, _value(0, 0)) as page:
        return [_push(stage, workbook, page, number) for number in range(1, _PUSHES + 1)]


def _push(stage: Stage, workbook: str, page: Page, number: int) -> Push:
    seen = [_value(number, row * _COLUMNS + column) for row in range(_SEEN_ROWS) for column in range(_SEEN_COLUMNS)]
    page.evaluate("watched.forget()")
    stage.edit(workbook, _cells(number))
    page.wait_for_function("texts => texts.every((text) => watched.painted.has(text))", arg=seen)
    page.wait_for_timeout(_REST_MS)
    return Push(**page.evaluate(_FOUND, [seen, seen[0]]))


def _cells(number: int) -> list[dict[str, str]]:
    return [put(at % _COLUMNS, at // _COLUMNS, _value(number, at)) for at in range(CELLS)]


def _value(number: int, at: int) -> str:
    return str((number + 1) * 10_000 + at)
