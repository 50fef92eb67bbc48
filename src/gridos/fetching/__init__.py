"""
Runs live calls: each thing once, within limits, on its owner's connection, and only to declared hosts.

Cells and browsers are unknown here. A call goes in, an answer comes out; trouble is an answer too.
"""

from gridos.fetching.answer_store import AnswerStore, Claim, Place, Wanted
from gridos.fetching.days import DayStore
from gridos.fetching.egress import Allowed, EgressRefused, parse_egress_allow
from gridos.fetching.fetcher import Counts, Fetcher
from gridos.fetching.holding import without_secrets
from gridos.fetching.kept import SHOWN_FOR, Kept, from_text, to_text
from gridos.fetching.limit_store import LimitStore, Told
from gridos.fetching.moved import ConnectionMoved
from gridos.fetching.priority import Priority, Urgency
from gridos.fetching.running import Outcome
from gridos.fetching.share import Share
from gridos.fetching.strangers import NOBODY
from gridos.fetching.upstream import Patience
from gridos.fetching.verifying import Proof, rejection
from gridos.fetching.wishes import ANY, Wish

__all__ = [
    "ANY",
    "NOBODY",
    "SHOWN_FOR",
    "Allowed",
    "AnswerStore",
    "Claim",
    "ConnectionMoved",
    "Counts",
    "DayStore",
    "EgressRefused",
    "Fetcher",
    "Kept",
    "LimitStore",
    "Outcome",
    "Patience",
    "Place",
    "Priority",
    "Proof",
    "Share",
    "Told",
    "Urgency",
    "Wanted",
    "Wish",
    "from_text",
    "parse_egress_allow",
    "rejection",
    "to_text",
    "without_secrets",
]
