"""Ledger rows into sightings: every try, everything that passed, everything a border sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.checks.classify import (
    Classifier,
    Judgement,
    Opening,
    forges_source,
    is_arp,
    is_neighbour_discovery,
)
from harness.checks.codes import Code, Kind, reason
from harness.checks.detail import Details
from harness.checks.registry import HostLife, Registry, canonical
from harness.checks.sighting import Sighting
from harness.model.evidence import LedgerRecord
from harness.model.result import DestinationClass, Reason

UPLINK = "uplink"
"""The name of every border's port towards the backbone, in evidence."""
_PROBE_WINDOW = "probe"
_DNS = 53

Numbered = tuple[int, LedgerRecord]


@dataclass(frozen=True)
class Judged:
    """A ledger row that came from a host, with its judgement."""

    seq: int
    row: LedgerRecord
    source: HostLife
    judgement: Judgement


def is_probe(host: HostLife, window: str) -> bool:
    """Say whether the harness sent it to prove that a recorder lists things, before any product."""
    return host.role in ("probe", "operator") and window == _PROBE_WINDOW


def openings(rows: Iterable[Numbered], registry: Registry) -> frozenset[Opening]:
    """Return every connection start that a ledger of tries holds: TCP SYN rows, UDP and ICMP rows.

    A row whose source is not its port's own address opens nothing.
    """
    found: set[Opening] = set()
    for _, row in rows:
        opened = row.dst_port if row.proto == "udp" or (row.proto == "tcp" and row.opening) else row.icmp_type
        host = registry.by_name(row.port, row.ts)
        if row.ledger == "tried" and opened is not None and host is not None and not forges_source(row, host):
            found.add((canonical(row.src), canonical(row.dst), row.proto, opened))
    return frozenset(found)


def judge_rows(rows: Iterable[Numbered], registry: Registry, classifier: Classifier) -> list[Judged]:
    """Judge all that hosts tried and that passed from them; rows of unknown ports are left out."""
    judged = []
    for seq, row in rows:
        if row.ledger == "own" or row.port == UPLINK:
            continue
        source = registry.by_name(row.port, row.ts)
        if source is None or (is_probe(source, row.window)):
            continue
        judged.append(Judged(seq, row, source, classifier.judge(row, source)))
    return judged


def unattributed(rows: Iterable[Numbered], registry: Registry) -> dict[str, list[Reason]]:
    """Return, by border, the ports of the ledger of tries that no host record names."""
    counts: dict[tuple[str, str], int] = {}
    for _, row in rows:
        known = row.port == UPLINK or registry.by_name(row.port, row.ts) is not None
        if row.ledger == "tried" and not known:
            counts[row.border, row.port] = counts.get((row.border, row.port), 0) + row.packets
    reasons: dict[str, list[Reason]] = {}
    for (border, port), count in sorted(counts.items()):
        entry = reason(Code.UNATTRIBUTED_ROWS, border=border, port=port, count=count)
        reasons.setdefault(border, []).append(entry)
    return reasons


def host_sightings(judged: Iterable[Judged], details: Details) -> Iterator[Sighting]:
    """Yield a sighting for each judged row that is a finding."""
    for entry in judged:
        if entry.judgement.kind is not None:
            yield _sighting(entry.seq, entry.row, entry.source, entry.judgement, details)


def border_sightings(
    rows: Iterable[Numbered], registry: Registry, classifier: Classifier, details: Details
) -> Iterator[Sighting]:
    """Yield what borders sent themselves beyond DNS answers and ICMP to their own hosts."""
    for seq, row in rows:
        if row.ledger != "own" or is_arp(row) or is_neighbour_discovery(row):
            continue
        target = registry.by_address(row.dst, row.ts) if row.dst else None
        own = target is not None and target.agency == row.border
        if own and (_serves(row) or classifier.is_reply(row)):
            continue
        judgement = Judgement(_border_class(row.border, target, classifier), Kind.BORDER_SENT, target)
        yield _sighting(seq, row, registry.border(row.border), judgement, details)


def _serves(row: LedgerRecord) -> bool:
    answers = row.proto in ("tcp", "udp") and row.src_port == _DNS
    return answers or row.proto in ("icmp", "icmpv6")


def _border_class(border: str, target: HostLife | None, classifier: Classifier) -> DestinationClass:
    if target is None or not target.agency:
        return "outside"
    if target.agency == border:
        return "own"
    return "partner" if classifier.lists(border, target.agency) else "unlisted-partner"


def _sighting(
    seq: int, row: LedgerRecord, source: HostLife | None, judgement: Judgement, details: Details
) -> Sighting:
    assert judgement.kind is not None
    return Sighting(
        kind=judgement.kind,
        agency=source.agency if source is not None else row.border,
        source=source,
        destination_class=judgement.destination_class,
        address=canonical(row.dst) if row.dst else row.ether_type,
        port=row.dst_port,
        proto=row.proto or "ether",
        line=("ledger", seq),
        since=row.since,
        ts=row.ts,
        window=row.window,
        name=_name(row, judgement, details),
        src=row.src,
        ledger=row.ledger,
        left=row.ledger in ("passed", "own") and row.out_port == UPLINK,
        packets=row.packets,
        bytes=row.bytes,
    )


def _name(row: LedgerRecord, judgement: Judgement, details: Details) -> str:
    target = judgement.target
    if target is not None and target.agency:
        return target.agency if target.role == "person" else target.name
    return details.name_of(row.src, row.dst) if row.dst else ""
