"""What partners and suppliers received: allowed flows and copies are disclosures all the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.checks.detail import Details
from harness.checks.traffic import Judged
from harness.model.evidence import LedgerRecord
from harness.model.federation import Federation, Operator
from harness.model.result import Disclosure, FlowSum, Residency

_NOT_SUMMED = ("operator", "visitor", "probe")
OUTSIDE = "outside"
"""The target of a flow sum that left the federation."""


@dataclass
class _Sum:
    packets: int = 0
    bytes: int = 0
    labels: set[str] = field(default_factory=set)

    def add(self, row: LedgerRecord, label: str) -> None:
        self.packets += row.packets
        self.bytes += row.bytes
        if label:
            self.labels.add(label)


def disclosures(
    judged: Iterable[Judged], residency: Sequence[Residency], federation: Federation
) -> list[Disclosure]:
    """Return what each receiver got from each giver, by what passed the giver's border."""
    partners: dict[tuple[str, str], _Sum] = {}
    suppliers: dict[tuple[str, str], _Sum] = {}
    for entry in judged:
        target = entry.judgement.target
        if target is None or not target.agency or entry.row.ledger != "passed":
            continue
        giver = entry.source.agency
        if target.agency != giver:
            partners.setdefault((giver, target.agency), _Sum()).add(entry.row, _port(entry.row))
    for entry in judged:
        supplier = _supplier(entry, federation)
        if supplier and entry.row.ledger == "tried":
            suppliers.setdefault((entry.source.agency, supplier), _Sum()).add(entry.row, _port(entry.row))
    for row in residency:
        if row.canary and row.agency != row.owner:
            partners.setdefault((row.owner, row.agency), _Sum())
    received = [_to_partner(g, r, partners[g, r], residency, federation) for g, r in sorted(partners)]
    return received + [
        _to_supplier(g, r, suppliers[g, r], residency, federation) for g, r in sorted(suppliers)
    ]


def flow_sums(judged: Iterable[Judged], details: Details) -> list[FlowSum]:
    """Return the traffic between agencies and to the outside, as it was tried."""
    sums: dict[tuple[str, str, str], _Sum] = {}
    for entry in judged:
        target = entry.judgement.target
        if entry.row.ledger != "tried" or entry.source.role in _NOT_SUMMED or not entry.row.dst:
            continue
        if target is not None and target.agency:
            kind, place, label = entry.judgement.destination_class, target.agency, ""
        else:
            kind, place = entry.judgement.destination_class, OUTSIDE
            label = details.name_of(entry.row.src, entry.row.dst) or entry.row.dst
        if place != entry.source.agency and kind in ("partner", "unlisted-partner", "outside"):
            sums.setdefault((entry.source.agency, place, kind), _Sum()).add(entry.row, label)
    return [_flow(key, sums[key]) for key in sorted(sums)]


def _flow(key: tuple[str, str, str], total: _Sum) -> FlowSum:
    source, target, kind = key
    fields: dict[str, object] = {"source": source, "target": target, "kind": kind}
    fields |= {"bytes": total.bytes, "packets": total.packets, "names": tuple(sorted(total.labels))}
    return FlowSum.model_validate(fields)


def _port(row: LedgerRecord) -> str:
    return "" if row.dst_port is None else f"{row.proto}/{row.dst_port}"


def _supplier(entry: Judged, federation: Federation) -> str:
    target = entry.judgement.target
    if target is None or entry.judgement.destination_class != "own-by-supplier":
        return ""
    return _operator(federation, target.agency, target.service).name or "supplier"


def _operator(federation: Federation, agency: str, service: str) -> Operator:
    found = federation.agencies[agency].services.get(service)
    return found.operated_by if found is not None else Operator()


def _to_partner(
    giver: str, receiver: str, total: _Sum, residency: Sequence[Residency], federation: Federation
) -> Disclosure:
    copies = [row for row in residency if row.canary and (row.owner, row.agency) == (giver, receiver)]
    kind = "partner" if receiver in federation.partners(giver) else "unlisted-partner"
    return _disclosure(giver, receiver, kind, total, copies)


def _to_supplier(
    giver: str, receiver: str, total: _Sum, residency: Sequence[Residency], federation: Federation
) -> Disclosure:
    copies = [
        row
        for row in residency
        if row.canary
        and row.agency == giver
        and _operator(federation, giver, row.service).kind == "supplier"
        and (_operator(federation, giver, row.service).name or "supplier") == receiver
    ]
    return _disclosure(giver, receiver, "supplier", total, copies)


def _disclosure(giver: str, receiver: str, kind: str, total: _Sum, copies: Sequence[Residency]) -> Disclosure:
    fields: dict[str, object] = {"giver": giver, "receiver": receiver, "kind": kind}
    fields |= {"bytes": total.bytes, "packets": total.packets, "ports": tuple(sorted(total.labels))}
    fields["data_classes"] = tuple(sorted({row.data_class for row in copies}))
    fields["copies"] = len({row.canary for row in copies})
    return Disclosure.model_validate(fields)
