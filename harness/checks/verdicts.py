"""The three results of a run, each with why it is not a pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.checks.codes import Code, reason
from harness.model.result import Counts, Coverage, Finding, QuestionResult, Reason, Verdicts
from harness.model.verdict import Verdict, worst

_ORDERED = (Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL)


@dataclass(frozen=True)
class Ground:
    """A verdict and its reasons."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What the three results are made of.

    Args:
        gaps: why the run is not complete.
        obstacles: why stores cannot be judged.
    """

    questions: Sequence[QuestionResult]
    findings: Sequence[Finding]
    coverage: Sequence[Coverage]
    gaps: Sequence[Reason]
    obstacles: Sequence[Reason]


def results(facts: Facts) -> tuple[Verdicts, dict[str, tuple[Reason, ...]]]:
    """Return the three results, ``stays`` twice, and per result why it is not a pass."""
    seen = Ground(worst([Verdict.PASS, *_listed(facts.coverage)]), _unproved(facts.coverage))
    policy = _findings([finding.verdict for finding in facts.findings])
    reference = _findings([finding.reference_verdict for finding in facts.findings])
    stores = Ground(Verdict.UNKNOWN if facts.obstacles else Verdict.PASS, tuple(facts.obstacles))
    complete = Ground(Verdict.UNKNOWN if facts.gaps else Verdict.PASS, tuple(facts.gaps))
    stays_questions = _answered(facts.questions, "stays", Verdict.PASS)
    used = _used(facts.questions)
    grounds = {
        "works": [_answered(facts.questions, "works", Verdict.UNKNOWN), complete],
        "stays": [policy, stays_questions, seen, stores, used, complete],
        "stays_reference": [reference, seen, used, complete],
        "survives": [_answered(facts.questions, "survives", Verdict.UNKNOWN), complete],
    }
    verdicts = {name: worst(ground.verdict for ground in found) for name, found in grounds.items()}
    reasons = {name: _distinct(ground.reasons for ground in found) for name, found in grounds.items()}
    return Verdicts.model_validate(verdicts), {name: why for name, why in reasons.items() if why}


def counts(questions: Sequence[QuestionResult]) -> Counts:
    """Count questions by verdict."""
    number = {verdict: sum(q.verdict == verdict for q in questions) for verdict in Verdict}
    return Counts(
        passed=number[Verdict.PASS],
        unknown=number[Verdict.UNKNOWN],
        failed=number[Verdict.FAIL],
        not_tested=number[Verdict.NOT_TESTED],
        not_applicable=number[Verdict.NOT_APPLICABLE],
    )


def unproved(coverage: Sequence[Coverage]) -> list[str]:
    """Return the borders whose record is not proved whole."""
    return [entry.border for entry in coverage if entry.listed != Verdict.PASS]


def _listed(coverage: Sequence[Coverage]) -> list[Verdict]:
    return [entry.listed for entry in coverage] or [Verdict.UNKNOWN]


def _unproved(coverage: Sequence[Coverage]) -> tuple[Reason, ...]:
    return tuple(why for entry in coverage for why in entry.reasons)


def _findings(verdicts: Sequence[Verdict]) -> Ground:
    failed = sum(verdict == Verdict.FAIL for verdict in verdicts)
    why = (reason(Code.FINDINGS_FAILED, count=failed),) if failed else ()
    return Ground(worst([Verdict.PASS, *verdicts]), why)


def _used(questions: Sequence[QuestionResult]) -> Ground:
    """Services that nobody used had nothing to give away; that is not a pass.

    A question that the harness answers from the record alone has no duration.
    """
    if any(question.verdict in _ORDERED and question.seconds is not None for question in questions):
        return Ground(Verdict.PASS)
    return Ground(Verdict.UNKNOWN, (reason(Code.NOTHING_DONE),))


def _answered(questions: Sequence[QuestionResult], result: str, untested: Verdict) -> Ground:
    tested = [q.verdict for q in questions if q.result == result and q.verdict in _ORDERED]
    if not tested:
        return Ground(untested, (reason(Code.NOTHING_TESTED),) if untested != Verdict.PASS else ())
    why = []
    failed, unknown = tested.count(Verdict.FAIL), tested.count(Verdict.UNKNOWN)
    if failed:
        why.append(reason(Code.QUESTIONS_FAILED, count=failed))
    if unknown:
        why.append(reason(Code.QUESTIONS_UNKNOWN, count=unknown))
    return Ground(worst(tested), tuple(why))


def _distinct(groups: Iterable[Sequence[Reason]]) -> tuple[Reason, ...]:
    found: list[Reason] = []
    for group in groups:
        found += [why for why in group if why not in found]
    return tuple(found)
