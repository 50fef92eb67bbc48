"""Evaluates one formula through the real formula engine and the real way out."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from gridos.errors import BadSecret
from gridos.fetching import Fetcher, Patience
from gridos.formulas import AnswerValue, FormulaBook, is_builtin
from gridos.grid import CellRef, Sheet
from gridos.live.functions import function_table
from gridos.plugins import ConnectionRef, Manifest, OpenConnection, Plugin, Plugins
from gridos.plugins.loading import load_alone
from gridos.secret import Secret
from gridos.testing.no_network import NoNetwork

_CELL = CellRef("Sheet1", 1, 1)


def evaluate(
    formula: str,
    *,
    plugin: str | PathLike[str],
    secrets: Mapping[str, str] = MappingProxyType({}),
    upstream: str | None = None,
) -> AnswerValue:
    """
    What a cell with this formula shows once every answer has arrived.

    An error gives its text (`#NOTION_AUTH!`), an answer of several cells its rows. `plugin` is the plugin's folder,
    `secrets` what its owner stored, `upstream` the address of a local server that stands in for its base address;
    without one nothing can be reached. BadPlugin when the plugin does not load, BadSecret when a secret would not be
    accepted.
    """
    loaded = load_alone(Path(plugin), is_builtin)
    stored = _accepted(loaded.manifest, secrets)
    # A thread of its own, so that it also works inside an asynchronous test.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_evaluate(formula, loaded, stored, upstream))).result()


def _accepted(manifest: Manifest, secrets: Mapping[str, str]) -> dict[str, Secret]:
    stored: dict[str, Secret] = {}
    for key, value in secrets.items():
        slot = manifest.slot(key)
        if slot is None:
            raise BadSecret(f"{key} is not declared in the manifest's `secrets`.")
        stored[key] = Secret(slot.accept(value))
    return stored


async def _evaluate(formula: str, plugin: Plugin, stored: Mapping[str, Secret], upstream: str | None) -> AnswerValue:
    plugins = Plugins([plugin])
    ref = ConnectionRef(uuid4(), plugin.slug, uuid4(), 1)

    async def open_connection(ref: ConnectionRef) -> OpenConnection:
        return OpenConnection(ref, stored)

    fetcher = Fetcher(
        plugins,
        open_connection,
        saas=True,
        upstreams={plugin.slug: upstream} if upstream else {},
        patience=Patience(tries=1),  # a test of what goes wrong waits for nothing to pass
        names=NoNetwork(),
    )
    try:
        book = FormulaBook([Sheet(_CELL.sheet)], {_CELL: formula}, function_table(plugins, {plugin.slug}))
        waiting = book.evaluate().waiting
        while waiting:
            answers = await asyncio.gather(*(fetcher.ask(ref, call) for call in waiting))
            waiting = book.arrive(dict(zip(waiting, answers, strict=True))).waiting
    finally:
        await fetcher.aclose()
    return _value(book)


def _value(book: FormulaBook) -> AnswerValue:
    shown = {cell: what.value for cell, what in book.shown.items()}
    if len(shown) <= 1:
        return shown.get(_CELL)
    rows, columns = max(cell.row for cell in shown), max(cell.column for cell in shown)
    return [
        [shown.get(CellRef(_CELL.sheet, row, column)) for column in range(1, columns + 1)] for row in range(1, rows + 1)
    ]
