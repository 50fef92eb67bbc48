"""
Decides where requests may go.

Every plugin has a guard of its own. It checks the address of each request, every answer of the resolver, and once
more each socket that is about to be dialled, because aiohttp asks no resolver about literal IP addresses.
"""

import socket
from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

Network: TypeAlias = IPv4Network | IPv6Network
AddressInfo: TypeAlias = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str | int, ...]]
"""What `getaddrinfo` calls an address: family, kind, protocol, canonical name, socket address."""

HTTPS_PORT: Final = 443

# IANA's special-purpose registries. Outside 2000::/3 everything is special: ::/96, ::ffff:0:0/96, 64:ff9b::/96,
# fc00::/7, fe80::/10, fec0::/10, ff00::/8. Python 3.11's `is_global` is no help: it calls several of these global.
_PUBLIC: Final = [ip_network(text) for text in ("0.0.0.0/0", "2000::/3")]
# fmt: off
_SPECIAL: Final = [ip_network(text) for text in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)]
# fmt: on


class EgressRefused(OSError):
    """This address is not one that GridOS may connect to."""


class Allowed(NamedTuple):
    """Addresses that the operator opened, on one port."""

    network: Network
    port: int


def parse_egress_allow(text: str) -> tuple[Allowed, ...]:
    """Read the operator's `127.0.0.1/32:9901,::1/128:9901`; ValueError names an entry that is not `cidr:port`."""
    return tuple(_allowed(entry.strip()) for entry in text.split(",") if entry.strip())


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    return any(address in network for network in _PUBLIC) and not any(address in network for network in _SPECIAL)


def _allowed(entry: str) -> Allowed:
    network, _, port = entry.rpartition(":")
    try:
        if 0 < int(port) < 1 << 16:
            return Allowed(ip_network(network.replace("[", "").replace("]", "")), int(port))
    except ValueError:
        pass  # the sentence below says more than the one that was caught
    raise ValueError(f"`{entry}` is not `cidr:port`, such as `127.0.0.1/32:9901`.")


class EgressGuard(AbstractResolver):
    """
    One plugin's guard. It resolves names for aiohttp's connector, and refuses before a packet leaves.

    `upstream` is the operator's stand-in for the plugin's own upstream: exactly that host and port may be reached,
    wherever they are. `allow` opens further addresses; no manifest and no user can.
    """

    def __init__(
        self, names: AbstractResolver, allow: Iterable[Allowed] = (), upstream: tuple[str, int] | None = None
    ) -> None:
        self._names = names
        self._allow = tuple(allow)
        self._upstream = upstream
        self._vouched: set[tuple[object, object]] = {upstream} if upstream else set()

    def check_url(self, url: URL, hosts: Collection[str]) -> None:
        """Refuse what is not https to one of `hosts`: exact names in lower case."""
        if url.user is not None or url.password is not None:
            raise EgressRefused
        host = (url.raw_host or "").lower()
        if (host, url.port) == self._upstream:
            return
        if url.scheme != "https" or host not in hosts:
            raise EgressRefused
        if url.port != HTTPS_PORT and all(url.port != allowed.port for allowed in self._allow):
            raise EgressRefused

    def check_address(self, text: str, port: int) -> None:
        """Refuse every address that is neither public, on the https port, nor opened by the operator."""
        try:
            address = ip_address(text)
        except ValueError:
            raise EgressRefused from None
        if port == HTTPS_PORT and _is_public(address):
            return
        if not any(address in allowed.network and port == allowed.port for allowed in self._allow):
            raise EgressRefused

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a name, or none: one bad address refuses them all. aiohttp dials exactly these."""
        answers = await self._names.resolve(host, port, family)
        for answer in answers:
            if (host, port) == self._upstream:
                self._vouched.add((answer["host"], port))
            else:
                self.check_address(answer["host"], port)
        return answers

    def dial(self, info: AddressInfo) -> socket.socket:
        """Open the socket for one attempt, unless the address it is for is refused."""
        family, kind, protocol, _, (address, port, *_) = info
        if (address, port) not in self._vouched:
            self.check_address(str(address), int(port))
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Release the resolver of names."""
        await self._names.close()
