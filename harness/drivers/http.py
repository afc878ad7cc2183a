"""HTTP from a host: sockets and names are the host's own, and only the run's CA is trusted."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from harness.protocols import Host

CONNECT_SECONDS = 5.0


class HostResolver(AbstractResolver):
    """Asks the resolver of the host's agency, never the one of this machine."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name, as aiohttp wants them."""
        return [_result(host, address, port) for address in await self._host.resolve(host, family)]

    async def close(self) -> None:
        """Nothing is held open."""


def tls_context(ca: str) -> ssl.SSLContext:
    """Return a context that verifies names and certificates by ``ca`` (PEM text) alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ca)
    return context


def session(host: Host, ca: str, *, seconds: float = 30.0) -> aiohttp.ClientSession:
    """Return an HTTP session whose every socket lives on ``host``.

    Args:
        host: whose sockets and names are used.
        ca: PEM text of the authority to trust.
        seconds: how long a whole request may take.
    """

    def open_socket(address: tuple[Any, ...]) -> socket.socket:
        return host.open_socket(address[0], address[1], address[2])

    connector = aiohttp.TCPConnector(
        resolver=HostResolver(host),
        socket_factory=open_socket,
        ssl=tls_context(ca),
        use_dns_cache=False,
        limit=0,
    )
    timeout = aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS)
    return aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False)


def _result(name: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=name, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
    )
