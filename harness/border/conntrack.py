"""Conntrack messages: the end of a connection, and who a redirected one was meant for."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from ipaddress import ip_address

from harness.border import netlink

DESTROY_GROUP = 3
_SUBSYSTEM = 1 << 8
_GET = _SUBSYSTEM | 1
DELETE = _SUBSYSTEM | 2
NEW = _SUBSYSTEM | 0
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
_NUMBERS = {"tcp": 6, "udp": 17}
_NANO = 1e9


@dataclass(frozen=True)
class Tuple:
    """One direction of a connection."""

    src: str
    src_port: int
    dst: str
    dst_port: int
    proto: str


@dataclass(frozen=True)
class Connection:
    """A connection with its counts; ``None`` where the kernel did not say."""

    number: int
    original: Tuple
    original_count: tuple[int, int] | None
    reply_count: tuple[int, int] | None
    start: float | None
    stop: float | None


def parse(body: memoryview) -> Connection | None:
    """Return the connection in a message's attributes; ``None`` where they make none."""
    values = dict(netlink.attributes(body))
    original = parse_tuple(values[1]) if 1 in values else None
    if original is None:
        return None
    times = dict(netlink.attributes(values[20])) if 20 in values else {}
    return Connection(
        number=int.from_bytes(values.get(12, b""), "big"),
        original=original,
        original_count=_count(values.get(9)),
        reply_count=_count(values.get(10)),
        start=_time(times.get(1)),
        stop=_time(times.get(2)),
    )


def parse_tuple(data: memoryview) -> Tuple | None:
    """Return a tuple from its nested attributes."""
    addresses = netlink.find(data, 1)
    transport = netlink.find(data, 2)
    if addresses is None or transport is None:
        return None
    ip = dict(netlink.attributes(addresses))
    proto = dict(netlink.attributes(transport))
    src, dst = ip.get(1, ip.get(3)), ip.get(2, ip.get(4))
    if src is None or dst is None or 1 not in proto:
        return None
    return Tuple(
        src=str(ip_address(bytes(src))),
        src_port=int.from_bytes(proto.get(2, b""), "big"),
        dst=str(ip_address(bytes(dst))),
        dst_port=int.from_bytes(proto.get(3, b""), "big"),
        proto=_PROTOCOLS.get(proto[1][0], str(proto[1][0])),
    )


def all_connections(channel: socket.socket) -> list[Connection]:
    """Return the connections that a namespace tracks now; ``channel`` is a blocking socket."""
    message = netlink.request(_GET, netlink.NLM_F_DUMP, 0, b"")
    found = (parse(body) for body in netlink.ask(channel, message))
    return [connection for connection in found if connection is not None]


def meant_for(
    channel: socket.socket, proto: str, local: tuple[str, int], peer: tuple[str, int]
) -> Tuple | None:
    """Return the original tuple of a redirected connection, by its answer's direction.

    Args:
        channel: a blocking socket in the namespace that redirects.
        local: where the redirected packets arrive.
        peer: who sent them.
    """
    source, target = ip_address(local[0]), ip_address(peer[0])
    first = 1 if source.version == 4 else 3
    addresses = netlink.attribute(first, source.packed) + netlink.attribute(first + 1, target.packed)
    ports = b"".join(
        (
            netlink.attribute(1, bytes((_NUMBERS[proto],))),
            netlink.attribute(2, struct.pack("!H", local[1])),
            netlink.attribute(3, struct.pack("!H", peer[1])),
        )
    )
    nested = netlink.attribute(1, addresses, nested=True) + netlink.attribute(2, ports, nested=True)
    family = socket.AF_INET if source.version == 4 else socket.AF_INET6
    message = netlink.request(_GET, netlink.NLM_F_ACK, family, netlink.attribute(2, nested, nested=True))
    try:
        bodies = netlink.ask(channel, message)
    except OSError:
        return None
    found = parse(bodies[0]) if bodies else None
    return found.original if found is not None else None


def _count(data: memoryview | None) -> tuple[int, int] | None:
    if data is None:
        return None
    values = dict(netlink.attributes(data))
    return int.from_bytes(values.get(1, b""), "big"), int.from_bytes(values.get(2, b""), "big")


def _time(data: memoryview | None) -> float | None:
    return int.from_bytes(data, "big") / _NANO if data is not None else None
