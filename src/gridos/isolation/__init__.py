"""
Runs plugins that nobody vouches for, each in a locked process of its own for every owner.

Such a process has no network, no files but Python's own and the plugin's, no environment and no other process. What its
calls need (requests, sources, days), the server does for them, exactly as for a plugin of its own.
"""

from gridos.isolation.frames import Returned
from gridos.isolation.isolating import Isolating
from gridos.isolation.processes import Forks, ProcessEnded
from gridos.isolation.workers import Place, PluginFailed, Workers

__all__ = ["Forks", "Isolating", "Place", "PluginFailed", "ProcessEnded", "Returned", "Workers"]
