"""The last lines on a terminal: why, the three results, the counts, the first findings, the way on."""

from __future__ import annotations

from pathlib import Path

from harness.model.result import Finding, QuestionResult, RunResult
from harness.model.verdict import Verdict
from harness.reports import facts
from harness.reports.escape import shortened, visible
from harness.reports.texts import Texts

FIRST = 3
"""How many findings get a line."""
REASONS = 3
"""How many reasons are given for each result."""
QUESTIONS = 5
"""How many questions get a line."""
_WIDEST = 200
_LONGEST_REASON = 120


def last_lines(
    result: RunResult,
    report_path: Path | str,
    exit_status: int,
    lang: str = "en",
    *,
    baseline: RunResult | None = None,
) -> list[str]:
    """Return the lines that end every run, without colour and without control characters.

    Args:
        result: the run.
        report_path: where the report was written.
        exit_status: what the command ends with.
        lang: ``en`` or ``sv``.
        baseline: an earlier run; an outside destination that it did not see is *new*.
            Without one, *new* is what the destination catalogue does not know.
    """
    texts = Texts(lang)
    lines = [] if result.run.complete else [texts.text("terminal.incomplete")]
    lines += [*_why(result, texts), *_questions(result, texts)]
    lines += [_results(result, texts), _counts(result, texts, baseline)]
    worst = facts.worst_first(result.findings)
    lines += [_finding(finding, texts) for finding in worst[:FIRST]]
    if len(worst) > FIRST:
        lines.append(texts.text("terminal.more", number=len(worst) - FIRST))
    lines.append(texts.text("terminal.report", path=report_path))
    code = f"exit.s{exit_status}"
    meaning = texts.text(code if code in texts else "exit.other")
    lines.append(texts.text("terminal.exit", status=exit_status, meaning=meaning))
    return [visible(line) for line in lines]


def _why(result: RunResult, texts: Texts) -> list[str]:
    """Say of each result that is not a pass why it is not."""
    lines = []
    for name in facts.RESULTS:
        verdict, reasons = facts.verdict_of(result, name), result.reasons.get(name, ())
        if verdict is Verdict.PASS or not reasons:
            continue
        given = [_short(texts.reason(reason)) for reason in reasons[:REASONS]]
        if len(reasons) > REASONS:
            given.append(texts.text("report.more_reasons", number=len(reasons) - REASONS))
        word = texts.text(f"verdict.{verdict}").lower()
        label = texts.text(f"terminal.{name}")
        lines.append(texts.text("terminal.why", result=label, verdict=word, reasons="; ".join(given)))
    return lines


def _questions(result: RunResult, texts: Texts) -> list[str]:
    """Name the questions that failed, then those that cannot be decided."""
    found = [*facts.questions_with(result, Verdict.FAIL), *facts.questions_with(result, Verdict.UNKNOWN)]
    lines = [_question(question, texts) for question in found[:QUESTIONS]]
    if len(found) > QUESTIONS:
        lines.append("  " + texts.counted("terminal.more_questions", len(found) - QUESTIONS))
    return lines


def _question(question: QuestionResult, texts: Texts) -> str:
    verdict = texts.text(f"verdict.{question.verdict}").lower()
    reason = _short(texts.reason(question.reason))
    return "  " + texts.text("terminal.question", id=question.id, verdict=verdict, reason=reason)


def _short(reason: str) -> str:
    """Return a reason in one line: an assertion's own text may have many."""
    return shortened(" ".join(reason.split()), _LONGEST_REASON)


def _results(result: RunResult, texts: Texts) -> str:
    words = {name: texts.text(f"verdict.{facts.verdict_of(result, name)}").lower() for name in facts.RESULTS}
    return texts.text("terminal.results", **words)


def _counts(result: RunResult, texts: Texts, baseline: RunResult | None) -> str:
    places = facts.outside_destinations(result, baseline)
    return texts.text(
        "terminal.counts",
        tested=facts.tested(result),
        total=facts.total(result.counts),
        outside=texts.counted("count.outside", len(places)),
        new=texts.counted("count.new", sum(place.new for place in places)),
        exceptions=texts.counted("count.exceptions", facts.exception_count(result)),
    )


def _finding(finding: Finding, texts: Texts) -> str:
    """Agency · service · host · trigger · off switch."""
    trigger = texts.text("terminal.during", trigger=texts.label("trigger", finding.trigger or "none"))
    switch = finding.destination.switch_off
    off = texts.text("terminal.switch_off", switch_off=switch) if switch else texts.text("terminal.no_switch")
    verdict = texts.text(f"verdict.{finding.verdict}").lower()
    parts = [
        finding.agency,
        finding.service or finding.user,
        facts.target(finding) or texts.label("kind", finding.kind),
        trigger,
        off,
    ]
    line = " · ".join(shortened(visible(part), 80) for part in parts if part)
    return shortened(f"  {verdict}: {line}", _WIDEST)
