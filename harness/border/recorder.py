"""One border's recorder: its ledgers read, and written as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.border import rules
from harness.border.counters import INET, NETDEV, Count, TableReader
from harness.border.far import FarCount, far_count
from harness.border.journal import Journal
from harness.border.ledger import Growth, Ledger
from harness.border.losses import Losses, conntrack_statistics, dropped_datagrams
from harness.border.netns import Namespace
from harness.border.rows import OWN, PASSED, TRIED, RowKind, Value
from harness.model.border import UPLINK as LINK
from harness.model.border import AddPort, BorderPlan
from harness.model.evidence import CoverageRecord, LedgerRecord
from harness.model.evidence import Ledger as LedgerName

UPLINK = "uplink"
"""The backbone side's name in evidence."""
BORDER = "border"
_STABLE_TRIES = 5


@dataclass
class Port:
    """A host's port whose ledger is loaded."""

    plan: AddPort
    index: int
    ledger: Ledger


@dataclass
class Recorder:
    """Reads one border's three ledgers and the count at its uplink's far end.

    Args:
        plan: the border.
        namespace: the border's namespace.
        far: reads the tables of the namespace at the uplink's far end.
        journal: where records go.
    """

    plan: BorderPlan
    namespace: Namespace
    far: TableReader
    journal: Journal
    ports: dict[str, Port] = field(default_factory=dict)
    _retired: dict[str, str] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _uplink: Count = (0, 0)
    _own: Count = (0, 0)

    def __post_init__(self) -> None:
        self.losses = Losses(self.journal, self.plan.agency)
        self._reader = TableReader(self.namespace)
        self._passed = self._ledger("passed", PASSED)
        self._sent = self._ledger("own", OWN)
        self._since = self.journal.now()

    def begin(self) -> None:
        """Record that the ledgers stand."""
        self._names[self.namespace.index(LINK)] = UPLINK
        self._coverage("begin")

    def add(self, port: AddPort, index: int) -> None:
        """Read a port's ledger from now on."""
        name = port.port
        ledger = Ledger(
            self._reader,
            NETDEV,
            rules.TRIED_TABLE,
            f"{name}_",
            TRIED,
            all=f"{name}_all",
            unlisted=(f"{name}_full", f"{name}_unlisted"),
        )
        self._names[index] = port.host
        self._retired.pop(name, None)
        self.ports[name] = Port(port, index, ledger)

    def dump(self) -> int:
        """Write what grew since the last dump; return how many rows did."""
        now = self.journal.now()
        passed, tried = self._counters()
        grown = self._write("passed", self._passed.read(passed), now)
        grown += self._write("own", self._sent.read(passed), now, port=BORDER)
        for port in self.ports.values():
            grown += self._write("tried", port.ledger.read(tried), now, port=port.plan.host)
            self.losses.port_counters(port.plan.port, port.plan.host, tried)
        for name, host in self._retired.items():
            self.losses.port_counters(name, host, tried)
        self.losses.border_counters(passed)
        for table in ("udp", "udp6"):
            # No other program of this namespace has a socket: what was dropped was a look-up.
            self.losses.note(
                "lookups", dropped_datagrams(self.namespace.read(table)), listed=True, table=table
            )
        statistics = self.namespace.read("stat/nf_conntrack")
        self.losses.conntrack(conntrack_statistics(statistics))
        self._since = now
        return grown

    def retire(self, name: str) -> None:
        """Write a stopped port's last rows and say what they lack; forget the port."""
        port = self.ports.pop(name)
        self._retired[name] = port.plan.host
        now = self.journal.now()
        _, tried = self._counters()
        self._write("tried", port.ledger.read(tried, always=True), now, port=port.plan.host)
        self.losses.port_counters(name, port.plan.host, tried)
        self._check_sum(port.ledger, tried, name=f"rows_of_{port.plan.host}")

    def count(self, *, always: bool = False) -> bool:
        """Record the independent count beside *passed* and *own*, when it stands still.

        Args:
            always: record it even though packets are on their way.

        Returns:
            Whether it stood still, so that every ledger and counter must agree.
        """
        for _ in range(_STABLE_TRIES):
            before = self._counters()
            self.dump()
            far = far_count(self.far.counters(NETDEV, rules.far_table(self.plan.far_port)))
            if self._counters() == before:
                self._write_count(far)
                return True
        if always:
            self._write_count(far)
        return False

    def end(self) -> None:
        """Record the last count, check that every ledger's rows add up, record the end."""
        if not self.count(always=True):
            self.journal.lost(self.plan.agency, "not_at_rest", 1, listed=False)
        passed, tried = self._counters()
        for name, ledger in (("passed", self._passed), ("own", self._sent)):
            self._check_sum(ledger, passed, name=f"rows_of_{name}")
        for port in self.ports.values():
            self._check_sum(port.ledger, tried, name=f"rows_of_{port.plan.host}")
        self._coverage("end")

    def host(self, index: int) -> str:
        """Return the host behind an interface index; empty where there is none."""
        return self._names.get(index, "")

    def close(self) -> None:
        """Close the sockets."""
        self._reader.close()

    def _ledger(self, name: LedgerName, kinds: tuple[RowKind, ...]) -> Ledger:
        unlisted = (f"{name}_full",)
        return Ledger(self._reader, INET, rules.BORDER_TABLE, "", kinds, all=f"{name}_all", unlisted=unlisted)

    def _counters(self) -> tuple[dict[str, Count], dict[str, Count]]:
        return (
            self._reader.counters(INET, rules.BORDER_TABLE),
            self._reader.counters(NETDEV, rules.TRIED_TABLE),
        )

    def _check_sum(self, ledger: Ledger, counters: dict[str, Count], *, name: str) -> None:
        missing = ledger.missing(counters)
        if missing:
            self.journal.lost(self.plan.agency, name, abs(missing), listed=False)

    def _write(self, name: LedgerName, rows: Iterator[Growth], now: float, *, port: str = "") -> int:
        grown = 0
        for row in rows:
            values = dict(row.values)
            self._add_to_uplink(name, row)
            values["port"] = port or self._name(values.get("port"))
            values["out_port"] = self._name(values.get("out_port"))
            self.journal.write("ledger", self._record(name, values, row, now))
            grown += 1
        return grown

    def _record(self, name: LedgerName, values: dict[str, Value], row: Growth, now: float) -> LedgerRecord:
        fields: dict[str, object] = {
            **values,
            "since": self._since,
            "ts": now,
            "border": self.plan.agency,
            "ledger": name,
            "packets": row.packets,
            "bytes": row.bytes,
            "window": self.journal.window,
        }
        return LedgerRecord.model_validate(fields)

    def _name(self, index: Value | None) -> str:
        if index is None:
            return ""
        return self._names.get(int(index), f"link {index}")

    def _add_to_uplink(self, name: LedgerName, row: Growth) -> None:
        if self._name(row.values.get("out_port")) != UPLINK:
            return
        if name == "passed":
            self._uplink = (self._uplink[0] + row.packets, self._uplink[1] + row.bytes)
        elif name == "own":
            self._own = (self._own[0] + row.packets, self._own[1] + row.bytes)

    def _write_count(self, far: FarCount) -> None:
        self._coverage(
            "count",
            passed=self._uplink,
            own=self._own,
            far=far.whole,
            params={
                "frames": str(far.frames[0]),
                "frame_bytes": str(far.frames[1]),
                "arp": str(far.arp),
                "window": self.journal.window,
                **self.losses.dropped(),
            },
        )

    def _coverage(
        self,
        kind: str,
        *,
        passed: Count = (0, 0),
        own: Count = (0, 0),
        far: Count = (0, 0),
        params: dict[str, str] | None = None,
    ) -> None:
        fields: dict[str, object] = {
            "ts": self.journal.now(),
            "border": self.plan.agency,
            "kind": kind,
            "passed_packets": passed[0],
            "passed_bytes": passed[1],
            "own_packets": own[0],
            "own_bytes": own[1],
            "far_packets": far[0],
            "far_bytes": far[1],
            "params": params or {},
        }
        self.journal.write("coverage", CoverageRecord.model_validate(fields))
