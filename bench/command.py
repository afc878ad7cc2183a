"""``fedharness run`` as a user calls it: a process of its own, measured by clock and by evidence."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.evidence import records
from harness.model.evidence import StepRecord
from harness.model.federation import Federation
from harness.topology import dump

_DEADLINE_SECONDS = 600.0


class CommandFailed(Exception):
    """The command did not do what it was called for; its output says why."""


@dataclass(frozen=True)
class Timed:
    """One call of the command. Times are seconds since the epoch, as evidence has them.

    Args:
        began: just before the process was made.
        ended: when it had ended.
        steps: its ``steps.jsonl``.
    """

    began: float
    ended: float
    steps: tuple[StepRecord, ...]

    @property
    def seconds(self) -> float:
        """How long the whole command took."""
        return self.ended - self.began

    def first(self, kind: str, name: str = "", outcome: str = "") -> StepRecord:
        """Return the first step of a kind, and of a name and outcome where they are given.

        Raises:
            CommandFailed: there is none.
        """
        for step in self.steps:
            if step.kind == kind and name in ("", step.name) and outcome in ("", step.outcome):
                return step
        raise CommandFailed(f"the run has no step {kind} {name} {outcome}")


def run(arguments: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Timed:
    """Call ``fedharness run`` with ``arguments`` and return its times.

    The run folder is read and thrown away.

    Raises:
        CommandFailed: its exit status was neither 0 nor that of a verdict (1, 3).
    """
    command = [str(Path(sys.executable).with_name("fedharness")), "run", "--plain", *arguments]
    with tempfile.TemporaryDirectory(prefix="fedharness-bench-") as folder:
        began = time.time()
        done = subprocess.run(
            [*command, "--out", folder],
            capture_output=True,
            text=True,
            timeout=_DEADLINE_SECONDS,
            env={**os.environ, **(environment or {})},
            check=False,
        )
        ended = time.time()
        if done.returncode not in (0, 1, 3):
            raise CommandFailed(f"status {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        (out,) = Path(folder).iterdir()
        return Timed(began, ended, tuple(records(out / "evidence", "steps", StepRecord)))


def run_federation(federation: Federation, scenario: Path, arguments: Sequence[str] = ()) -> Timed:
    """Run one scenario file on a federation that is made on the spot.

    Raises:
        CommandFailed: as `run`, and where the scenario did not pass.
    """
    with tempfile.TemporaryDirectory(prefix="fedharness-bench-") as folder:
        path = Path(folder, "federation.yaml")
        path.write_text(dump(federation), encoding="utf-8")
        timed = run(["--federation", str(path), "--scenarios", str(scenario), *arguments])
    outcomes = [step.outcome for step in timed.steps if step.kind == "scenario" and step.outcome != "started"]
    if outcomes != ["passed"]:
        raise CommandFailed(f"the scenario ended as {outcomes}")
    return timed
