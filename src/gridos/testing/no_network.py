"""Keeps a plugin's test on this machine."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult


class NoNetwork(AbstractResolver):
    """Knows one name, `localhost`. Every other is unreachable, so a test never depends on somebody's server."""

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 -- aiohttp's own parameter
    ) -> list[ResolveResult]:
        """Loopback for `localhost`; OSError for any other name."""
        if host != "localhost":
            raise OSError("there is no network in a plugin's test")
        loopback = ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        return [loopback]

    async def close(self) -> None:
        """Nothing is kept open."""
