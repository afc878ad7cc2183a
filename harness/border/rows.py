"""The kinds of ledger rows: which frames fall in which set, and how a set's key is read."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

LOW_PORT = 32768
"""Ports below tell the service; those from here on are mostly handed out by kernels."""

_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}

Value = str | int


@dataclass(frozen=True)
class Field:
    """One part of a key.

    Args:
        name: the ledger record's field.
        type: nftables data type.
        expression: what nftables reads from the packet.
        size: bytes in the key, before padding to four.
    """

    name: str
    type: str
    expression: str
    size: int

    def read(self, raw: bytes) -> Value:
        """Return the value of this part of a raw key."""
        return _READERS[self.type](raw[: self.size])


@dataclass(frozen=True)
class RowKind:
    """One set of rows.

    Args:
        name: suffix of the set's name.
        match: nftables expression that selects its packets.
        fields: parts of its key; nftables names at most five types in a set.
        fixed: what the record says for every row of this kind.
        share: by what the bound on rows is divided.
    """

    name: str
    match: str
    fields: tuple[Field, ...]
    fixed: Mapping[str, str | bool]
    share: int = 1

    @property
    def type(self) -> str:
        """The set's type for nftables."""
        return " . ".join(field.type for field in self.fields)

    @property
    def key(self) -> str:
        """The key's expression for nftables."""
        return " . ".join(field.expression for field in self.fields)

    def read(self, raw: bytes) -> dict[str, Value]:
        """Return a raw key's parts by the ledger record's field names."""
        values: dict[str, Value] = dict(self.fixed)
        place = 0
        for field in self.fields:
            values[field.name] = field.read(raw[place : place + field.size])
            place += (field.size + 3) & ~3
        return values


_READERS: dict[str, Callable[[bytes], Value]] = {
    "ether_addr": lambda raw: ":".join(f"{byte:02x}" for byte in raw),
    "ether_type": lambda raw: f"0x{int.from_bytes(raw, 'big'):04x}",
    "ipv4_addr": lambda raw: str(IPv4Address(raw)),
    "ipv6_addr": lambda raw: str(IPv6Address(raw)),
    "inet_proto": lambda raw: _PROTOCOLS.get(raw[0], str(raw[0])),
    "inet_service": lambda raw: int.from_bytes(raw, "big"),
    "icmp_type": lambda raw: raw[0],
    "icmpv6_type": lambda raw: raw[0],
    "iface_index": lambda raw: int(struct.unpack("=I", raw)[0]),
}

_MAC = Field("ether_src", "ether_addr", "ether saddr", 6)
_TYPE = Field("ether_type", "ether_type", "ether type", 2)
_PROTO = Field("proto", "inet_proto", "meta l4proto", 1)
_SPORT = Field("src_port", "inet_service", "th sport", 2)
_DPORT = Field("dst_port", "inet_service", "th dport", 2)
_IN = Field("port", "iface_index", "meta iif", 4)
_OUT = Field("out_port", "iface_index", "meta oif", 4)
_PROTO_FIELDS = {4: Field("proto", "inet_proto", "ip protocol", 1), 6: _PROTO}
_NEXT_HEADER = Field("proto", "inet_proto", "ip6 nexthdr", 1)
_ICMP = {
    4: ("icmp", Field("icmp_type", "icmp_type", "icmp type", 1)),
    6: ("icmpv6", Field("icmp_type", "icmpv6_type", "icmpv6 type", 1)),
}

_PORTED = "meta l4proto { tcp, udp }"
_OPENING = "tcp flags & (syn | ack) == syn"


def _addresses(version: int) -> tuple[Field, Field]:
    name, kind, size = ("ip", "ipv4_addr", 4) if version == 4 else ("ip6", "ipv6_addr", 16)
    return Field("src", kind, f"{name} saddr", size), Field("dst", kind, f"{name} daddr", size)


