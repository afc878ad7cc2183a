"""Questions that the evidence answers by itself, whether a scenario ran or not."""

from __future__ import annotations

from collections.abc import Sequence

from harness.checks.codes import Code, Kind, reason
from harness.checks.findings import DESTINATIONS, LOOKUPS
from harness.checks.questions import Answer
from harness.checks.verdicts import unproved
from harness.model.result import Coverage, Finding, Reason
from harness.model.verdict import Verdict

EVIDENCE = "evidence.complete"
_LINES = 40


def observed(
    findings: Sequence[Finding],
    coverage: Sequence[Coverage],
    gaps: Sequence[Reason],
    agencies: tuple[str, ...],
) -> dict[str, Answer]:
    """Answer the questions about destinations, look-ups and the evidence itself."""
    missing = _missing(coverage, gaps)
    traffic = [f for f in findings if f.kind not in (Kind.LOOKUP, Kind.RESIDENCY)]
    lookups = [f for f in findings if LOOKUPS in f.questions]
    whole = reason(Code.EVIDENCE_WHOLE, borders=len(coverage))
    evidence = (Verdict.UNKNOWN, missing) if missing else (Verdict.PASS, whole)
    return {
        DESTINATIONS: _none_of(traffic, missing, Code.OUTSIDE_TRAFFIC, Code.NO_OUTSIDE_TRAFFIC, agencies),
        LOOKUPS: _none_of(lookups, missing, Code.OUTSIDE_LOOKUPS, Code.NO_OUTSIDE_LOOKUPS, agencies),
        EVIDENCE: Answer(*evidence, agencies=agencies),
    }


def _missing(coverage: Sequence[Coverage], gaps: Sequence[Reason]) -> Reason | None:
    borders = unproved(coverage)
    if borders:
        return reason(Code.COVERAGE_UNPROVED, borders=", ".join(borders))
    return gaps[0] if gaps else None


def _none_of(
    findings: Sequence[Finding], missing: Reason | None, some: Code, none: Code, agencies: tuple[str, ...]
) -> Answer:
    failed = [finding for finding in findings if finding.verdict == Verdict.FAIL]
    if failed:
        lines = tuple(dict.fromkeys(line for finding in failed for line in finding.evidence))
        why = reason(some, count=len(failed))
        return Answer(Verdict.FAIL, why, agencies=agencies, evidence=lines[:_LINES])
    if missing is not None:
        return Answer(Verdict.UNKNOWN, missing, agencies=agencies)
    return Answer(Verdict.PASS, reason(none), agencies=agencies)
