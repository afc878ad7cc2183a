"""The border program's own manners: bad input, and a disk that is full."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from harness.border.journal import Journal
from harness.errors import EvidenceError
from harness.model.base import Record


def run(text: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "harness.border")
    return subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=Path(__file__).parents[2],
    )


def test_no_input_is_no_error() -> None:
    done = run("")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_wrong_plan_is_told_without_a_traceback() -> None:
    done = run('{"evidence": 1}\n')
    assert done.returncode == 2
    assert "cure:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_namespace_is_named(tmp_path: Path) -> None:
    border = {
        "agency": "alfa",
        "namespace": str(tmp_path / "none"),
        "addresses": ["10.1.0.1", "fd00:1::1"],
        "networks": ["10.1.0.0/16", "fd00:1::/64"],
        "far_namespace": str(tmp_path / "none"),
        "far_port": "a1",
    }
    plan = {
        "evidence": str(tmp_path),
        "borders": [border],
        "internet": "/none",
        "domains": [],
        "sinkhole_ca": "/",
    }
    done = run(json.dumps(plan) + "\n")
    assert done.returncode == 2
    assert str(tmp_path / "none") in done.stderr
    assert "Traceback" not in done.stderr


class FullDisk:
    def append(self, stem: str, record: Record) -> None:
        raise EvidenceError("no space left", where=stem, cure="free some")


def test_a_record_that_cannot_be_written_is_kept_for_the_next_reply() -> None:
    journal = Journal(FullDisk())
    journal.lost("alfa", "full", 1, listed=False)
    journal.lost("alfa", "full", 2, listed=False)
    assert journal.failure is not None
    assert journal.failure.where == "coverage"
