"""
Runs live calls: each thing once, within limits, on its owner's connection, and only to declared hosts.

Cells and browsers are unknown here. A call goes in, an answer comes out; trouble is an answer too.
"""

from gridos.fetching.egress import Allowed, EgressRefused, parse_egress_allow
from gridos.fetching.fetcher import Counts, Fetcher
from gridos.fetching.holding import without_secrets
from gridos.fetching.moved import ConnectionMoved
from gridos.fetching.running import Outcome
from gridos.fetching.upstream import Patience
from gridos.fetching.verifying import Proof, rejection

__all__ = [
    "Allowed",
    "ConnectionMoved",
    "Counts",
    "EgressRefused",
    "Fetcher",
    "Outcome",
    "Patience",
    "Proof",
    "parse_egress_allow",
    "rejection",
    "without_secrets",
]
