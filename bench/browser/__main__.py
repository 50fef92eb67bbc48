"""Measures the web app and prints its table; `--write` puts it into `docs/benchmarks.md`."""

import os
import sys
import tempfile
from pathlib import Path

from bench.browser import echo, first_screen, page, push, scrolling
from bench.browser.stage import staged


def main() -> None:
    """Measure, print, and write if asked to."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    with tempfile.TemporaryDirectory(prefix="gridos-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded PostgreSQL may run as somebody else
        with staged(folder) as stage:
            results = page.Results(
                first_screen.measure(stage), push.measure(stage), scrolling.measure(stage), *echo.measure(stage), load
            )
    print(page.table(results))
    if "--write" in sys.argv[1:]:
        page.write(results)


if __name__ == "__main__":
    main()
