"""Gates that hold a connector's call until a test opens them, and count who came."""

import asyncio
from collections import Counter

came: Counter[str] = Counter()
_gates: dict[str, asyncio.Event] = {}


def _gate(name: str) -> asyncio.Event:
    return _gates.setdefault(name, asyncio.Event())


async def pass_gate(name: str) -> int:
    """Wait at a gate; gives how often somebody came to it."""
    came[name] += 1
    await _gate(name).wait()
    return came[name]


def open_gate(name: str) -> None:
    """Let everybody pass from now on."""
    _gate(name).set()
