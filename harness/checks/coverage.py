"""Whether each border's record is whole: only then does *not seen* mean anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.checks.codes import Code, reason
from harness.checks.registry import HostLife, Registry
from harness.checks.traffic import UPLINK
from harness.model.evidence import CoverageRecord, LedgerRecord
from harness.model.inputs import Inputs
from harness.model.result import Coverage, Reason
from harness.model.verdict import Verdict


def coverage(
    inputs: Inputs,
    records: Sequence[CoverageRecord],
    registry: Registry,
    rows: Sequence[LedgerRecord],
    further: Mapping[str, Sequence[Reason]],
) -> list[Coverage]:
    """Judge every agency's border, and any other recorder that lost something.

    Args:
        inputs: the federation, whose every agency needs a border's record.
        records: ``coverage.jsonl`` in file order.
        registry: who lived when; a recorder must frame the lives of services.
        rows: ``ledger.jsonl``, whose sums the independent count has to meet.
        further: reasons found elsewhere, by border.
    """
    sums = _sums(rows)
    agencies = list(inputs.federation.agencies)
    others = sorted({record.border for record in records} - set(agencies))
    own = [
        _agency(name, inputs, records, registry, sums.get(name, (0, 0)), further.get(name, ()))
        for name in agencies
    ]
    return own + [_other(name, records) for name in others]


def _agency(
    border: str,
    inputs: Inputs,
    records: Sequence[CoverageRecord],
    registry: Registry,
    sent: tuple[int, int],
    further: Sequence[Reason],
) -> Coverage:
    mine = [record for record in records if record.border == border]
    reasons = [reason(Code.NO_BORDER_RECORD, border=border)]
    if mine:
        lives = [life for life in registry.lives if life.agency == border and life.role == "service"]
        reasons = [
            *_frame(border, mine, lives),
            *_probes(border, mine),
            *_count(border, mine, sent),
            *_losses(border, mine),
            *further,
        ]
    blind = [Reason(code=code) for code in inputs.run.blind] + _blind(mine) + _declared(border, registry)
    return _result(border, mine, reasons, blind)


def _other(border: str, records: Sequence[CoverageRecord]) -> Coverage:
    mine = [record for record in records if record.border == border]
    return _result(border, mine, _losses(border, mine), _blind(mine))


def _result(
    border: str, mine: Sequence[CoverageRecord], reasons: Sequence[Reason], blind: Sequence[Reason]
) -> Coverage:
    begins = [record.ts for record in mine if record.kind == "begin"]
    ends = [record.ts for record in mine if record.kind == "end"]
    fields = {
        "border": border,
        "from": min(begins, default=None),
        "to": max(ends, default=None),
        "listed": Verdict.UNKNOWN if reasons else Verdict.PASS,
        "lost": sum(record.lost for record in mine if record.kind == "loss"),
        "blind": tuple(blind),
        "reasons": tuple(reasons),
    }
    return Coverage.model_validate(fields)


def _frame(border: str, mine: Sequence[CoverageRecord], lives: Sequence[HostLife]) -> list[Reason]:
    reasons = []
    begin = min((record.ts for record in mine if record.kind == "begin"), default=None)
    end = max((record.ts for record in mine if record.kind == "end"), default=None)
    first = min((life.up for life in lives), default=None)
    last = max((life.down for life in lives if life.down is not None), default=None)
    if begin is None:
        reasons.append(reason(Code.NO_BEGIN, border=border))
    elif first is not None and begin > first:
        reasons.append(reason(Code.BEGIN_LATE, border=border))
    if end is None:
        reasons.append(reason(Code.NO_END, border=border))
    elif last is not None and end < last:
        reasons.append(reason(Code.END_EARLY, border=border))
    return reasons


def _probes(border: str, mine: Sequence[CoverageRecord]) -> list[Reason]:
    probes = [record for record in mine if record.kind == "probe"]
    if not probes:
        return [reason(Code.NO_PROBE, border=border)]
    unlisted = [record.name for record in probes if record.listed is not True]
    return [reason(Code.PROBE_NOT_LISTED, border=border, probe=name) for name in unlisted]


def _sums(rows: Sequence[LedgerRecord]) -> dict[str, tuple[int, int]]:
    """Return packets and bytes that each border's ledgers saw leave by its uplink."""
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.ledger in ("passed", "own") and row.out_port == UPLINK:
            packets, size = sums.get(row.border, (0, 0))
            sums[row.border] = packets + row.packets, size + row.bytes
    return sums


def _count(border: str, mine: Sequence[CoverageRecord], sent: tuple[int, int]) -> list[Reason]:
    """Compare the count at the uplink's far end with both ledgers, as counted then and as recorded."""
    counts = [record for record in mine if record.kind == "count"]
    if not counts:
        return [reason(Code.NO_COUNT, border=border)]
    last = counts[-1]
    counted = last.passed_packets + last.own_packets, last.passed_bytes + last.own_bytes
    far = last.far_packets, last.far_bytes
    wrong = [listed for listed in dict.fromkeys((counted, sent)) if listed != far]
    return [
        reason(Code.COUNT_DIFFERS, border=border, far=f"{far[0]}/{far[1]}", listed=f"{packets}/{size}")
        for packets, size in wrong
    ]


def _losses(border: str, mine: Sequence[CoverageRecord]) -> list[Reason]:
    sums: dict[str, int] = {}
    for record in mine:
        if record.kind == "loss":
            sums[record.name] = sums.get(record.name, 0) + record.lost
    return [
        reason(Code.RECORDER_LOST, border=border, what=name, lost=lost) for name, lost in sorted(sums.items())
    ]


def _blind(mine: Sequence[CoverageRecord]) -> list[Reason]:
    return [Reason(code=record.name, params=record.params) for record in mine if record.kind == "blind"]


def _declared(border: str, registry: Registry) -> list[Reason]:
    pairs = sorted({(v.name, what) for v in registry.lives if v.agency == border for what in v.declared})
    return [reason(Code.DECLARED_EXCEPTION, host=host, exception=what) for host, what in pairs]
