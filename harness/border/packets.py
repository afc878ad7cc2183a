"""The addresses, ports and payload of a logged packet (RFC 791, RFC 8200, RFC 9293)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from harness.border.conntrack import Tuple

_NAMES = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}
_EXTENSIONS = (0, 43, 60)
_FRAGMENT = 44
_SYN = 0x02
_SYN_ACK = 0x12
_MOST_EXTENSIONS = 8


@dataclass(frozen=True)
class Packet:
    """One packet's direction and what it carries; ``opening`` is TCP's SYN without ACK."""

    direction: Tuple
    payload: bytes
    opening: bool = False


def parse_packet(data: bytes) -> Packet | None:
    """Return a packet that may be cut off or hostile; ``None`` where it is not IP."""
    try:
        version = data[0] >> 4
        if version == 4:
            return _ipv4(data)
        if version == 6:
            return _ipv6(data)
    except (IndexError, ValueError, struct.error):
        return None
    return None


def _ipv4(data: bytes) -> Packet:
    header = (data[0] & 0xF) * 4
    src, dst = str(IPv4Address(data[12:16])), str(IPv4Address(data[16:20]))
    later = int.from_bytes(data[6:8], "big") & 0x1FFF
    return _transport(src, dst, data[9], b"" if later else data[header:])


def _ipv6(data: bytes) -> Packet:
    src, dst = str(IPv6Address(data[8:24])), str(IPv6Address(data[24:40]))
    following, place, later = data[6], 40, False
    for _ in range(_MOST_EXTENSIONS):
        if following == _FRAGMENT:
            later = int.from_bytes(data[place + 2 : place + 4], "big") & 0xFFF8 != 0
            following, place = data[place], place + 8
        elif following in _EXTENSIONS:
            following, place = data[place], place + 8 + data[place + 1] * 8
        else:
            break
    return _transport(src, dst, following, b"" if later else data[place:])


def _transport(src: str, dst: str, number: int, body: bytes) -> Packet:
    proto = _NAMES.get(number, str(number))
    if proto not in ("tcp", "udp") or len(body) < 4:
        return Packet(Tuple(src, 0, dst, 0, proto), body)
    sport, dport = struct.unpack_from("!HH", body)
    direction = Tuple(src, sport, dst, dport, proto)
    if proto == "udp" or len(body) < 14:
        return Packet(direction, body[8:] if proto == "udp" else b"")
    opening = body[13] & _SYN_ACK == _SYN
    return Packet(direction, body[(body[12] >> 4) * 4 :], opening)
