"""Logged packets: addresses and ports from hostile and cut-off bytes."""

from __future__ import annotations

import socket
import struct

from hypothesis import given
from hypothesis import strategies as st

from harness.border.conntrack import Tuple
from harness.border.packets import parse_packet

SRC6, DST6 = (socket.inet_pton(socket.AF_INET6, a) for a in ("fd00:1::2", "2001:db8::7"))


def ipv4(proto: int, body: bytes, fragment: int = 0) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, fragment, 64, proto, 0)
    return head + bytes((10, 1, 0, 2, 203, 0, 113, 7)) + body


def ipv6(following: int, body: bytes) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(body), following, 64) + SRC6 + DST6 + body


def tcp(flags: int, payload: bytes = b"") -> bytes:
    return struct.pack("!HHIIBBHHH", 40000, 443, 0, 0, 0x60, flags, 0, 0, 0) + bytes(4) + payload


def test_tcp_payload_begins_after_its_options() -> None:
    packet = parse_packet(ipv4(6, tcp(0x18, b"data")))
    assert packet is not None
    assert packet.direction == Tuple("10.1.0.2", 40000, "203.0.113.7", 443, "tcp")
    assert (packet.payload, packet.opening) == (b"data", False)


def test_a_syn_opens() -> None:
    packet = parse_packet(ipv4(6, tcp(0x02)))
    assert packet is not None
    assert packet.opening


def test_ipv6_extension_headers_are_walked() -> None:
    hop = struct.pack("!BB", 44, 0) + bytes(6)
    first = struct.pack("!BBHI", 17, 0, 1, 9)
    packet = parse_packet(ipv6(0, hop + first + struct.pack("!HHHH", 5, 6, 12, 0) + b"data"))
    assert packet is not None
    assert packet.direction == Tuple("fd00:1::2", 5, "2001:db8::7", 6, "udp")
    assert packet.payload == b"data"


def test_a_later_fragment_has_no_ports() -> None:
    later = struct.pack("!BBHI", 17, 0, 0x0800, 9)
    for data in (ipv4(17, b"later fragment", 0x0010), ipv6(44, later + b"fragment")):
        packet = parse_packet(data)
        assert packet is not None
        assert (packet.direction.src_port, packet.direction.dst_port) == (0, 0)


def test_what_is_not_ip_is_nothing() -> None:
    assert parse_packet(b"") is None
    assert parse_packet(b"\x10") is None


@given(st.binary(max_size=120))
def test_any_bytes_are_safe(data: bytes) -> None:
    parse_packet(data)
    parse_packet(b"\x45" + data)
    parse_packet(b"\x60" + data)
