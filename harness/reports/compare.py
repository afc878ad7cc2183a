"""What changed between two runs. It says what differs and names no winner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.model.result import Finding, RunResult
from harness.model.verdict import Verdict
from harness.reports import facts


@dataclass(frozen=True)
class Warn:
    """Why the two runs cannot simply be laid side by side.

    Args:
        code: key of the catalogue's group ``compare.warning``.
        a: what the first run has.
        b: what the second run has.
    """

    code: str
    a: str
    b: str = ""


@dataclass(frozen=True)
class Change:
    """A verdict that differs; ``None`` where a run does not have it.

    Args:
        name: a question's id, or one of the results.
        before: the verdict in the first run.
        after: the verdict in the second run.
        flake: both runs are alike and both were decided, so the outcome itself varies.
    """

    name: str
    before: Verdict | None
    after: Verdict | None
    flake: bool = False


@dataclass(frozen=True)
class FindingChange:
    """A finding that only one run has, or whose bytes differ."""

    before: Finding | None
    after: Finding | None

    @property
    def shown(self) -> Finding:
        """The later of the two."""
        finding = self.after or self.before
        assert finding is not None, "a change is about at least one finding"
        return finding


@dataclass(frozen=True)
class Comparison:
    """All differences between run ``a`` and run ``b``."""

    a: str
    b: str
    warnings: tuple[Warn, ...]
    results: tuple[Change, ...]
    questions: tuple[Change, ...]
    appeared: tuple[FindingChange, ...]
    disappeared: tuple[FindingChange, ...]
    changed: tuple[FindingChange, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs that a verdict or a finding speaks of."""
        return not (self.results or self.questions or self.appeared or self.disappeared or self.changed)


def compare(a: RunResult, b: RunResult) -> Comparison:
    """Return what differs from run ``a`` to run ``b``, verdicts and findings only."""
    warnings = tuple(_warnings(a, b))
    before = {finding.id: finding for finding in a.findings}
    after = {finding.id: finding for finding in b.findings}
    common = [key for key in before if key in after]
    return Comparison(
        a=a.run.id,
        b=b.run.id,
        warnings=warnings,
        results=tuple(_result_changes(a, b)),
        questions=tuple(_question_changes(a, b, alike=not warnings and _same_rules(a, b))),
        appeared=tuple(FindingChange(None, one) for key, one in after.items() if key not in before),
        disappeared=tuple(FindingChange(one, None) for key, one in before.items() if key not in after),
        changed=tuple(
            FindingChange(before[key], after[key]) for key in common if before[key].bytes != after[key].bytes
        ),
    )


def _result_changes(a: RunResult, b: RunResult) -> Iterator[Change]:
    for name in facts.RESULTS:
        before, after = facts.verdict_of(a, name), facts.verdict_of(b, name)
        if before is not after:
            yield Change(name, before, after)


def _question_changes(a: RunResult, b: RunResult, *, alike: bool) -> Iterator[Change]:
    before, after = _by_id(a), _by_id(b)
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old is not new:
            decided = {old, new} == {Verdict.PASS, Verdict.FAIL}
            yield Change(name, old, new, flake=alike and decided)


def _by_id(result: RunResult) -> dict[str, Verdict]:
    return {question.id: question.verdict for question in result.questions}


def _warnings(a: RunResult, b: RunResult) -> Iterator[Warn]:
    pairs = {
        "federation": (_federation(a), _federation(b)),
        "versions": (_products(a), _products(b)),
        "harness": (a.run.harness_version, b.run.harness_version),
        "runtime": (a.run.runtime, b.run.runtime),
        "question_list": (a.run.question_list, b.run.question_list),
    }
    for code, (first, second) in pairs.items():
        if first != second:
            yield Warn(code, first, second)
    for result in (a, b):
        if not result.run.complete:
            yield Warn("incomplete", result.run.id)


def _same_rules(a: RunResult, b: RunResult) -> bool:
    return a.federation.agencies == b.federation.agencies and a.exceptions == b.exceptions


def _federation(result: RunResult) -> str:
    agencies = ", ".join(agency.name for agency in result.federation.agencies)
    return f"{result.federation.name} ({agencies})"


def _products(result: RunResult) -> str:
    """Return every service with what decides its behaviour: product, version, setting."""
    return "; ".join(
        f"{agency.name}/{service.service} {service.product} {service.version} {service.setting}"
        for agency in result.federation.agencies
        for service in agency.services
    )
