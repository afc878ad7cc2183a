"""The probe that each agency sends before its first product: is everything listed?"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from harness.protocols import Host

_ICMP_ECHO = (8, 0, 0, 1, 1)
_ICMP6_ECHO = (128, 0, 0, 1, 1)
_PAYLOAD = b"fedharness probe"
_PORT = 9
_SECONDS = 5.0


async def send(host: Host, name: str) -> tuple[str, str]:
    """Send one TCP, UDP and ICMP packet by each family to ``name``; return its addresses.

    The name is one that nobody has, so the resolver gives it addresses of the simulated
    internet. Port 9 is discard (RFC 863).
    """
    ipv4 = (await host.resolve(name, socket.AF_INET))[0]
    ipv6 = (await host.resolve(name, socket.AF_INET6))[0]
    async with asyncio.TaskGroup() as group:
        for family, address in ((socket.AF_INET, ipv4), (socket.AF_INET6, ipv6)):
            group.create_task(_open_tcp(host, family, address))
            _send_udp(host, family, address)
            _send_echo(host, family, address)
    return ipv4, ipv6


async def _open_tcp(host: Host, family: int, address: str) -> None:
    loop = asyncio.get_running_loop()
    with host.open_socket(family, socket.SOCK_STREAM) as channel, contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_SECONDS):
            await loop.sock_connect(channel, (address, _PORT))
            # Closed by both sides before the probe is over, no packet of it comes afterwards.
            channel.shutdown(socket.SHUT_WR)
            await loop.sock_recv(channel, 1)


def _send_udp(host: Host, family: int, address: str) -> None:
    with host.open_socket(family, socket.SOCK_DGRAM) as channel:
        channel.sendto(_PAYLOAD, (address, _PORT))


def _send_echo(host: Host, family: int, address: str) -> None:
    v6 = family == socket.AF_INET6
    proto = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
    header = struct.pack("!BBHHH", *(_ICMP6_ECHO if v6 else _ICMP_ECHO))
    with host.open_socket(family, socket.SOCK_DGRAM, proto) as channel:
        channel.sendto(header + _PAYLOAD, (address, 0))
