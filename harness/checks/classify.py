"""Where a frame was bound for: classes by address and port, never by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from harness.checks.codes import Kind
from harness.checks.registry import Address, HostLife, Registry, canonical, parse_address
from harness.model.evidence import LedgerRecord
from harness.model.federation import Federation
from harness.model.result import DestinationClass

_LABEL = re.compile(r"(?:\\.|[^.\\])+")
_ARP = 0x0806
_BROADCAST = parse_address("255.255.255.255")
_SOLICITED = IPv6Network("ff02::1:ff00:0/104")
_REPORTS = parse_address("ff02::16")
_HOUSEKEEPING = (_REPORTS, parse_address("ff02::2"))
_HOP_BY_HOP = "0"
_NEIGHBOURS = frozenset({131, 132, 133, 134, 135, 136, 137, 143})
"""ICMPv6 types: listener reports (RFC 2710, RFC 3810), neighbour discovery (RFC 4861)."""
_ECHO = {"icmp": 8, "icmpv6": 128}
_ECHO_REPLY = {"icmp": 0, "icmpv6": 129}
_ERRORS = {"icmp": frozenset({3, 4, 11, 12}), "icmpv6": frozenset({1, 2, 3, 4})}
"""ICMP types that a kernel answers with (RFC 792, RFC 4443)."""
_LINK_LOCAL: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("169.254.0.0/16"),
    IPv6Network("fe80::/10"),
)
_OFFERED = ("partners", "public")

Opening = tuple[str, str, str, int | None]
"""Source, destination, protocol and destination port (or ICMP type) of a connection's start."""


@dataclass(frozen=True)
class Judgement:
    """What a row is: its destination's class, and a finding's kind where it is one."""

    destination_class: DestinationClass
    kind: Kind | None = None
    target: HostLife | None = None


def is_arp(row: LedgerRecord) -> bool:
    """Say whether a row that is not IP counts ARP frames."""
    try:
        return int(row.ether_type, 16) == _ARP
    except ValueError:
        return False


def is_link_scope(address: Address) -> bool:
    """Say whether an address is multicast, broadcast or link-local: it cannot be routed."""
    return address.is_multicast or address == _BROADCAST or _is_link_local(address)


def _is_link_local(address: Address) -> bool:
    return any(address.version == net.version and address in net for net in _LINK_LOCAL)


def is_neighbour_discovery(row: LedgerRecord) -> bool:
    """Say whether a row can be IPv6 neighbour discovery or listener reports (RFC 4861, RFC 3810)."""
    destination = parse_address(row.dst)
    if row.proto == _HOP_BY_HOP:
        # Listener reports carry a router alert (RFC 3810 §5), so a header comes before ICMPv6.
        return destination == _REPORTS
    if row.proto != "icmpv6" or row.icmp_type not in _NEIGHBOURS or destination is None:
        return False
    if destination in _HOUSEKEEPING or (destination.version == 6 and destination in _SOLICITED):
        return True
    source = parse_address(row.src)
    return source is not None and _is_link_local(source) and _is_link_local(destination)


def forges_source(row: LedgerRecord, host: HostLife) -> bool:
    """Say whether a row's source address is none of its port's own.

    Link-local and unspecified sources pass where the destination cannot be routed either,
    because neighbour discovery uses them.
    """
    if canonical(row.src) in host.addresses:
        return False
    source, destination = parse_address(row.src), parse_address(row.dst)
    if source is None or destination is None:
        return True
    stays_on_link = source.is_unspecified or _is_link_local(source)
    return not (stays_on_link and is_link_scope(destination))


