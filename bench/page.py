"""Writes the tables of `docs/benchmarks.md` from one run, between its two marks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.counting import Cost, Reads, SecretsCost
from bench.formulas import Formulas
from bench.isolated import Isolated
from bench.leak_filter import LeakFilter
from bench.live_cells import LiveCells, TwoProcesses
from bench.secrets_route import Share
from bench.shopify_history import Orders
from bench.starting import Starts
from bench.stripe_history import History
from bench.vault import Opening

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- begin of what `python3 dev.py bench --write` writes -->", "<!-- end -->"
_MILLISECONDS = 1e3

Row = tuple[str, str, str, bool]
"""What was measured, the number, the target in words, and whether it is met."""


@dataclass(frozen=True)
class Results:
    """One run."""

    secrets: SecretsCost
    opening: Cost
    reads: Reads
    share: Share
    live: Sequence[LiveCells]
    two: Sequence[TwoProcesses]
    stripe: History
    shopify: Orders
    starts: Starts
    formulas: Formulas
    vault: Opening
    leak_filter: LeakFilter
    isolated: Isolated


def tables(results: Results) -> str:
    """All tables as Markdown."""
    sections = {
        "Settings of a plugin": _secrets(results),
        "Live cells": [row for live in results.live for row in _live(live)],
        "Live cells over two server processes": [row for two in results.two for row in _two(two)],
        "A long history at Stripe": _history(results.stripe),
        "A long history at Shopify": _orders(results.shopify),
        "Starting": _starts(results.starts),
        "Formulas": _formulas(results.formulas),
        "The vault": _vault(results),
        "Guards": _guards(results),
    }
    return "\n\n".join(f"### {title}\n\n{_table(rows)}" for title, rows in sections.items())


def write(results: Results) -> None:
    """Put the tables into the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{tables(results)}\n\n{END}{after}")


def _table(rows: Iterable[Row]) -> str:
    lines = [
        f"| {what} | {number} | {target} | {'yes' if is_met else '**no**'} |" for what, number, target, is_met in rows
    ]
    return "\n".join(["| measured | result | target | met |", "|---|---|---|---|", *lines])


def _secrets(results: Results) -> list[Row]:
    sign_in, whole, share = results.secrets.sign_in, results.secrets.whole, results.share
    own = Cost(whole.statements - sign_in.statements, whole.round_trips - sign_in.round_trips)
    return [
        ("statements for sign-in", str(sign_in.statements), "at most 1", sign_in.statements <= 1),
        ("statements of its own", str(own.statements), "1", own.statements == 1),
        ("round trips of the sign-in's door", str(sign_in.round_trips), "at most 3", sign_in.round_trips <= 3),
        ("round trips of its own door", str(own.round_trips), "at most 3", own.round_trips <= 3),
        ("requests a second, as a share of `/healthz`", f"{share.share:.2f}", "at least 0.20", share.share >= 0.2),
        ("requests a second", f"{share.per_second:.0f} of {share.health_per_second:.0f}", "", True),
    ]


def _live(live: LiveCells) -> list[Row]:
    name = f"{live.at_once} at once"
    health = live.slowest_health * _MILLISECONDS
    return [
        (f"{name}: upstream requests", str(live.requests), "50", live.requests == 50),
        (f"{name}: time ÷ ({live.least * _MILLISECONDS:.0f} ms)", f"{live.ratio:.2f}", "at most 2", live.ratio <= 2),
        (f"{name}: slowest `/healthz` meanwhile", f"{health:.0f} ms", "under 50 ms", health < 50),
        (
            f"{name}: requests of an edit elsewhere",
            str(live.other_edit_requests),
            "0",
            live.other_edit_requests == 0,
        ),
    ]


def _history(stripe: History) -> list[Row]:
    ratio, memory = stripe.year / stripe.pages, stripe.year_memory / stripe.tenth_memory
    at_most = round(0.03 * stripe.year)
    return [
        ("requests of a year, first reading", str(stripe.year), "", True),
        ("that ÷ the pages its charges fill", f"{ratio:.2f}", "at most 1.35", ratio <= 1.35),
        ("requests of a refresh", str(stripe.refresh), f"at most 3 %: {at_most}", stripe.refresh <= at_most),
        (
            "requests of 7, 30 and 90 days, revenue and count",
            str(stripe.windows),
            f"as 90 days alone: {stripe.quarter}, ± 2 %",
            abs(stripe.windows - stripe.quarter) <= 0.02 * stripe.quarter,
        ),
        ("memory while the year is read", f"{stripe.year_memory:.1f} MB", "", True),
        ("that ÷ while a tenth of it is read", f"{memory:.2f}", "at most 2", memory <= 2),
    ]


