"""A small run to write, read and touch."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.model.evidence import LogRecord, StepRecord
from harness.model.federation import Agency, Federation
from harness.model.inputs import DestinationCatalogue, DestinationEntry, Inputs, RunInputs
from harness.model.question import Question, QuestionCatalogue
from harness.store import RunFolder, write_derived_manifest, write_manifest

RUN_ID = "20260131T120000Z-poc-ab2c"


@pytest.fixture
def inputs() -> Inputs:
    """Inputs whose agencies do not stand in the order of their names."""
    return Inputs(
        run=RunInputs(id=RUN_ID, started=1769860800.25, harness_version="0.1.0", runtime="embedded"),
        federation=Federation(
            fedharness=1,
            name="poc",
            agencies={"beta": Agency(domain="beta.example"), "alfa": Agency(domain="alfa.example")},
        ),
        questions=QuestionCatalogue(
            version="1",
            questions=(
                Question(id="chat.delivery", number=1, title={"en": "?", "sv": "?å"}, function="chat"),
            ),
        ),
        destinations=DestinationCatalogue(
            date="2026-01-01",
            entries=(DestinationEntry(id="d1", product="synapse", hosts=("matrix.org",), feature="keys"),),
        ),
    )


@pytest.fixture
def run(tmp_path: Path, inputs: Inputs) -> RunFolder:
    """A run with two evidence files, still going on."""
    folder = RunFolder.create(tmp_path, RUN_ID, inputs)
    with folder.writer() as writer:
        for number in range(3):
            writer.append("steps", StepRecord(ts=number, kind="action", name=f"step {number}"))
            writer.append(
                "logs", LogRecord(ts=number, agency="alfa", service="chat", stream="stdout", text="x")
            )
    return folder


@pytest.fixture
def finished(run: RunFolder) -> RunFolder:
    """The same run with its derived files and both manifests."""
    (run.derived / "sums.json").write_text("{}\n")
    (run.path / "report.html").write_text("<!doctype html>\n")
    write_manifest(run.path)
    write_derived_manifest(run.path)
    return run
