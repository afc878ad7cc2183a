"""A run's steps give its life cycle and the time between scenarios."""

from __future__ import annotations

from typing import Any

import pytest

from bench.chat import gaps, life_cycle
from bench.command import CommandFailed, Timed
from harness.model.evidence import StepRecord


def step(ts: float, kind: str, name: str, outcome: str) -> StepRecord:
    fields: dict[str, Any] = {"ts": ts, "kind": kind, "name": name, "outcome": outcome}
    return StepRecord.model_validate(fields)


@pytest.fixture
def suite() -> Timed:
    steps = (
        step(101.0, "run", "start", "started"),
        step(103.0, "scenario", "chat.one", "started"),
        step(110.0, "action", "wait", "passed"),
        step(113.0, "scenario", "chat.one", "passed"),
        step(113.5, "scenario", "chat.two", "started"),
        step(123.0, "scenario", "chat.two", "failed"),
        step(125.0, "run", "stop", "passed"),
    )
    return Timed(began=100.0, ended=126.0, steps=steps)


def test_the_life_cycle_is_all_but_the_scenarios(suite: Timed) -> None:
    assert life_cycle(suite) == pytest.approx((6.0, 4.0))


def test_gaps_lie_between_an_outcome_and_the_next_start(suite: Timed) -> None:
    assert gaps(suite) == pytest.approx([0.5])


def test_a_step_that_is_not_there_is_an_error(suite: Timed) -> None:
    assert suite.first("scenario", outcome="failed").name == "chat.two"
    with pytest.raises(CommandFailed, match="no step fault"):
        suite.first("fault")
