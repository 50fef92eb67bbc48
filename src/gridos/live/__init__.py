"""
One open workbook: edit, evaluate, ask, evaluate again, tell.

Each open workbook has one writer, so edits queue instead of racing. Nothing here knows SQL or HTTP.
"""

from gridos.live.asking import Asker, Fetching
from gridos.live.functions import function_table
from gridos.live.health import HealthWatch
from gridos.live.hub import Hub
from gridos.live.open_workbook import Cell, OpenWorkbook
from gridos.live.plugin_uses import Uses, UseStore
from gridos.live.verifying import State, Status, Verification, Verifying

__all__ = [
    "Asker",
    "Cell",
    "Fetching",
    "HealthWatch",
    "Hub",
    "OpenWorkbook",
    "State",
    "Status",
    "UseStore",
    "Uses",
    "Verification",
    "Verifying",
    "function_table",
]
