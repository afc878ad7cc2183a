"""Whether a run came to its end and left all its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from harness.checks.codes import Code, reason
from harness.model.evidence import RECORD_TYPES, StepRecord
from harness.model.inputs import Evidence
from harness.model.result import Reason

_NEVER_EMPTY = ("hosts", "ledger", "steps", "coverage")
_LAST_LINE = 300
_RECORDERS = ("recorder", "border")


def gaps(evidence: Evidence) -> list[Reason]:
    """Return why a run is not complete; nothing where it is."""
    steps = [step for _, step in evidence.of("steps", StepRecord)]
    return [*_files(evidence), *_stop(steps), *_trouble(steps), *_ended_services(steps)]


def ended(evidence: Evidence) -> float | None:
    """Return when the run stopped, in seconds since the epoch."""
    stops = [step.ts for _, step in evidence.of("steps", StepRecord) if _is_stop(step)]
    return stops[-1] if stops else None


def _files(evidence: Evidence) -> list[Reason]:
    missing = [stem for stem in _NEVER_EMPTY if not evidence.records.get(stem)]
    damaged = [stem for stem in RECORD_TYPES if stem in evidence.damaged]
    damaged += sorted(set(evidence.damaged) - set(RECORD_TYPES))
    return [reason(Code.EVIDENCE_MISSING, file=stem) for stem in missing] + [
        reason(Code.EVIDENCE_DAMAGED, file=stem) for stem in damaged
    ]


def _is_stop(step: StepRecord) -> bool:
    return step.kind == "run" and step.name == "stop"


def _stop(steps: Sequence[StepRecord]) -> list[Reason]:
    stops = [step for step in steps if _is_stop(step)]
    if not stops:
        return [reason(Code.RUN_NOT_STOPPED)]
    if stops[-1].outcome in ("interrupted", "error"):
        return [reason(Code.RUN_INTERRUPTED)]
    return []


def _ended_services(steps: Sequence[StepRecord]) -> list[Reason]:
    """Return the services that ended though nobody had asked them to, with their last line."""
    ends = [step for step in steps if step.kind == "trouble" and step.name == Code.SERVICE_ENDED]
    return [
        reason(
            Code.SERVICE_ENDED,
            agency=step.agency,
            service=step.params.get("service", ""),
            status=step.params.get("status", ""),
            text=(step.text.strip().splitlines() or [""])[-1][:_LAST_LINE],
        )
        for step in ends
    ]


def _trouble(steps: Sequence[StepRecord]) -> list[Reason]:
    names = {step.code or step.name for step in steps if step.kind == "trouble"}
    return [reason(Code.RECORDER_TROUBLE, name=name) for name in sorted(names) if name.startswith(_RECORDERS)]
