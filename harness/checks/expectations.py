"""What scenarios expected of stores and borders, judged from what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.checks.codes import Code, reason
from harness.checks.contacts import Contacts
from harness.checks.logged import SWEEP as LOGS
from harness.checks.stores import Hit, Stores
from harness.model.evidence import CanaryRecord, LogRecord, StepRecord
from harness.model.result import Reason
from harness.model.verdict import Verdict

_LINES = 20
_REMAINS = ("freed_page", "wal", "deleted_open", "backup")


@dataclass(frozen=True)
class Outcome:
    """What an expectation came to, and on which lines of evidence."""

    verdict: Verdict
    reason: Reason | None = None
    lines: tuple[tuple[str, int], ...] = ()


MET = Outcome(Verdict.PASS)
_Judge = Callable[[str, str, Sequence[str]], Outcome]


@dataclass(frozen=True)
class Expectations:
    """Judges expectations.

    Args:
        stores: the sweeps.
        canaries: the planted words.
        contacts: who contacted whom.
        covered: per agency, whether its border's record is whole.
        began: when each scenario started, in seconds since the epoch.
        logs: what services wrote to their output.
        redacted_may_rest: whether the policy lets a word that was taken back rest at an agency.
    """

    stores: Stores
    canaries: Mapping[str, CanaryRecord]
    contacts: Contacts
    covered: Mapping[str, bool]
    began: Mapping[str, float]
    logs: Sequence[tuple[int, LogRecord]] = ()
    redacted_may_rest: Callable[[str, str], bool] = lambda canary, agency: False

    def judge(self, step: StepRecord) -> Outcome:
        """Return what one expectation came to.

        ``absent`` and ``present`` are judged by the sweep that the step names, else by the
        last one. A product that deletes may leave remains in freed pages and logs of a
        database, which ``absent`` allows unless the word's data class is ``encrypted``: that
        must never have been written readable at all. ``redacted`` is met where the policy lets
        such a text rest on, as products keep it for a while, and then says that it does.
        ``logged`` is judged by what the agency's services wrote since the scenario began.
        """
        canary = step.params.get("canary", "")
        if step.name == "absent" and canary:
            return self._each(step, canary, self._absent)
        if step.name == "present" and canary:
            return self._each(step, canary, self._present)
        if step.name == "redacted" and canary:
            return self._each(step, canary, self._redacted)
        if step.name == "logged" and step.params.get("text"):
            return self._logged(step)
        if step.name == "no_contact" and {"from", "to"} <= step.params.keys():
            return self._no_contact(step)
        return Outcome(Verdict.UNKNOWN, reason(Code.EXPECTATION_MALFORMED, name=step.name))

    def _each(self, step: StepRecord, canary: str, judge: _Judge) -> Outcome:
        sweeps = self._sweeps(step)
        outcomes = [judge(canary, agency, sweeps) for agency in self._agencies(step)]
        return worst_outcome(outcomes)

    def _agencies(self, step: StepRecord) -> Sequence[str]:
        named = tuple(filter(None, step.params.get("agencies", "").split(",")))
        return step.agencies or named or tuple(self.covered)

    def _sweeps(self, step: StepRecord) -> tuple[str, ...]:
        label = step.params.get("sweep", "last")
        return (label,) if label != "last" else tuple(self.stores.labels[-1:])

    def _hits(self, canary: str, agency: str, sweeps: Sequence[str]) -> list[Hit]:
        return [
            (line, hit)
            for line, hit in self.stores.hits
            if hit.canary == canary and hit.agency == agency and hit.sweep in (*sweeps, LOGS)
        ]

    def _absent(self, canary: str, agency: str, sweeps: Sequence[str]) -> Outcome:
        never = canary in self.canaries and self.canaries[canary].data_class == "encrypted"
        hits = [
            (line, hit)
            for line, hit in self._hits(canary, agency, sweeps)
            if never or hit.place not in _REMAINS
        ]
        if hits:
            lines = tuple(line for line, _ in hits)
            store = ", ".join(sorted({hit.store for _, hit in hits}))
            return Outcome(
                Verdict.FAIL, reason(Code.EXPECTED_ABSENT, canary=canary, agency=agency, store=store), lines
            )
        read = tuple(("storage", seq) for seq in self.stores.lines(agency, sweeps))
        return self._obstacle(canary, agency, sweeps) or Outcome(Verdict.PASS, lines=read)

    def _present(self, canary: str, agency: str, sweeps: Sequence[str]) -> Outcome:
        hits = self._hits(canary, agency, sweeps)
        if hits:
            return Outcome(Verdict.PASS, lines=tuple(line for line, _ in hits))
        failed = Outcome(Verdict.FAIL, reason(Code.EXPECTED_PRESENT, canary=canary, agency=agency))
        return self._obstacle(canary, agency, sweeps) or failed

    def _redacted(self, canary: str, agency: str, sweeps: Sequence[str]) -> Outcome:
        hits = [(line, hit) for line, hit in self._hits(canary, agency, sweeps) if hit.place not in _REMAINS]
        if not hits:
            return self._absent(canary, agency, sweeps)
        lines = tuple(line for line, _ in hits)
        store = ", ".join(sorted({hit.store for _, hit in hits}))
        if self.redacted_may_rest(canary, agency):
            return Outcome(Verdict.PASS, reason(Code.REDACTED_KEPT, agency=agency, store=store), lines)
        failed = reason(Code.EXPECTED_ABSENT, canary=canary, agency=agency, store=store)
        return Outcome(Verdict.FAIL, failed, lines)

    def _logged(self, step: StepRecord) -> Outcome:
        """Judge that a service of each agency wrote a text to its log after the scenario began."""
        since, wanted = self.began.get(step.scenario, 0.0), step.params["text"]
        outcomes = []
        for agency in self._agencies(step):
            lines = tuple(
                ("logs", seq)
                for seq, line in self.logs
                if line.agency == agency and line.ts >= since and wanted in line.text
            )
            failed = Outcome(Verdict.FAIL, reason(Code.EXPECTED_LOGGED, agency=agency, wanted=wanted))
            outcomes.append(Outcome(Verdict.PASS, None, lines[:_LINES]) if lines else failed)
        return worst_outcome(outcomes)

    def _obstacle(self, canary: str, agency: str, sweeps: Sequence[str]) -> Outcome | None:
        swept = self.stores.at(agency, sweeps) if sweeps else []
        if not swept:
            return Outcome(Verdict.UNKNOWN, reason(Code.EXPECTATION_NOT_SWEPT, canary=canary, agency=agency))
        obstacles = {store: self.stores.obstacle(store, sweeps) for store in swept}
        hard = [s for s, why in obstacles.items() if why is not None and why.code != Code.STORE_NO_CONTROL]
        if not hard and any(why is None and self.stores.was_hit(s) for s, why in obstacles.items()):
            return None
        store = ", ".join(name for _, _, name in hard or swept)
        opaque = reason(Code.EXPECTATION_OPAQUE, canary=canary, agency=agency, store=store)
        return Outcome(Verdict.UNKNOWN, opaque)

    def _no_contact(self, step: StepRecord) -> Outcome:
        source, target = step.params["from"], step.params["to"]
        since = self.began.get(step.scenario, 0.0)
        lines = self.contacts.between(source, target, since)
        if lines:
            failed = reason(Code.EXPECTED_NO_CONTACT, **{"from": source, "to": target})
            return Outcome(Verdict.FAIL, failed, tuple(lines))
        if not self.covered.get(source, False):
            return Outcome(Verdict.UNKNOWN, reason(Code.EXPECTATION_UNCOVERED, **{"from": source}))
        return MET


def worst_outcome(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the first of the worst outcomes, with the evidence lines of all."""
    lines = tuple(line for outcome in outcomes for line in outcome.lines)
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS):
        for outcome in outcomes:
            if outcome.verdict == verdict and (outcome.reason is not None or verdict != Verdict.PASS):
                return Outcome(verdict, outcome.reason, lines)
    return Outcome(Verdict.PASS, None, lines)
