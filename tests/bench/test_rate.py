"""What a border wrote down is held against what was counted apart from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.rate import account
from harness.model.evidence import CoverageRecord, LedgerRecord
from harness.store.writer import EvidenceWriter

HOSTS = ("a01-alva-1",)


def row(ledger: str, port: str, packets: int, dst_port: int = 7) -> LedgerRecord:
    fields: dict[str, Any] = {"since": 0, "ts": 1, "border": "a01", "ledger": ledger, "port": port}
    return LedgerRecord.model_validate({**fields, "dst_port": dst_port, "packets": packets, "bytes": 60})


def coverage(**fields: Any) -> CoverageRecord:
    return CoverageRecord.model_validate({"ts": 1, "border": "a01", **fields})


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    with EvidenceWriter(tmp_path) as writer:
        writer.append("ledger", row("tried", HOSTS[0], 90))
        writer.append("ledger", row("tried", "a01-operator", 5))
        writer.append("ledger", row("passed", HOSTS[0], 88))
        writer.append("ledger", row("passed", "a01-operator", 4, dst_port=9))
        lost = {"kind": "loss", "name": "full", "lost": 10}
        writer.append("coverage", coverage(**lost, listed=False, params={"host": HOSTS[0]}))
        writer.append("coverage", coverage(kind="loss", name="connection_ends", lost=3, listed=True))
        counts = {"passed_packets": 92, "own_packets": 6, "far_packets": 97}
        writer.append("coverage", coverage(kind="count", far_packets=1))
        writer.append("coverage", coverage(kind="count", **counts))
    return tmp_path


def test_all_is_accounted_for(evidence: Path) -> None:
    found = account(evidence, "a01", HOSTS, sent=100, arrived=88)
    assert (found["listed"], found["declared"], found["undeclared"]) == (90, 10, 0)
    assert found["passed_difference"] == 0
    assert found["losses"] == ["connection_ends", "full"]


def test_what_is_missing_shows(evidence: Path) -> None:
    found = account(evidence, "a01", HOSTS, sent=102, arrived=89)
    assert (found["undeclared"], found["passed_difference"]) == (2, 1)
    assert found["far_difference"] == 1
    assert found["without_detail"] == 88