class Classifier:
    """Classes of a run's destinations.

    Args:
        federation: who may meet whom, and who operates what.
        registry: who was who.
        openings: every start of a connection that some border's ledger of tries holds.
    """

    def __init__(self, federation: Federation, registry: Registry, openings: frozenset[Opening]) -> None:
        self._federation = federation
        self._registry = registry
        self._openings = openings
        self._ports: dict[tuple[str, str, str], set[int | None]] = {}
        for src, dst, proto, port in openings:
            self._ports.setdefault((src, dst, proto), set()).add(port)
        self._pairs = {(src, dst) for src, dst, _, _ in openings}
        self._partners = {name: federation.partners(name) for name in federation.agencies}
        self._domains = {name: agency.domain for name, agency in federation.agencies.items()}

    def judge(self, row: LedgerRecord, source: HostLife) -> Judgement:
        """Return what a row of ``source``'s port is."""
        if not row.dst:
            return Judgement("own") if is_arp(row) else Judgement("outside", Kind.FRAME)
        target = self._registry.by_address(row.dst, row.ts)
        if forges_source(row, source):
            return Judgement(self._class(source.agency, target), Kind.FORGED_SOURCE, target)
        destination = parse_address(row.dst)
        if destination is not None and is_link_scope(destination):
            return self._judge_link_scope(row, destination)
        if target is None or not target.agency:
            return Judgement("outside", Kind.OUTSIDE, target)
        if target.agency == source.agency:
            return Judgement(self._class(source.agency, target), None, target)
        return self._judge_agency(row, source, target)

    def agency_of_name(self, name: str) -> str:
        """Return the agency whose domain a name lies in, or nothing."""
        labels = labels_of(name)
        found = [a for a, d in self._domains.items() if ends_with(labels, labels_of(d))]
        return max(found, key=lambda agency: len(self._domains[agency]), default="")

    def lists(self, agency: str, other: str) -> bool:
        """Say whether an agency federates with another one, or is it."""
        return agency == other or other in self._partners.get(agency, ())

    def is_reply(self, row: LedgerRecord) -> bool:
        """Say whether a row answers a connection that the other side opened.

        A row that starts one is no answer, whatever its ports look like.
        """
        if row.icmp_type is not None:
            return self._answers_by_icmp(row)
        if row.src_port is None or (row.proto == "tcp" and row.opening and row.ledger == "tried"):
            return False
        if self.has_opening(row.dst, row.src, row.proto, row.src_port):
            return row.dst_port is None or not self._opened_itself(row)
        return False

    def has_opening(self, src: str, dst: str, proto: str, port: int | None) -> bool:
        """Say whether some border saw ``src`` open a connection to that port of ``dst``."""
        return (canonical(src), canonical(dst), proto, port) in self._openings

    def _answers_by_icmp(self, row: LedgerRecord) -> bool:
        src, dst = canonical(row.src), canonical(row.dst)
        if row.icmp_type == _ECHO_REPLY.get(row.proto):
            return (dst, src, row.proto, _ECHO[row.proto]) in self._openings
        return row.icmp_type in _ERRORS.get(row.proto, ()) and (dst, src) in self._pairs

    def _opened_itself(self, row: LedgerRecord) -> bool:
        if row.proto == "tcp":
            return self.has_opening(row.src, row.dst, row.proto, row.dst_port)
        source = self._registry.by_address(row.src, row.ts)
        return source is None or not source.offers(row.proto, row.src_port, _OFFERED)

    def _judge_link_scope(self, row: LedgerRecord, destination: Address) -> Judgement:
        if is_neighbour_discovery(row):
            return Judgement("own")
        kind = Kind.LINK_LOCAL if _is_link_local(destination) else Kind.MULTICAST
        return Judgement("outside", kind)

    def _judge_agency(self, row: LedgerRecord, source: HostLife, target: HostLife) -> Judgement:
        if self.is_reply(row):
            return Judgement(self._class(source.agency, target), None, target)
        if not self.lists(source.agency, target.agency):
            return Judgement("unlisted-partner", Kind.UNLISTED_PARTNER, target)
        return Judgement("partner", self._partner_kind(row, target), target)

    def _partner_kind(self, row: LedgerRecord, target: HostLife) -> Kind | None:
        if row.proto not in self._federation.policy.protocols:
            return Kind.PROTOCOL
        if row.dst_port is None and row.src_port is None:
            return self._fragment_kind(row, target)
        if row.dst_port is None and not row.opening:
            return Kind.MID_STREAM
        if not target.offers(row.proto, row.dst_port, _OFFERED):
            return Kind.PARTNER_PORT
        started = self.has_opening(row.src, row.dst, row.proto, row.dst_port)
        return None if started else Kind.MID_STREAM

    def _fragment_kind(self, row: LedgerRecord, target: HostLife) -> Kind | None:
        """Judge later fragments, which have no ports, by what else went between the two."""
        src, dst = canonical(row.src), canonical(row.dst)
        asked = self._ports.get((src, dst, row.proto), set())
        if any(target.offers(row.proto, port, _OFFERED) for port in asked):
            return None
        source = self._registry.by_address(row.src, row.ts)
        answered = self._ports.get((dst, src, row.proto), set())
        offers = source is not None and any(source.offers(row.proto, port, _OFFERED) for port in answered)
        return None if offers else Kind.PARTNER_PORT

    def _class(self, agency: str, target: HostLife | None) -> DestinationClass:
        if target is None or not target.agency:
            return "outside"
        if target.agency != agency:
            return "partner" if self.lists(agency, target.agency) else "unlisted-partner"
        service = self._federation.agencies[agency].services.get(target.service)
        supplied = service is not None and service.operated_by.kind == "supplier"
        return "own-by-supplier" if supplied else "own"


def labels_of(name: str) -> tuple[str, ...]:
    """Return a name's labels in lower case; an escaped dot is part of a label (RFC 1035 §5.1)."""
    return tuple(_LABEL.findall(name.lower().rstrip(".")))


def ends_with(labels: tuple[str, ...], domain: tuple[str, ...]) -> bool:
    """Say whether a name is a domain or lies within it, label by label."""
    return len(labels) >= len(domain) and labels[len(labels) - len(domain) :] == domain


def networks(text: str) -> IPv4Network | IPv6Network | None:
    """Return a network in CIDR form, or ``None`` where the text is none."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