def _tried(version: int) -> tuple[RowKind, ...]:
    ip = "meta protocol ip" if version == 4 else "meta protocol ip6"
    base = (_MAC, *_addresses(version))
    kinds = [_with_options(version, base)]
    kinds += [
        RowKind(
            f"open{version}",
            f"{ip} {_OPENING}",
            (*base, _DPORT),
            {"proto": "tcp", "opening": True},
        ),
        *_both_ports(version, ip, base, "low", f"th sport < {LOW_PORT} th dport < {LOW_PORT}"),
        RowKind(f"to{version}", f"{ip} {_PORTED} th dport < {LOW_PORT}", (*base, _PROTO, _DPORT), {}),
        RowKind(f"from{version}", f"{ip} {_PORTED} th sport < {LOW_PORT}", (*base, _PROTO, _SPORT), {}, 4),
        *_both_ports(version, ip, base, "", f"th dport >= {LOW_PORT}"),
        _icmp(version, f"{ip} ", "", base),
        RowKind(f"rest{version}", _rest(version), (*base, _PROTO_FIELDS[version]), {}, 4),
    ]
    if version == 6:
        kinds.append(RowKind("odd6", ip, (*base, _NEXT_HEADER), {}, 4))
    return tuple(kinds)


def _with_options(version: int, base: tuple[Field, ...]) -> RowKind:
    """Return the rows of packets that say more than where they go: no border lets them pass.

    IPv4 options (RFC 791) carry bytes of the sender's; an IPv6 header between the first and
    the transport's (RFC 8200), such as a routing header, can name another destination.
    """
    if version == 4:
        return RowKind("options4", "meta protocol ip ip hdrlength != 5", base, {"proto": "options"}, 4)
    known = "{ tcp, udp, icmpv6, ipv6-frag }"
    return RowKind("options6", f"meta protocol ip6 ip6 nexthdr != {known}", (*base, _NEXT_HEADER), {}, 4)


def _both_ports(
    version: int, ip: str, base: tuple[Field, ...], prefix: str, match: str
) -> tuple[RowKind, ...]:
    """Return the rows of packets of which neither port tells the service by being the low one."""
    return tuple(
        RowKind(
            f"{prefix}{proto}{version}",
            f"{ip} meta l4proto {proto} {match}",
            (*base, _SPORT, _DPORT),
            {"proto": proto},
            4,
        )
        for proto in ("tcp", "udp")
    )


def _icmp(version: int, family: str, prefix: str, base: tuple[Field, ...]) -> RowKind:
    proto, kind = _ICMP[version]
    match = f"{family}meta l4proto {proto}"
    return RowKind(f"{prefix}icmp{version}", match, (*base, kind), {"proto": proto}, 4)


def _rest(version: int) -> str:
    # A chain of extension headers that cannot be followed has no transport protocol: see odd6.
    return "meta protocol ip" if version == 4 else "meta protocol ip6 meta l4proto 0-255"


def _passed(version: int) -> tuple[RowKind, ...]:
    family = f"meta nfproto ipv{version}"
    base = (_IN, _OUT, *_addresses(version))
    kinds = []
    for proto in ("tcp", "udp"):
        match = f"{family} meta l4proto {proto} ct direction"
        opening: dict[str, str | bool] = {"proto": proto, "opening": True}
        kinds += [
            RowKind(f"passed_{proto}{version}", f"{match} original", (*base, _DPORT), opening),
            RowKind(f"passed_{proto}_reply{version}", f"{match} reply", (*base, _SPORT), {"proto": proto}),
        ]
    kinds.append(_icmp(version, f"{family} ", "passed_", base))
    return tuple(kinds)


def _own(version: int) -> tuple[RowKind, ...]:
    family = f"meta nfproto ipv{version}"
    base = (_OUT, *_addresses(version))
    kinds = [
        RowKind(
            f"own_from{version}", f"{family} {_PORTED} th sport < {LOW_PORT}", (*base, _PROTO, _SPORT), {}, 4
        ),
    ]
    kinds += [
        RowKind(
            f"own_{proto}{version}",
            f"{family} meta l4proto {proto} th sport >= {LOW_PORT}",
            (*base, _SPORT, _DPORT),
            {"proto": proto},
            8,
        )
        for proto in ("tcp", "udp")
    ]
    kinds.append(_icmp(version, f"{family} ", "own_", base))
    kinds.append(RowKind(f"own_rest{version}", family, (*base, _PROTO), {}, 4))
    return tuple(kinds)


LATER_FRAGMENTS = (
    ("meta protocol ip ip frag-off & 0x1fff != 0", "rest4"),
    ("meta protocol ip6 frag frag-off != 0", "rest6"),
)
"""What must not be taken for a port, because the transport header was in an earlier fragment."""

NOT_IP = RowKind("frames", "ether type != { ip, ip6 }", (_MAC, _TYPE), {}, 32)
TRIED = (NOT_IP, *_tried(4), *_tried(6))
PASSED = (*_passed(4), *_passed(6))
OWN = (*_own(4), *_own(6))
