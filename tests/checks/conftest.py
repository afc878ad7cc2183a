"""A small run, built line by line: a clean one to begin with, and what each test adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from harness.checks import evaluate
from harness.data import destinations, questions
from harness.model.base import Record
from harness.model.canary import new_canary
from harness.model.evidence import (
    CanaryRecord,
    CoverageRecord,
    DnsRecord,
    FlowRecord,
    HostRecord,
    LedgerRecord,
    ListeningPort,
    LogRecord,
    SinkholeRecord,
    StepRecord,
    StorageRecord,
)
from harness.model.federation import Federation
from harness.model.inputs import Evidence, Inputs, Numbered, RunInputs, Selected
from harness.model.result import Finding, QuestionResult, Residency, RunResult

AGENCIES = ("alfa", "beta", "gamma")
LISTS = {"alfa": ["beta"], "beta": ["alfa"], "gamma": ["alfa", "beta"]}
"""Alfa and beta list each other; gamma lists both and is listed by none."""
FEDERATION_PORT = 8448


def address(agency: str, host: int) -> str:
    """Return an IPv4 address: host 1 is the border, 2 the operator, 10 the server, 20 a person."""
    return f"10.{AGENCIES.index(agency) + 1}.0.{host}"


class Run:
    """Evidence and inputs of one run. Times are seconds from the run's start."""

    def __init__(self) -> None:
        self.records: dict[str, list[Record]] = {stem: [] for stem in _STEMS}
        self.damaged: tuple[str, ...] = ()
        self.selected: list[Selected] = []
        self.policy: dict[str, Any] = {}
        self.services: dict[str, Any] = {"chat": {"product": "synapse", "version": "1.0"}}
        self.blind: tuple[str, ...] = ()
        self.agencies: Sequence[str] = AGENCIES

    @classmethod
    def clean(cls, agencies: Sequence[str] = AGENCIES) -> Run:
        """Return a whole run in which every agency's server and one person lived."""
        run = cls()
        run.agencies = agencies
        run.step(kind="run", name="start", outcome="started", ts=0)
        for agency in agencies:
            run._agency(agency)
        run.step(kind="run", name="stop", outcome="passed", ts=100)
        return run

    def _agency(self, agency: str) -> None:
        self.host(f"{agency}-border", agency, 1, role="border", ts=1)
        self.coverage(agency, kind="begin", ts=1)
        self.host(f"{agency}-operator", agency, 2, role="operator", ts=2)
        self.coverage(agency, kind="probe", name="tcp4", listed=True, ts=3)
        ports = (ListeningPort(name="federation", port=FEDERATION_PORT, audience="partners"),)
        server = {"role": "service", "service": "chat", "product": "synapse", "ports": ports}
        self.host(f"{agency}-homeserver", agency, 10, ts=5, **server)
        self.host(f"{agency}-p1", agency, 20, role="person", user="alva1", scenario="chat.delivery", ts=10)
        self.ledger(f"{agency}-p1", address(agency, 10), dst_port=443, opening=True)
        self.coverage(agency, kind="count", ts=95, params={"as": "recorded"})
        self.coverage(agency, kind="end", ts=96)

    # --- evidence ---------------------------------------------------------------------------

    def add(self, stem: str, record: Record) -> int:
        """Append a record and return its sequence number."""
        self.records[stem].append(record)
        return len(self.records[stem])

    def host(self, name: str, agency: str, number: int, **fields: Any) -> None:
        fields = {
            "ts": 5.0,
            "event": "up",
            "addresses": (address(agency, number), _ipv6(agency, number)),
        } | fields
        self.add("hosts", HostRecord(host=name, agency=agency, **fields))

    def ledger(self, port: str, dst: str, **fields: Any) -> int:
        """Append a ledger row of a host's port; by default a TCP row of the tries."""
        host = self._find(port)
        common: dict[str, Any] = {"since": 20.0, "ts": 21.0, "ledger": "tried", "proto": "tcp"}
        common |= {"packets": 2, "bytes": 120, "border": host.agency, "src": _same_family(host, dst)}
        common |= {"window": "chat.delivery"}
        return self.add("ledger", LedgerRecord(port=port, dst=dst, **(common | fields)))

    def _find(self, name: str) -> HostRecord:
        found = [r for r in self.records["hosts"] if isinstance(r, HostRecord) and r.host == name]
        return found[0] if found else HostRecord(ts=0, event="up", host=name, role="person", agency="alfa")

    def dns(self, asking: str, query: str, outcome: str, *answers: str, **fields: Any) -> int:
        asker = self._find(asking)
        common: dict[str, Any] = {"ts": 19.5, "proto": "udp", "qtype_name": "A", "rcode_name": "NOERROR"}
        common |= {
            "id.orig_h": asker.addresses[0],
            "id.orig_p": 40000,
            "border": asker.agency,
            "host": asking,
        }
        common |= {"query": query, "outcome": outcome, "answers": answers, "window": "chat.delivery"}
        return self.add("dns", DnsRecord.model_validate(common | fields))

    def sinkhole(self, source: str, dst: str, port: int, **fields: Any) -> int:
        return self.add(
            "sinkhole", SinkholeRecord.model_validate(self._connection(source, dst, port) | fields)
        )

    def flow(self, host: str, dst: str, port: int, **fields: Any) -> int:
        common = self._connection(host, dst, port)
        common |= {
            "uid": "C1",
            "event": "first",
            "border": self._find(host).agency,
            "host": host,
            "service": "tls",
        }
        return self.add("flows", FlowRecord.model_validate(common | fields))

    def _connection(self, host: str, dst: str, port: int) -> dict[str, Any]:
        source = _same_family(self._find(host), dst)
        common: dict[str, Any] = {"ts": 20.25, "id.orig_h": source, "id.orig_p": 40000, "id.resp_h": dst}
        return common | {"id.resp_p": port, "proto": "tcp", "service": "tls", "window": "chat.delivery"}

    def step(self, **fields: Any) -> int:
        return self.add("steps", StepRecord.model_validate({"ts": 15.0} | fields))

    def scenario(self, name: str, outcome: str = "passed", **fields: Any) -> None:
        """Append a scenario's start and, where it has one, its end."""
        self.selected.append(Selected(id=name, scenario=f"test_it.py::{name}"))
        common = {"kind": "scenario", "name": name, "scenario": name, "window": name}
        self.step(**common, outcome="started", ts=11)
        if outcome:
            self.step(**(common | {"outcome": outcome, "ts": 30, "seconds": 19.0} | fields))

    def expect(self, scenario: str, name: str, agencies: Sequence[str], **params: str) -> None:
        common = {"kind": "expectation", "name": name, "scenario": scenario, "window": scenario}
        self.step(**common, agencies=tuple(agencies), params=params)

    def coverage(self, border: str, **fields: Any) -> int:
        return self.add("coverage", CoverageRecord.model_validate({"border": border, "ts": 50.0} | fields))

    def canary(self, owner: str = "alfa", data_class: str = "content", **fields: Any) -> str:
        word = new_canary()
        common: dict[str, Any] = {"ts": 12.0, "canary": word, "owner": owner, "data_class": data_class}
        common |= {"scenario": "chat.delivery", "participants": ("alfa", "beta")}
        self.add("canaries", CanaryRecord.model_validate(common | fields))
        return word

    def hit(self, agency: str, canary: str, **fields: Any) -> int:
        return self._storage("hit", agency, {"canary": canary, "form": "plain", "place": "live"} | fields)

    def swept(self, agency: str, **fields: Any) -> int:
        return self._storage("coverage", agency, {"files_read": 1, "bytes_read": 100} | fields)

    def control(self, agency: str, readable: bool, **fields: Any) -> int:
        return self._storage("control", agency, {"readable": readable} | fields)

    def _storage(self, kind: str, agency: str, fields: dict[str, Any]) -> int:
        common: dict[str, Any] = {"ts": 90.0, "sweep": "end", "kind": kind, "agency": agency}
        common |= {"service": "chat", "store": "database"}
        return self.add("storage", StorageRecord.model_validate(common | fields))

    def sweep_all(self) -> None:
        """Sweep every agency's database, with a control that was found."""
        for agency in self.agencies:
            self.swept(agency)
            self.control(agency, readable=True)

    def log(self, agency: str, text: str, **fields: Any) -> int:
        common: dict[str, Any] = {"ts": 20.0, "agency": agency, "service": "chat/homeserver", "text": text}
        return self.add("logs", LogRecord.model_validate(common | {"stream": "stdout"} | fields))

    def drop(self, stem: str, **fields: Any) -> None:
        """Take away every record of a file whose fields have these values."""
        kept = [r for r in self.records[stem] if any(getattr(r, k) != v for k, v in fields.items())]
        assert len(kept) < len(self.records[stem])
        self.records[stem] = kept

    # --- result -----------------------------------------------------------------------------

    @property
    def inputs(self) -> Inputs:
        """What the run was given."""
        federation = {
            "fedharness": 1,
            "policy": self.policy,
            "agencies": {
                name: {
                    "domain": f"{name}.example",
                    "federates_with": [other for other in LISTS[name] if other in self.agencies],
                    "services": self.services,
                }
                for name in self.agencies
            },
        }
        run = RunInputs(
            id="r1",
            started=0.0,
            harness_version="0.1.0",
            runtime="embedded",
            selected=tuple(self.selected),
            blind=self.blind,
        )
        return Inputs(run, Federation.model_validate(federation), questions(), destinations())

    def _counted(self, record: Record) -> Record:
        """Fill in the clean run's counts: what the ledgers recorded at that border's uplink."""
        if not isinstance(record, CoverageRecord) or record.params.get("as") != "recorded":
            return record
        rows = [
            r for r in self.records["ledger"] if isinstance(r, LedgerRecord) and r.border == record.border
        ]
        left = [row for row in rows if row.ledger in ("passed", "own") and row.out_port == "uplink"]
        packets, size = sum(row.packets for row in left), sum(row.bytes for row in left)
        numbers = {"passed_packets": packets, "passed_bytes": size}
        return record.model_copy(update=numbers | {"far_packets": packets, "far_bytes": size})

    @property
    def evidence(self) -> Evidence:
        """What was observed."""
        numbered = {
            stem: [Numbered(seq, self._counted(record)) for seq, record in enumerate(records, 1)]
            for stem, records in self.records.items()
        }
        return Evidence(numbered, self.damaged)

    def result(self) -> RunResult:
        """Evaluate the run."""
        return evaluate(self.inputs, self.evidence)

    def findings(self) -> list[Finding]:
        """Evaluate the run and return its findings."""
        return list(self.result().findings)

    def finding(self) -> Finding:
        """Evaluate the run and return its one finding."""
        (finding,) = self.findings()
        return finding

    def question(self, question_id: str) -> QuestionResult:
        """Evaluate the run and return one question's answer."""
        (found,) = [q for q in self.result().questions if q.id == question_id]
        return found

    def residency(self) -> list[Residency]:
        """Evaluate the run and return where words rest."""
        return list(self.result().residency)


_STEMS = ("hosts", "ledger", "flows", "dns", "sinkhole", "canaries", "steps", "storage", "coverage", "logs")


def _ipv6(agency: str, host: int) -> str:
    return f"fd00:{AGENCIES.index(agency) + 1}::{host:x}"


def _same_family(host: HostRecord, dst: str) -> str:
    if not host.addresses:
        return ""
    return host.addresses[1] if ":" in dst else host.addresses[0]


@pytest.fixture
def run() -> Run:
    """A clean run of three agencies."""
    return Run.clean()
