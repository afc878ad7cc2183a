"""Asks a single-threaded child process what this machine can run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from harness.doctor.probe import Outcome, Question
from harness.errors import CannotRun

_SECONDS = 300.0


def diagnose(question: Question, *, through: Sequence[str] = ()) -> list[Outcome]:
    """Try every need and return what came of each.

    Args:
        question: how large a run is meant, and where its files would lie.
        through: a command line to start the probes by, such as ``("unshare", "--user")``.

    Raises:
        CannotRun: the probes themselves could not be started.
    """
    argv = [*through, sys.executable, "-m", "harness.doctor.child"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        argv,
        input=question.model_dump_json(),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        env=environment,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip()
        raise CannotRun("the probes could not be started", where=argv[0], detail=said)
    return [Outcome.model_validate_json(line) for line in done.stdout.splitlines()]


def can_run(outcomes: Sequence[Outcome]) -> bool:
    """Say whether all that is needed is there."""
    return all(outcome.there for outcome in outcomes if outcome.needed)
