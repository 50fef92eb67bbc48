"""
PostgreSQL and nothing else: the embedded server, migrations, the two doors, and the rooms' stores.

Whoever wants a row goes through a door, as a user or as the service; row-level security stands behind both.
"""

from gridos.db.doors import Connection, Doors
from gridos.db.listening import Listener
from gridos.db.migrating import make_logins, migrate
from gridos.db.server import EmbeddedServer, find_running_url

__all__ = ["Connection", "Doors", "EmbeddedServer", "Listener", "find_running_url", "make_logins", "migrate"]
