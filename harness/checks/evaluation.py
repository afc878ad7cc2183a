"""From evidence and inputs to ``run.json``: the one way through all checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.checks.classify import Classifier
from harness.checks.codes import Code
from harness.checks.contacts import Contacts
from harness.checks.coverage import coverage
from harness.checks.crowds import gathered
from harness.checks.detail import Details
from harness.checks.disclosures import disclosures, flow_sums
from harness.checks.expectations import Expectations
from harness.checks.findings import finding, groups
from harness.checks.logged import logged_hits
from harness.checks.lookups import lookup_sightings
from harness.checks.observed import observed
from harness.checks.overview import federation_info, run_info
from harness.checks.questions import Questions
from harness.checks.registry import Registry
from harness.checks.residency import may_rest, residency, residency_sightings
from harness.checks.sighting import Sighting
from harness.checks.stores import Stores, not_swept
from harness.checks.traffic import (
    border_sightings,
    host_sightings,
    judge_rows,
    openings,
    unattributed,
)
from harness.checks.verdicts import Facts, counts, results
from harness.checks.wholeness import ended, gaps
from harness.model.evidence import (
    CanaryRecord,
    CoverageRecord,
    DnsRecord,
    HostRecord,
    LedgerRecord,
    LogRecord,
    StepRecord,
    StorageRecord,
)
from harness.model.inputs import Evidence, Inputs
from harness.model.result import Coverage, Finding, QuestionResult, Reason, RunResult
from harness.model.verdict import Verdict


def evaluate(inputs: Inputs, evidence: Evidence) -> RunResult:
    """Return all findings and verdicts of a run. The same input gives the same result.

    Args:
        inputs: what the run was given.
        evidence: what was observed.
    """
    return _Evaluation(inputs, evidence).result()


@dataclass(frozen=True)
class _Books:
    """The evidence files that are read more than once, in file order."""

    rows: Sequence[tuple[int, LedgerRecord]]
    questions: Sequence[tuple[int, DnsRecord]]
    steps: Sequence[tuple[int, StepRecord]]


class _Evaluation:
    def __init__(self, inputs: Inputs, evidence: Evidence) -> None:
        self._inputs, self._evidence = inputs, evidence
        self._books = _Books(
            evidence.of("ledger", LedgerRecord),
            evidence.of("dns", DnsRecord),
            evidence.of("steps", StepRecord),
        )
        self._registry = Registry.of(record for _, record in evidence.of("hosts", HostRecord))
        starts = openings(self._books.rows, self._registry)
        self._classifier = Classifier(inputs.federation, self._registry, starts)
        self._details = Details(evidence)
        self._canaries = {record.canary: record for _, record in evidence.of("canaries", CanaryRecord)}
        words = logged_hits(evidence.of("logs", LogRecord), self._registry, frozenset(self._canaries))
        self._stores = Stores.of(evidence.of("storage", StorageRecord), words)
        self._judged = judge_rows(self._books.rows, self._registry, self._classifier)

    def result(self) -> RunResult:
        missing = gaps(self._evidence)
        covered = self._coverage()
        found = self._findings()
        rests = residency(self._stores, self._canaries, self._inputs.federation)
        answers = self._answers(found, covered, missing)
        facts = Facts(answers, found, covered, missing, self._obstacles())
        verdicts, reasons = results(facts)
        return RunResult(
            run=run_info(self._inputs, complete=not missing, ended=ended(self._evidence)),
            federation=federation_info(self._inputs),
            verdicts=verdicts,
            reasons=reasons,
            counts=counts(answers),
            questions=tuple(answers),
            findings=tuple(found),
            residency=tuple(rests),
            disclosures=tuple(disclosures(self._judged, rests, self._inputs.federation)),
            flows=tuple(flow_sums(self._judged, self._details)),
            coverage=tuple(covered),
            exceptions=self._inputs.federation.policy.accepted,
        )

    def _coverage(self) -> list[Coverage]:
        records = [record for _, record in self._evidence.of("coverage", CoverageRecord)]
        further = unattributed(self._books.rows, self._registry)
        rows = [row for _, row in self._books.rows]
        return coverage(self._inputs, records, self._registry, rows, further)

    def _sightings(self) -> Iterable[Sighting]:
        yield from host_sightings(self._judged, self._details)
        yield from border_sightings(self._books.rows, self._registry, self._classifier, self._details)
        yield from lookup_sightings(self._books.questions, self._registry, self._classifier)
        yield from residency_sightings(
            self._stores.hits, self._canaries, self._inputs.federation, self._registry
        )

    def _findings(self) -> list[Finding]:
        scenarios = {word: canary.scenario for word, canary in self._canaries.items()}
        crowds = groups(gathered(self._sightings()), self._details)
        found = [finding(group, self._inputs, scenarios) for group in crowds]
        return sorted(found, key=lambda f: (f.agency, f.kind, f.first_seen, f.id))

    def _answers(
        self, found: Sequence[Finding], covered: Sequence[Coverage], missing: Sequence[Reason]
    ) -> list[QuestionResult]:
        agencies = tuple(self._inputs.federation.agencies)
        contacts = Contacts(
            self._judged, self._books.questions, self._registry, self._classifier, self._details
        )
        whole = {entry.border: entry.listed == Verdict.PASS for entry in covered}
        expectations = Expectations(
            self._stores,
            self._canaries,
            contacts,
            {agency: whole.get(agency, False) for agency in agencies},
            self._began(),
            self._evidence.of("logs", LogRecord),
            lambda canary, agency: self._redacted_may_rest(canary, agency),
        )
        return Questions(
            self._inputs,
            self._books.steps,
            self._took_part(),
            expectations.judge,
            observed(found, covered, missing, agencies),
        ).answers()

    def _redacted_may_rest(self, canary: str, agency: str) -> bool:
        word = self._canaries.get(canary)
        if word is None:
            return False
        taken_back = word.model_copy(update={"data_class": "redacted"})
        return may_rest(taken_back, agency, self._inputs.federation)

    def _began(self) -> dict[str, float]:
        began: dict[str, float] = {}
        for _, step in self._books.steps:
            if step.kind == "scenario" and step.outcome == "started":
                began.setdefault(step.scenario or step.name, step.ts)
        return began

    def _took_part(self) -> Mapping[str, tuple[str, ...]]:
        present: dict[str, set[str]] = {}
        for life in self._registry.lives:
            if life.scenario:
                present.setdefault(life.scenario, set()).add(life.agency)
        for canary in self._canaries.values():
            present.setdefault(canary.scenario, set()).update(canary.participants)
        order = list(self._inputs.federation.agencies)
        return {name: tuple(a for a in order if a in found) for name, found in present.items()}

    def _obstacles(self) -> list[Reason]:
        """Why stores cannot be judged; a store that was not shown to be readable counts
        only where no store of its service was."""
        if not self._canaries:
            return []
        reasons = not_swept(self._stores, self._registry)
        for store in sorted(self._stores.coverage):
            why = self._stores.obstacle(store)
            if why is not None and (why.code != Code.STORE_NO_CONTROL or not self._service_readable(store)):
                reasons.append(why)
        return reasons

    def _service_readable(self, store: tuple[str, str, str]) -> bool:
        return any(self._stores.was_hit(other) for other in self._stores.coverage if other[:2] == store[:2])
