"""Run folders for the commands that read one, and the commands themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import data
from harness.model.evidence import StepRecord
from harness.model.federation import Agency, Federation
from harness.model.inputs import Inputs, RunInputs
from harness.plugin.finish import finish
from harness.store import RunFolder

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def fedharness(tmp_path: Path) -> Command:
    """Run the command in a folder of its own and return what came of it."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "harness.cli", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def unfinished(tmp_path: Path) -> RunFolder:
    """A run that was ended before it had anything to say."""
    run_id = "20260131T120000Z-pair-ab2c"
    agencies = {name: Agency(domain=f"{name}.example") for name in ("alfa", "beta")}
    inputs = Inputs(
        run=RunInputs(id=run_id, started=1769860800.25, harness_version="0.1.0", runtime="embedded"),
        federation=Federation(fedharness=1, name="pair", agencies=agencies),
        questions=data.questions(),
        destinations=data.destinations(),
    )
    folder = RunFolder.create(tmp_path, run_id, inputs)
    with folder.writer() as writer:
        writer.append("steps", StepRecord(ts=1769860801.0, kind="run", name="start", outcome="started"))
    return folder


@pytest.fixture
def finished(unfinished: RunFolder) -> RunFolder:
    """The same run with its manifest, verdicts and reports."""
    finish(unfinished, lang="en")
    return unfinished
