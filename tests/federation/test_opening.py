"""What an open federation does when its recorder ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.drivers.registry import DriverRegistry
from harness.errors import BorderError
from harness.federation.opening import RECORDER_ENDED, open_federation
from harness.model.base import Record
from harness.model.evidence import StepRecord
from harness.model.federation import Agency, Federation
from tests.contract.fake_runtime import FakeRuntime

FEDERATION = Federation(fedharness=1, agencies={"alfa": Agency(domain="alfa.example")})


class Kept:
    """Implements `harness.protocols.Recorder` in memory."""

    def __init__(self) -> None:
        self.steps: list[StepRecord] = []

    def append(self, stem: str, record: Record) -> None:
        if isinstance(record, StepRecord):
            self.steps.append(record)

    def named(self, name: str) -> list[StepRecord]:
        return [step for step in self.steps if step.name == name]


class Recording(FakeRuntime):
    """A runtime whose recorder can be ended; nobody notices before something is asked of it."""

    ended = False

    async def mark(self, window: str) -> None:
        if self.ended:
            raise BorderError("the border program ended with status -9", where="border")
        await super().mark(window)


async def test_a_recorder_that_works_is_asked_and_nothing_is_written(tmp_path: Path) -> None:
    runtime, kept = Recording(["alfa"], tmp_path), Kept()
    async with open_federation(
        FEDERATION, lambda ca: runtime, DriverRegistry(), kept, lambda *said: None
    ) as opened:
        await opened.begin("own.q")
        assert await opened.recorded()
        await opened.end()
    assert kept.named(RECORDER_ENDED) == []
    assert runtime.windows == ["between", "own.q", "own.q", "between", "stop"]


async def test_a_recorder_that_ended_is_written_down_once_and_no_scenario_begins(tmp_path: Path) -> None:
    runtime, kept = Recording(["alfa"], tmp_path), Kept()
    async with open_federation(
        FEDERATION, lambda ca: runtime, DriverRegistry(), kept, lambda *said: None
    ) as opened:
        await opened.begin("own.q")
        runtime.ended = True
        assert not await opened.recorded()
        assert not await opened.recorded()
        await opened.end()
        with pytest.raises(BorderError, match="nothing is recorded any more"):
            await opened.begin("own.later")
    (trouble,) = kept.named(RECORDER_ENDED)
    assert (trouble.kind, trouble.code, trouble.scenario) == ("trouble", RECORDER_ENDED, "own.q")
    assert "status -9" in trouble.text
    assert [step.name for step in kept.steps if step.kind == "sweep"] == ["end-running", "end-stopped"]


async def test_an_end_that_nobody_noticed_is_raised_at_the_scenario_s_end(tmp_path: Path) -> None:
    runtime, kept = Recording(["alfa"], tmp_path), Kept()
    async with open_federation(
        FEDERATION, lambda ca: runtime, DriverRegistry(), kept, lambda *said: None
    ) as opened:
        await opened.begin("own.q")
        runtime.ended = True
        with pytest.raises(BorderError, match="status -9"):
            await opened.end()
        assert opened.log.window == "between"
    assert len(kept.named(RECORDER_ENDED)) == 1
