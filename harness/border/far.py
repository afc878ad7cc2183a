"""The independent count: what arrived at an uplink's far end."""

from __future__ import annotations

from dataclasses import dataclass

from harness.border.counters import Count
from harness.border.ledger import ZERO, Counters

_IPV4_HEADER = 20
_FRAGMENT_HEADER = 8
_IPV6_FRAGMENT = 48


@dataclass(frozen=True)
class FarCount:
    """What arrived since the count began.

    Args:
        frames: all frames but ARP, as they arrived.
        whole: packets and bytes with every fragmented datagram counted as one: what
            *passed* and *own* must add up to.
    """

    frames: Count
    whole: Count
    arp: int


def far_count(counters: Counters) -> FarCount:
    """Return the count that the counters of a far port's table make.

    A border reassembles what it forwards and splits it again (conntrack), so *passed* has
    a datagram where the wire has fragments: each later IPv4 fragment repeats 20 bytes of
    header (RFC 791; options do not pass a border), each IPv6 fragment has 8 bytes of its
    own, and each later one repeats 40 more (RFC 8200).
    """

    def value(name: str) -> Count:
        return counters.get(name, ZERO)

    packets, size = value("frames")
    more4, first6, more6 = value("more4")[0], value("first6")[0], value("more6")[0]
    extra = more4 * _IPV4_HEADER + first6 * _FRAGMENT_HEADER + more6 * _IPV6_FRAGMENT
    whole = (packets - more4 - more6, size - extra)
    return FarCount(frames=(packets, size), whole=whole, arp=value("arp_frames")[0])
