"""
One open workbook: edit, evaluate, ask, evaluate again, tell.

Each open workbook has one writer, so edits queue instead of racing. Nothing here knows SQL or HTTP.
"""

from gridos.live.asking import Asker, Fetching, LongCall
from gridos.live.audience import Audience, End, Watcher
from gridos.live.functions import function_table
from gridos.live.health import HealthWatch
from gridos.live.hub import Hub
from gridos.live.news import (
    Ack,
    Cell,
    Changes,
    Description,
    Layout,
    News,
    Picture,
    Presence,
    Present,
    Progress,
    Refusal,
    Values,
)
from gridos.live.open_workbook import OpenWorkbook
from gridos.live.plugin_uses import Uses, UseStore
from gridos.live.secret_uses import SecretUses
from gridos.live.verifying import State, Status, Verification, Verifying

__all__ = [
    "Ack",
    "Asker",
    "Audience",
    "Cell",
    "Changes",
    "Description",
    "End",
    "Fetching",
    "HealthWatch",
    "Hub",
    "Layout",
    "LongCall",
    "News",
    "OpenWorkbook",
    "Picture",
    "Presence",
    "Present",
    "Progress",
    "Refusal",
    "SecretUses",
    "State",
    "Status",
    "UseStore",
    "Uses",
    "Values",
    "Verification",
    "Verifying",
    "Watcher",
    "function_table",
]
