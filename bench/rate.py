"""Connections at the highest rate that the machine makes, through a real border.

Each connection goes to an address that was never there before, so that each one is a new row in
every ledger: the worst case of all. The far end resets it, which makes the shortest connection
there is; the simulated internet's own answers are switched off, because a program that answers
would be the slowest part. First as many addresses as the ledgers have room for, from two hosts
at once, then more than that from one, at another border: what cannot be listed must not pass,
and be declared.

Three counts are independent of what is measured: the frames that each host's own interface
has sent, a counter in the simulated internet, and the border's own far-end count.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bench import lab
from bench.evidence import records
from bench.federations import federation
from bench.inside import Answer, inside, runtime
from harness.border.counters import INET, TableReader
from harness.border.netns import Namespace
from harness.border.nftables import load_rules
from harness.federation.authority import Authority
from harness.model.border import WorldPlan
from harness.model.evidence import CoverageRecord, FlowRecord, LedgerRecord
from harness.runtimes.embedded import links
from harness.runtimes.embedded.enter import NAMESPACES
from harness.runtimes.embedded.host import EmbeddedHost
from harness.runtimes.embedded.runtime import EmbeddedRuntime
from harness.runtimes.embedded.world import INTERNET
from harness.store.writer import EvidenceWriter

_ROWS: int = WorldPlan.model_fields["port_rows"].default
WITHIN = _ROWS * 85 // 100
"""Addresses for each of two hosts: both their ledgers and the one they share have room for them."""
BEYOND = _ROWS * 2
"""Addresses for one host: twice what its ledger has room for."""
_PORT = 7
_FIRST = ("198.18.0.0", "198.18.128.0", "198.19.0.0")
_ARRIVED = """
flush chain inet sinkhole arrive
table inet bench {
  counter a01 { }
  counter a02 { }
  chain count {
    type filter hook prerouting priority -300; policy accept;
    ip saddr 10.1.0.0/16 tcp dport 7 counter name a01
    ip saddr 10.2.0.0/16 tcp dport 7 counter name a02
  }
}
"""


def connections() -> Answer:
    """Make a world, open all connections, and return the counts of both parts.

    Raises:
        InsideFailed: it did not work.
    """
    return inside(_connections)


async def _connections(evidence: Path) -> Answer:
    with EvidenceWriter(evidence) as recorder:
        made = runtime(federation(2, homeservers=0), recorder, evidence, Authority().pem)
        async with made as live:
            internet = await _resetting_internet()
            hosts = [await live.add_person(agency, "alva") for agency in ("a01", "a01", "a02")]
            within = await _open(live, hosts[:2], WITHIN)
            beyond = await _open(live, hosts[2:], BEYOND, first=2)
            arrived = _arrived(internet)
            sent = [_frames_sent(host) for host in hosts]
    names = [host.name for host in hosts]
    return {
        "within": {**within, **account(evidence, "a01", names[:2], sum(sent[:2]), arrived["a01"])},
        "beyond": {**beyond, **account(evidence, "a02", names[2:], sum(sent[2:]), arrived["a02"])},
    }


async def _resetting_internet() -> Namespace:
    """Have the simulated internet's kernel reset every connection, and count them."""
    space = Namespace(str(NAMESPACES / INTERNET))
    load_rules(space, _ARRIVED)
    await links.apply(NAMESPACES / INTERNET, ["route add local 198.18.0.0/15 dev lo"])
    return space


async def _open(live: EmbeddedRuntime, hosts: Sequence[EmbeddedHost], each: int, first: int = 0) -> Answer:
    """Open connections from all hosts at once; return how many, and the rate of all together."""
    await live.mark("connections")
    programs = [
        await lab.start(host.namespace.path, "connect", _FIRST[first + place], str(each), str(_PORT))
        for place, host in enumerate(hosts)
    ]
    counted = await asyncio.gather(*map(lab.answer, programs))
    seconds = max(one["end"] for one in counted) - min(one["begin"] for one in counted)
    opened = sum(one["opened"] for one in counted)
    return {
        "opened": opened,
        "answered": sum(one["answered"] for one in counted),
        "rate": opened / seconds,
    }


def _arrived(internet: Namespace) -> dict[str, int]:
    reader = TableReader(internet)
    counted = reader.counters(INET, "bench")
    reader.close()
    return {agency: packets for agency, (packets, _) in counted.items()}


def _frames_sent(host: EmbeddedHost) -> int:
    """Return how many frames a host's own interface has sent (proc(5), ``/proc/net/dev``)."""
    space = Namespace(str(host.namespace.path))
    lines = space.read("dev").splitlines()
    space.close()
    fields = next(line for line in lines if line.strip().startswith(f"{links.HOST_END}:"))
    return int(fields.partition(":")[2].split()[9])


def account(evidence: Path, border: str, hosts: Sequence[str], sent: int, arrived: int) -> Answer:
    """Compare what a border wrote down with what was counted apart from it.

    Args:
        evidence: the folder.
        border: the agency's id.
        hosts: names of the hosts that opened connections.
        sent: frames that their interfaces have sent, all in all.
        arrived: their connections that came to the simulated internet.
    """
    rows = [row for row in records(evidence, "ledger", LedgerRecord) if row.border == border]
    coverage = [row for row in records(evidence, "coverage", CoverageRecord) if row.border == border]
    tried = sum(row.packets for row in rows if row.ledger == "tried" and row.port in hosts)
    passed = sum(row.packets for row in rows if row.ledger == "passed" and row.dst_port == _PORT)
    losses = [row for row in coverage if row.kind == "loss"]
    unlisted = sum(row.lost for row in losses if not row.listed)
    at_ports = sum(row.lost for row in losses if not row.listed and row.params.get("host") in hosts)
    told = [row for row in records(evidence, "flows", FlowRecord) if row.border == border]
    detailed = sum(row.event == "first" and row.id_resp_p == _PORT for row in told)
    last = [row for row in coverage if row.kind == "count"][-1]
    return {
        "sent": sent,
        "listed": tried,
        "declared": unlisted,
        "undeclared": abs(sent - tried - at_ports),
        "passed_difference": abs(arrived - passed),
        "far_difference": abs(last.far_packets - last.passed_packets - last.own_packets),
        "far_bytes_difference": abs(last.far_bytes - last.passed_bytes - last.own_bytes),
        "without_detail": passed - detailed,
        "losses": sorted({row.name for row in losses}),
    }
