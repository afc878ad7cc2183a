"""Rows that grew, sums that must hold, and the far end's arithmetic."""

from __future__ import annotations

import socket
import struct

import pytest

from harness.border.far import far_count
from harness.border.ledger import growth
from harness.border.rows import OWN, PASSED, TRIED, RowKind


def kind(name: str) -> RowKind:
    return next(kind for kind in (*TRIED, *PASSED, *OWN) if kind.name == name)


MAC = bytes((2, 0, 0, 0, 0, 9, 0, 0))
V4 = socket.inet_aton("10.1.0.2") + socket.inet_aton("203.0.113.7")


def test_a_key_is_read_with_its_padding() -> None:
    raw = MAC + V4 + bytes((17, 0, 0, 0)) + struct.pack("!HH", 9000, 0)
    assert kind("to4").read(raw) == {
        "ether_src": "02:00:00:00:00:09",
        "src": "10.1.0.2",
        "dst": "203.0.113.7",
        "proto": "udp",
        "dst_port": 9000,
    }


def test_an_opening_says_so() -> None:
    values = kind("open4").read(MAC + V4 + struct.pack("!HH", 443, 0))
    assert values["opening"] is True
    assert values["proto"] == "tcp"


def test_interfaces_are_numbers_in_the_machines_order() -> None:
    raw = struct.pack("=II", 3, 258) + V4 + struct.pack("!HH", 53, 0)
    values = kind("passed_udp4").read(raw)
    assert (values["port"], values["out_port"]) == (3, 258)


def test_unknown_protocols_are_their_number() -> None:
    assert kind("rest4").read(MAC + V4 + bytes((132, 0, 0, 0)))["proto"] == "132"


@pytest.mark.parametrize("kind", [*TRIED, *PASSED, *OWN], ids=lambda kind: kind.name)
def test_a_set_fits_what_the_kernel_and_nft_allow(kind: RowKind) -> None:
    assert len(kind.fields) <= 5
    assert sum((field.size + 3) & ~3 for field in kind.fields) <= 64


def test_only_growth_is_told_and_never_twice() -> None:
    rest = kind("rest4")
    one, two = (MAC + V4 + bytes((proto, 0, 0, 0)) for proto in (1, 47))
    before: dict[bytes, tuple[int, int]] = {}
    first = list(growth(rest, before, {one: (2, 100)}))
    assert [(g.packets, g.bytes) for g in first] == [(2, 100)]
    assert list(growth(rest, before, {one: (2, 100)})) == []
    # A dump that meets a table in motion may miss a row.
    (second,) = growth(rest, before, {two: (1, 10)})
    assert second.values["proto"] == "47"
    (third,) = growth(rest, before, {one: (5, 260), two: (1, 10)})
    assert (third.packets, third.bytes) == (3, 160)


def test_fragments_count_as_their_datagram() -> None:
    # 5028 bytes of IPv4 in four fragments, 5048 of IPv6 in four, and one plain packet of 100.
    ipv4, ipv6 = 5028 + 3 * 20, 5048 + 4 * 8 + 3 * 40
    counters = {
        "frames": (9, ipv4 + ipv6 + 100),
        "first4": (1, 1500),
        "more4": (3, ipv4 - 1500),
        "first6": (1, 1496),
        "more6": (3, ipv6 - 1496),
        "arp_frames": (2, 56),
    }
    count = far_count(counters)
    assert count.whole == (3, 5028 + 5048 + 100)
    assert count.frames == (9, ipv4 + ipv6 + 100)
    assert count.arp == 2
