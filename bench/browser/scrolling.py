"""Scrolling through 100,000 rows, with a look at the pixels of every frame."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from playwright.sync_api import Page

from bench.browser.stage import CANVAS, SHEET, Stage, put
from tests.browser.visitor import COLUMN_HEADER, COLUMN_WIDTH, ROW_HEADER, ROW_HEIGHT

ROWS = 100_000
_FIRST = 100_000
_BATCH = 50_000
_SCREEN = 19 * ROW_HEIGHT
# One screen at a time as with a wheel, then flung to the very end.
_STEPS = [_SCREEN] * 100 + [750 * ROW_HEIGHT] * 140


@dataclass(frozen=True)
class Scrolling:
    """Frames looked at, and those in which a row's height or more was without ink. Times in milliseconds."""

    opened: float
    """Until the first of its values was painted, from asking for the page."""
    rows: int
    """Different rows that were painted."""
    frames: int
    blank: int
    usual: float
    """Between two frames: the median."""
    longest: float


def measure(stage: Stage) -> Scrolling:
    """Every row holds its number, so every frame must show ink in every row."""
    workbook = stage.workbook([{"op": "insert_rows", "sheet": SHEET, "at": 2, "count": ROWS - 1_000}])
    for start in range(0, ROWS, _BATCH):
        stage.edit(workbook, [put(0, row, str(_FIRST + row)) for row in range(start, start + _BATCH)])
    with stage.grid(workbook, str(_FIRST)) as page:
        opened = page.evaluate("text => watched.painted.get(text)", str(_FIRST))
        assert _tallest_gap(page, column=1) >= ROW_HEIGHT, "an empty column counts as blank"
        frames = _scroll(page)
        rows = page.evaluate(
            "first => [...watched.painted.keys()].filter((text) => Number(text) >= first).length", _FIRST
        )
    pauses = [after["at"] - before["at"] for before, after in pairwise(frames)]
    blank = sum(frame["gap"] >= ROW_HEIGHT for frame in frames)
    return Scrolling(opened, rows, len(frames), blank, median(pauses), max(pauses))


def _scroll(page: Page) -> list[dict[str, float]]:
    box = page.locator(CANVAS).bounding_box()
    assert box
    page.mouse.move(box["x"] + 4 * COLUMN_WIDTH, box["y"] + 10 * ROW_HEIGHT)
    page.evaluate("strip => watched.watchScrolling(...strip)", _strip(column=0))
    for step in _STEPS:
        page.mouse.wheel(0, step)
    page.wait_for_function("text => watched.painted.has(text)", arg=str(_FIRST + ROWS - 1))
    return page.evaluate("watched.scrolled")


def _tallest_gap(page: Page, column: int) -> int:
    return page.evaluate("strip => watched.tallestGap(...strip)", _strip(column))


def _strip(column: int) -> list[int]:
    """The inside of a column: left, top and width."""
    return [ROW_HEADER + column * COLUMN_WIDTH + 2, COLUMN_HEADER + 2, COLUMN_WIDTH - 4]
