"""Whole runs: the installed command, real products, real borders."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.model.result import RunResult
from harness.paths import deploy_folder

FEDERATIONS = deploy_folder() / "federations"


@dataclass(frozen=True)
class Ran:
    """What a command came to: its exit status, its output, and the run folder it left."""

    status: int
    output: str
    folder: Path

    @property
    def result(self) -> RunResult:
        return RunResult.model_validate_json((self.folder / "run.json").read_bytes())


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of ``fedharness`` with the tests' own interpreter."""
    return [sys.executable, "-m", "harness", *map(str, arguments)]


def run_folder(out: Path) -> Path:
    """Return the one run folder below ``out``."""
    found = [path for path in out.iterdir() if path.is_dir()]
    assert len(found) == 1, found
    return found[0]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """Return ``run(*arguments)``: run ``fedharness run`` to its end."""

    def run_to_the_end(*arguments: str | Path) -> Ran:
        out = tmp_path_factory.mktemp("runs")
        done = subprocess.run(
            command("run", "--out", out, *arguments),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            env={**os.environ, "NO_COLOR": "1"},
        )
        return Ran(done.returncode, done.stdout + done.stderr, run_folder(out))

    return run_to_the_end
