"""What several reports say of a result, worked out once: pure functions of a `RunResult`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.model.result import Counts, Destination, Finding, QuestionResult, RunResult
from harness.model.verdict import Verdict

RESULTS = ("works", "stays", "stays_reference", "survives")
PLANTED_LEAKS = frozenset({"leaker"})
"""Products that send to the outside on purpose, so that a run can prove that it sees it."""
RESIDENCY = "residency"
LOOKUP = "lookup"
"""Kinds of finding that are not about traffic."""

_NOT_REACHED = frozenset({"scenario_not_run", "evidence_missing"})

_WORST_FIRST = {
    Verdict.FAIL: 0,
    Verdict.UNKNOWN: 1,
    Verdict.PASS: 2,
    Verdict.NOT_TESTED: 3,
    Verdict.NOT_APPLICABLE: 4,
}


@dataclass(frozen=True)
class OutsideDestination:
    """One place outside, over all findings that name it.

    Args:
        label: its name, or its address where it has none.
        destination: as the first of its findings has it.
        findings: all findings to that place.
        new: neither in the baseline run nor, without one, in the destination catalogue.
    """

    label: str
    destination: Destination
    findings: tuple[Finding, ...]
    new: bool

    @property
    def passed(self) -> bool:
        """Whether any of it left a border."""
        return any(finding.passed for finding in self.findings)

    @property
    def asked_only(self) -> bool:
        """Whether its name was looked up and nothing else was tried."""
        return all(finding.kind == LOOKUP for finding in self.findings)

    @property
    def bytes(self) -> int:
        """All bytes that were sent, or tried, to it."""
        return sum(finding.bytes for finding in self.findings)


def verdict_of(result: RunResult, name: str) -> Verdict:
    """Return one of the three results; ``name`` is one of `RESULTS`."""
    return Verdict(getattr(result.verdicts, name))


def long_form(result: RunResult, name: str) -> str:
    """Return the text code of a result's sentence, which must not say more than was observed.

    *Stays* fails for a flow, or for a question about flows whose scenario failed.
    """
    verdict = verdict_of(result, name)
    flows = [finding for finding in result.findings if finding.verdict is Verdict.FAIL]
    if name == "stays" and verdict is Verdict.FAIL and not flows:
        return "long.stays.fail_question"
    return f"long.{name}.{verdict}"


def total(counts: Counts) -> int:
    """Return how many questions the list has."""
    return counts.passed + counts.unknown + counts.failed + counts.not_tested + counts.not_applicable


def tested(result: RunResult) -> int:
    """Return how many questions were put, whatever they came to; what a run never reached was not."""
    counts = result.counts
    never = sum(question.reason.code in _NOT_REACHED for question in result.questions)
    return counts.passed + counts.unknown + counts.failed - never


def label_of(destination: Destination) -> str:
    """Return the shortest text that tells a destination from others."""
    return destination.name or destination.address


def endpoint(destination: Destination) -> str:
    """Return a destination with its port and protocol, such as ``matrix.org:443/tcp``."""
    host = label_of(destination)
    if ":" in host:
        host = f"[{host}]"
    port = f":{destination.port}" if destination.port is not None else ""
    proto = f"/{destination.proto}" if destination.proto else ""
    return f"{host}{port}{proto}" if host else destination.proto


def target(finding: Finding) -> str:
    """Return where a finding's traffic went, or the store in which a planted word rests."""
    place = finding.destination
    return label_of(place) if finding.kind == RESIDENCY else endpoint(place)


def outside_destinations(result: RunResult, baseline: RunResult | None = None) -> list[OutsideDestination]:
    """Return the places outside, in the order of their findings.

    Args:
        result: the run.
        baseline: an earlier run; what it did not see is new. Without one, what the
            destination catalogue does not know is new.
    """
    groups: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.destination.destination_class == "outside" and label_of(finding.destination):
            groups.setdefault(label_of(finding.destination), []).append(finding)
    seen = {place.label for place in outside_destinations(baseline)} if baseline else None
    return [
        OutsideDestination(label, found[0].destination, tuple(found), _is_new(label, found, seen))
        for label, found in groups.items()
    ]


def _is_new(label: str, found: Iterable[Finding], seen: set[str] | None) -> bool:
    if seen is not None:
        return label not in seen
    return not any(finding.destination.catalogue_id for finding in found)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with the worst first, then by the time of their first sight."""
    return sorted(findings, key=lambda f: (_WORST_FIRST[f.verdict], f.first_seen, f.id))


def put_first(questions: Iterable[QuestionResult]) -> list[QuestionResult]:
    """Return the questions that were put before those that were not, else in the order of the list."""
    return sorted(questions, key=lambda q: _WORST_FIRST[q.verdict] > _WORST_FIRST[Verdict.PASS])


def questions_with(result: RunResult, verdict: Verdict) -> list[QuestionResult]:
    """Return the questions that came to ``verdict``, in the order of the list."""
    return [question for question in result.questions if question.verdict is verdict]


def recording_whole(result: RunResult) -> bool:
    """Say whether the run ended and every border's list is proved complete."""
    listed = [row.listed for row in result.coverage]
    return result.run.complete and bool(listed) and all(one is Verdict.PASS for one in listed)


def titles(result: RunResult) -> dict[str, str]:
    """Return the agencies' names as shown, by their ids."""
    return {agency.name: agency.title or agency.name for agency in result.federation.agencies}


def operators(result: RunResult) -> dict[tuple[str, str], str]:
    """Return who operates each service, as a code of the catalogue's group ``operator``."""
    return {
        (agency.name, service.service): service.operated_by.kind
        for agency in result.federation.agencies
        for service in agency.services
    }


def exception_count(result: RunResult) -> int:
    """Return how many exceptions the run's policy holds."""
    return len(result.exceptions)
