"""The inner half of a run: pytest, within the world."""

from __future__ import annotations

import contextlib
import sys
from typing import TextIO, cast

import pytest

from harness import plugin
from harness.errors import UsageError
from harness.plugin import hooks
from harness.plugin.refusal import HeldBack, usage_error
from harness.plugin.session import SessionPlugin
from harness.plugin.setup import RunSetup


def work(setup: RunSetup, arguments: tuple[str, ...]) -> int:
    """Hand the run to pytest, and return how it ended as a status that the outer half knows."""
    held = HeldBack(sys.stderr)
    if not setup.quiet:
        held.let_through()
    session = SessionPlugin(setup, on_begin=held.let_through)
    hooks.work_in(session)
    with contextlib.redirect_stderr(cast(TextIO, held)):
        status = int(pytest.main(list(arguments)))
    said = held.take()
    if session.interrupted:
        return plugin.INTERRUPTED
    if session.could_not_run:
        return plugin.COULD_NOT_RUN
    if session.begun:
        return status
    return _refused(session, status, said)


def _refused(session: SessionPlugin, status: int, said: str) -> int:
    """Tell why nothing was begun."""
    problem = session.problem
    if problem is None and status == pytest.ExitCode.USAGE_ERROR and said:
        problem = usage_error(said)
    if problem is None:
        sys.stderr.write(said)
        return plugin.REFUSED if status == pytest.ExitCode.USAGE_ERROR else status
    sys.stderr.write(f"fedharness: {problem}\n")
    return plugin.REFUSED if problem.exit_status == UsageError.exit_status else plugin.COULD_NOT_RUN
