"""How long a workbook takes to open in a browser that has never been here."""

from dataclasses import dataclass
from statistics import median

from bench.browser.stage import Stage, put, select, wait_for_text

_ROUNDS = 5
_COLUMNS, _ROWS = 4, 20
_SHOWN = "10000"


@dataclass(frozen=True)
class FirstScreen:
    """Milliseconds from asking for the page until a click on a cell was answered, and until a value was painted."""

    interactive: list[float]
    painted: list[float]
    plain: float
    """The page without a grid, the sign-in, until its first field is there: the median."""
    requests: int
    kilobytes: float
    """What went over the line, packed."""

    @property
    def best(self) -> float:
        """The quickest round."""
        return min(self.interactive)


def measure(stage: Stage) -> FirstScreen:
    """Open a small workbook and the sign-in in turn, each time in a new profile."""
    cells = [put(column, row, str(int(_SHOWN) + column + row)) for column in range(_COLUMNS) for row in range(_ROWS)]
    workbook = stage.workbook(cells)
    plain: list[float] = []
    interactive: list[float] = []
    painted: list[float] = []
    loaded: list[float] = []
    for _ in range(_ROUNDS):
        plain.append(_sign_in(stage))
        with stage.page(f"/w/{workbook}") as page:
            wait_for_text(page, _SHOWN)
            select(page, 1, 2)
            interactive.append(page.evaluate("performance.now()"))
            painted.append(page.evaluate("text => watched.painted.get(text)", _SHOWN))
            loaded = page.evaluate(
                "(all => [all.length, all.reduce((sum, one) => sum + one.transferSize, 0) / 1000])"
                "([...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')])"
            )
    return FirstScreen(interactive, painted, median(plain), int(loaded[0]), loaded[1])


def _sign_in(stage: Stage) -> float:
    with stage.page("/sign-in", signed_in=False) as page:
        page.get_by_label("E-mail").wait_for()
        return page.evaluate("performance.now()")
