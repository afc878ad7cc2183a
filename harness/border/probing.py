"""The probe before the first product: is everything that it sent in the ledger?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from harness.border.rows import Value
from harness.errors import BorderError
from harness.model.border import Probe
from harness.model.evidence import CoverageRecord

_BY_VERSION = {4: ("tcp", "udp", "icmp"), 6: ("tcp", "udp", "icmpv6")}


def probe_records(
    probe: Probe, rows: Iterable[Mapping[str, Value]], asked: frozenset[str], now: float
) -> list[CoverageRecord]:
    """Return one record for each thing that a probe sent: was it listed?

    Args:
        probe: where it sent to.
        rows: the ledger of tries of its port, so far.
        asked: types of the look-ups of its name in the resolver's record, such as ``A``.
        now: the time, in seconds since the epoch.
    """
    seen = {(str(row.get("proto", "")), str(row.get("dst", ""))) for row in rows}
    found = {f"dns {kind}": kind in asked for kind in ("A", "AAAA")}
    for address in probe.addresses:
        version = ip_address(address).version
        found |= {f"{proto} IPv{version}": (proto, address) in seen for proto in _BY_VERSION[version]}
    return [
        CoverageRecord(ts=now, border=probe.agency, kind="probe", name=name, listed=listed)
        for name, listed in found.items()
    ]


def refuse_unlisted(records: Iterable[CoverageRecord]) -> None:
    """Refuse to go on where something was sent and is not listed.

    Raises:
        BorderError: names what is missing.
    """
    missing = [record for record in records if not record.listed]
    if missing:
        raise BorderError(
            f"the ledger lacks what the probe sent: {', '.join(record.name for record in missing)}",
            where=missing[0].border,
            cure="run `fedharness doctor`; without a whole ledger no product is started",
        )
