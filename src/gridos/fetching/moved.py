"""What `ask` raises when there is no answer to give under the version that was asked for."""

from gridos.errors import Unavailable


class ConnectionMoved(Unavailable):
    """The connection was changed while this call ran. Ask again with the connection as it is now."""
