"""The server's log: one line an event, and no secret in any of them."""

import logging
import re
import sys

# The shapes of keys of the services we ship connectors for, and of our own. The last line of defence: nothing that
# logs should have one in the first place.
SHAPES = re.compile(
    r"(shp(?:at|ca|pa|ss|tka)_|[sr]k_(?:live|test)_|whsec_|gh[pousr]_|github_pat_|gridos_live_sk_|Bearer )"
    r"[A-Za-z0-9_.\-]{4,}"
)
NOISY = ("aiohttp", "asyncio", "psycopg", "psycopg.pool", "urllib3")


class BlankingFormatter(logging.Formatter):
    """Blanks what looks like a key, in tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        return SHAPES.sub(r"\1…", super().format(record))


def set_up_logs(level: str) -> None:
    """Log to standard error. Client libraries stay quiet: at lower levels they print addresses and headers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(BlankingFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
