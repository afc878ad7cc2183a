"""Reading nftables sets and counters from the kernel, without a child process."""

from __future__ import annotations

import struct

from harness.border import netlink
from harness.border.netns import Namespace

INET = 1
NETDEV = 5
_NFTABLES = 10 << 8
_GET_ELEMENTS = _NFTABLES | 13
_GET_OBJECTS = _NFTABLES | 19
_OBJECT_COUNTER = 1
_TRIES = 20
_PAIR = struct.Struct("!Q")

Count = tuple[int, int]
"""Packets and bytes."""


class TableReader:
    """Reads the tables of one network namespace."""

    def __init__(self, namespace: Namespace) -> None:
        self._channel = netlink.open_netlink(namespace, buffer=1 << 20)
        self._channel.setblocking(True)

    def rows(self, family: int, table: str, name: str) -> dict[bytes, Count]:
        """Return a set's elements: raw key to packets and bytes."""
        payload = netlink.text(1, table) + netlink.text(2, name)
        found: dict[bytes, Count] = {}
        for body in self._dump(_GET_ELEMENTS, family, payload):
            elements = netlink.find(body, 3)
            if elements is not None:
                for _, element in netlink.attributes(elements):
                    key, count = _element(element)
                    found[key] = count
        return found

    def counters(self, family: int, table: str) -> dict[str, Count]:
        """Return a table's named counters."""
        payload = netlink.text(1, table) + netlink.attribute(3, struct.pack("!I", _OBJECT_COUNTER))
        found: dict[str, Count] = {}
        for body in self._dump(_GET_OBJECTS, family, payload):
            values = dict(netlink.attributes(body))
            if 2 in values and 4 in values:
                found[bytes(values[2]).rstrip(b"\0").decode()] = _count(values[4])
        return found

    def close(self) -> None:
        """Close the socket."""
        self._channel.close()

    def _dump(self, kind: int, family: int, payload: bytes) -> list[memoryview]:
        message = netlink.request(kind, netlink.NLM_F_DUMP, family, payload)
        for _ in range(_TRIES):
            try:
                return netlink.ask(self._channel, message)
            except netlink.DumpInterrupted:
                continue
        raise OSError("the rules changed during every dump")


def _element(element: memoryview) -> tuple[bytes, Count]:
    parts = dict(netlink.attributes(element))
    key = netlink.find(parts[1], 1)
    expression = parts.get(7)
    if expression is None and 11 in parts:
        expression = netlink.find(parts[11], 1)
    data = None if expression is None else netlink.find(expression, 2)
    return bytes(key or b""), (0, 0) if data is None else _count(data)


def _count(data: memoryview) -> Count:
    values = dict(netlink.attributes(data))
    (size,) = _PAIR.unpack(values[1])
    (packets,) = _PAIR.unpack(values[2])
    return packets, size
