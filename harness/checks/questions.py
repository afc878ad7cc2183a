"""Steps into answers: what every question of the catalogue came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.checks.codes import Code, reason
from harness.checks.expectations import Outcome, worst_outcome
from harness.checks.ids import references
from harness.model.evidence import StepRecord
from harness.model.inputs import Inputs
from harness.model.question import Question
from harness.model.result import QuestionResult, Reason
from harness.model.verdict import Verdict

Numbered = tuple[int, StepRecord]
Judge = Callable[[StepRecord], Outcome]

_TEXT = 2000
_ENDS = {
    "passed": (Verdict.PASS, Code.SCENARIO_PASSED),
    "failed": (Verdict.FAIL, Code.SCENARIO_FAILED),
    "error": (Verdict.UNKNOWN, Code.SCENARIO_ERROR),
    "interrupted": (Verdict.UNKNOWN, Code.SCENARIO_INTERRUPTED),
}


@dataclass(frozen=True)
class Answer:
    """What a question came to, before the policy has its say.

    Args:
        lines: file stem and sequence number of the evidence.
        evidence: the same as finished references, where there are findings to take them from.
    """

    verdict: Verdict
    reason: Reason
    seconds: float | None = None
    agencies: tuple[str, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    evidence: tuple[str, ...] = ()


class Questions:
    """Answers every question of the catalogue.

    Args:
        inputs: catalogue, selection and policy.
        steps: ``steps.jsonl`` with sequence numbers.
        took_part: per question, the agencies whose persons or planted words belong to it.
        judge: what an expectation came to.
        observed: answers that come from the evidence itself rather than from a scenario.
    """

    def __init__(
        self,
        inputs: Inputs,
        steps: Iterable[Numbered],
        took_part: Mapping[str, tuple[str, ...]],
        judge: Judge,
        observed: Mapping[str, Answer],
    ) -> None:
        self._inputs = inputs
        self._steps: dict[str, list[Numbered]] = {}
        self._took_part = took_part
        self._judge = judge
        self._observed = observed
        for seq, step in steps:
            name = step.scenario or (step.name if step.kind == "scenario" else "")
            self._steps.setdefault(name, []).append((seq, step))

    def answers(self) -> list[QuestionResult]:
        """Return one result for each question, in the order of the catalogue.

        A question of the user's own that the policy wants tested, and that no scenario of
        this run asked, comes last: left out, it would not be missed.
        """
        return [self._result(question) for question in (*self._inputs.questions.questions, *self._missed())]

    def _missed(self) -> Iterator[Question]:
        known = {question.id for question in self._inputs.questions.questions}
        number = max((question.number for question in self._inputs.questions.questions), default=0)
        for name in dict.fromkeys(self._inputs.federation.policy.must):
            if name not in known:
                number += 1
                title: dict[Literal["en", "sv"], str] = {"en": name, "sv": name}
                # The id is the user's word, so its form is not checked.
                yield Question.model_construct(id=name, number=number, title=title, function="general")

    def _result(self, question: Question) -> QuestionResult:
        answer = self._observed.get(question.id) or self._from_steps(question)
        answer = self._with_must(question, answer)
        return QuestionResult(
            id=question.id,
            number=question.number,
            title={str(language): text for language, text in question.title.items()},
            function=question.function,
            result=question.result,
            verdict=answer.verdict,
            reason=answer.reason,
            seconds=answer.seconds,
            agencies=answer.agencies,
            evidence=answer.evidence or references(answer.lines),
        )

    def _from_steps(self, question: Question) -> Answer:
        steps = self._steps.get(question.id, [])
        outcomes = [(seq, step) for seq, step in steps if step.kind == "scenario"]
        if outcomes:
            return self._expected(question, steps, self._ended(question, outcomes))
        if any(selected.id == question.id for selected in self._inputs.run.selected):
            return Answer(Verdict.UNKNOWN, reason(Code.SCENARIO_NOT_RUN))
        return Answer(Verdict.NOT_TESTED, reason(Code.NO_SCENARIO))

    def _ended(self, question: Question, outcomes: Sequence[Numbered]) -> Answer:
        ends = [(seq, step) for seq, step in outcomes if step.outcome not in ("", "started")]
        starts = len(outcomes) - len(ends)
        lines = tuple(("steps", seq) for seq, _ in outcomes)
        agencies = self._took_part.get(question.id, ())
        if not ends or starts > len(ends):
            return Answer(Verdict.UNKNOWN, reason(Code.SCENARIO_NO_END), None, agencies, lines)
        answers = [self._end(question, step) for _, step in ends]
        worst = max(answers, key=lambda answer: _RANK[answer[0]])
        seconds = sum(step.seconds or 0.0 for _, step in ends)
        return Answer(*worst, round(seconds, 3), agencies, lines)

    def _end(self, question: Question, step: StepRecord) -> tuple[Verdict, Reason]:
        if step.outcome == "not_tested":
            return self._not_tested(question, step)
        verdict, code = _ENDS[step.outcome]
        if code == Code.SCENARIO_FAILED and step.code == "deadline":
            code = Code.SCENARIO_DEADLINE
        if code in (Code.SCENARIO_FAILED, Code.SCENARIO_DEADLINE, Code.SCENARIO_ERROR):
            return verdict, reason(code, text=step.text[:_TEXT])
        return verdict, reason(code)

    def _not_tested(self, question: Question, step: StepRecord) -> tuple[Verdict, Reason]:
        present = len(self._inputs.federation.agencies)
        if step.code == Code.AGENCIES and present < question.agencies:
            few = reason(Code.TOO_FEW_AGENCIES, needed=question.agencies, present=present)
            return Verdict.NOT_APPLICABLE, few
        return Verdict.NOT_TESTED, Reason(code=step.code, params=step.params)

    def _expected(self, question: Question, steps: Sequence[Numbered], answer: Answer) -> Answer:
        if answer.verdict not in (Verdict.PASS, Verdict.UNKNOWN):
            return answer
        outcome = worst_outcome([self._judge(step) for _, step in steps if step.kind == "expectation"])
        lines = answer.lines + outcome.lines
        lines += tuple(("steps", seq) for seq, step in steps if step.kind == "expectation")
        if outcome.reason is None or _RANK[outcome.verdict] < _RANK[answer.verdict]:
            return Answer(answer.verdict, answer.reason, answer.seconds, answer.agencies, lines)
        return Answer(outcome.verdict, outcome.reason, answer.seconds, answer.agencies, lines)

    def _with_must(self, question: Question, answer: Answer) -> Answer:
        outside_order = answer.verdict in (Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE)
        if question.id not in self._inputs.federation.policy.must or not outside_order:
            return answer
        must = reason(Code.MUST_BE_TESTED, code=answer.reason.code)
        return Answer(Verdict.UNKNOWN, must, answer.seconds, answer.agencies, answer.lines)


_RANK = {
    Verdict.NOT_APPLICABLE: 0,
    Verdict.NOT_TESTED: 1,
    Verdict.PASS: 2,
    Verdict.UNKNOWN: 3,
    Verdict.FAIL: 4,
}
