"""Writes the browser's table of `docs/benchmarks.md`, between two marks of its own."""

from dataclasses import dataclass
from itertools import chain
from statistics import median

from bench.browser.echo import CELLS, Echo
from bench.browser.first_screen import FirstScreen
from bench.browser.push import Push
from bench.browser.scrolling import ROWS, Scrolling
from bench.page import PAGE, Row

BEGIN, END = "<!-- begin of what `python -m bench.browser --write` writes -->", "<!-- end of the browser's -->"
_FIRST_SCREEN_MS, _PUSH_MS, _ECHO_MS = 2_000, 100, 50


@dataclass(frozen=True)
class Results:
    """One run."""

    first_screen: FirstScreen
    pushes: list[list[Push]]
    """By page, in order."""
    scrolling: Scrolling
    at_rest: list[Echo]
    live: list[Echo]
    load: float
    """What the machine was busy with before the run: processes that wanted to run, by core."""


def table(results: Results) -> str:
    """All rows as Markdown."""
    rows = [
        ("the machine before the run: busy, by core", f"{results.load:.1f}", "", True),
        *_first_screen(results.first_screen),
        *_pushes(results.pushes),
        *_scrolling(results.scrolling),
        *_echo(results.at_rest, results.live),
    ]
    lines = [f"| {what} | {number} | {target} | {'yes' if met else '**no**'} |" for what, number, target, met in rows]
    return "\n".join(["| measured | result | target | met |", "|---|---|---|---|", *lines])


def write(results: Results) -> None:
    """Put the table into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}", "utf-8")


def _first_screen(first: FirstScreen) -> list[Row]:
    usual, target = median(first.interactive), "under 2 s"
    return [
        ("first screen: requests", str(first.requests), "", True),
        ("first screen: over the line", f"{first.kilobytes:.0f} kB", "", True),
        ("first screen ÷ the sign-in page", f"{usual / first.plain:.1f}", "", True),
        ("first screen answers a click, best", _seconds(first.best), target, first.best < _FIRST_SCREEN_MS),
        ("first screen answers a click, median", _seconds(usual), target, usual < _FIRST_SCREEN_MS),
        ("first screen shows a value, median", _seconds(median(first.painted)), "", True),
    ]


def _pushes(pages: list[list[Push]]) -> list[Row]:
    fresh = [pushes[0] for pushes in pages]
    later = list(chain.from_iterable(pushes[1:] for pushes in pages))
    every = fresh + later
    cells = {one.cells for one in every}
    ratio = median(one.until / one.parsing for one in later)
    times = {
        "first on a fresh page, best": min(one.until for one in fresh),
        "first on a fresh page, median": median(one.until for one in fresh),
        "later ones, best": min(one.until for one in later),
        "later ones, median": median(one.until for one in later),
    }
    return [
        ("push: cells in its one frame", ", ".join(map(str, cells)), "5000", cells == {5_000}),
        ("push: size of the frame", f"{every[0].kilobytes:.0f} kB", "", True),
        ("push ÷ reading its JSON", f"{ratio:.0f}", "", True),
        *((f"push: {name}", f"{time:.0f} ms", "under 100 ms", time < _PUSH_MS) for name, time in times.items()),
    ]


def _scrolling(scrolling: Scrolling) -> list[Row]:
    return [
        (
            f"{ROWS:,} rows: frames with a blank row",
            f"{scrolling.blank} of {scrolling.frames}",
            "0",
            not scrolling.blank,
        ),
        (f"{ROWS:,} rows: different rows painted", f"{scrolling.rows}", "", True),
        (f"{ROWS:,} rows: between two frames, median", f"{scrolling.usual:.0f} ms", "", True),
        (f"{ROWS:,} rows: between two frames, longest", f"{scrolling.longest:.0f} ms", "", True),
        (f"{ROWS:,} rows: first value after opening", _seconds(scrolling.opened), "", True),
    ]


def _echo(at_rest: list[Echo], live: list[Echo]) -> list[Row]:
    keys = [time for one in live for time in one.times]
    in_time = sum(time < _ECHO_MS for time in keys)
    usual, slowest = median(keys), min(max(one.times) for one in live)
    rest = median(time for one in at_rest for time in one.times)
    arrived = min(one.arrived for one in live)
    return [
        ("typing: live cells that arrived meanwhile", str(arrived), str(CELLS), arrived == CELLS),
        ("typing: keys echoed in time", f"{in_time} of {len(keys)}", "all", in_time == len(keys)),
        ("typing: echo ÷ the echo at rest", f"{usual / rest:.2f}", "", True),
        ("typing: echo, median", f"{usual:.0f} ms", "under 50 ms", usual < _ECHO_MS),
        ("typing: slowest echo, best round", f"{slowest:.0f} ms", "under 50 ms", slowest < _ECHO_MS),
    ]


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1_000:.2f} s"