def _orders(shopify: Orders) -> list[Row]:
    memory = shopify.year_memory / shopify.tenth_memory
    at_most = shopify.small_refresh + shopify.pages_lately
    return [
        ("requests of a year, first reading", str(shopify.year), "", True),
        (
            "requests of a refresh",
            str(shopify.refresh),
            f"as with a tenth of the orders, {shopify.small_refresh}, and the pages since yesterday: at most {at_most}",
            shopify.refresh <= at_most,
        ),
        (
            "requests of 7, 30 and 90 days, revenue, count and average",
            str(shopify.windows),
            f"as 90 days alone: {shopify.quarter}",
            shopify.windows == shopify.quarter,
        ),
        ("memory while the year is read", f"{shopify.year_memory:.1f} MB", "", True),
        ("that ÷ while a tenth of it is read", f"{memory:.2f}", "at most 2", memory <= 2),
    ]


def _two(two: TwoProcesses) -> list[Row]:
    name = f"{two.at_once} at once"
    health = two.slowest_health * _MILLISECONDS
    return [
        (f"{name}: upstream requests, of both", str(two.requests), "50", two.requests == 50),
        (f"{name}: until both show every number", f"{two.seconds * _MILLISECONDS:.0f} ms", "", True),
        (f"{name}: slowest `/healthz` of both", f"{health:.0f} ms", "under 50 ms", health < 50),
    ]


def _starts(starts: Starts) -> list[Row]:
    return [
        ("first answer, warm data directory", f"{starts.warm:.2f} s", "under 3 s", starts.warm < 3),
        ("first answer, empty data directory", f"{starts.cold:.2f} s", "", True),
        ("warm start ÷ a Python that does nothing", f"{starts.warm / starts.bare:.0f}", "", True),
        ("memory of the idle server", f"{starts.idle_megabytes:.0f} MB", "under 200 MB", starts.idle_megabytes < 200),
    ]


def _formulas(formulas: Formulas) -> list[Row]:
    return [
        ("open a book of 100,000 formulas", f"{formulas.opened:.0f} ms", "under 1,500 ms", formulas.opened < 1_500),
        ("that ÷ the library underneath alone", f"{formulas.opened / formulas.library:.1f}", "", True),
        ("an ordinary edit in it", f"{formulas.edited:.1f} ms", "under 20 ms", formulas.edited < 20),
        ("1,000 answers in one pass", f"{formulas.merged:.0f} ms", "under 60 ms", formulas.merged < 60),
    ]


def _vault(results: Results) -> list[Row]:
    opening, vault = results.opening, results.vault
    return [
        ("statements to open a connection", str(opening.statements), "1", opening.statements == 1),
        ("round trips", str(opening.round_trips), "at most 3", opening.round_trips <= 3),
        ("reads of stored secrets for a call", str(results.reads.call), "1", results.reads.call == 1),
        ("and within a recalculation", str(results.reads.recalculation), "0", results.reads.recalculation == 0),
        ("unwrap the data key and open one value", f"{vault.opened:.1f} µs", "under 10 µs", vault.opened < 10),
        ("that ÷ the cipher alone", f"{vault.opened / vault.cipher:.0f}", "", True),
    ]


def _guards(results: Results) -> list[Row]:
    leaks, isolated = results.leak_filter, results.isolated
    return [
        ("search of an answer of 10,000 cells for secrets", f"{leaks.milliseconds:.1f} ms", "", True),
        ("that, as a share of pushing the cells", f"{leaks.share:.1%}", "under 5 %", leaks.share < 0.05),
        ("a call in the server's process", f"{isolated.inside:.2f} ms", "", True),
        ("what the plugin's own process adds", f"{isolated.more:.2f} ms", "under 1 ms", isolated.more < 1),
    ]
