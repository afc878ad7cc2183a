"""What must not wait for the end of a run."""

from __future__ import annotations

from harness.model.base import Record
from harness.model.evidence import LogRecord, StepRecord
from harness.plugin.watching import Watching


def test_a_service_that_ended_is_told_after_it_was_written() -> None:
    order: list[str] = []

    class Behind:
        def append(self, stem: str, record: Record) -> None:
            order.append(stem)

    watching = Watching(Behind(), lambda step: order.append(f"told {step.agency}"))
    watching.append("logs", LogRecord(ts=1, agency="alfa", service="chat", stream="stdout", text="x"))
    watching.append("steps", StepRecord(ts=1, kind="trouble", name="run"))
    watching.append("steps", StepRecord(ts=2, kind="trouble", name="service_ended", agency="alfa"))
    assert order == ["logs", "steps", "steps", "told alfa"]
