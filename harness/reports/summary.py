"""``summary.md``: what a nightly CI shows: what failed first, and what to switch off."""

from __future__ import annotations

from harness.model.result import Finding, QuestionResult, RunResult
from harness.model.verdict import Verdict
from harness.reports import facts, figures
from harness.reports.escape import markdown, markdown_code, shortened
from harness.reports.texts import Texts

_MOST = 30


def render_summary(result: RunResult, lang: str = "en") -> str:
    """Return the summary as Markdown (CommonMark with tables)."""
    texts = Texts(lang)
    parts = [_head(result, texts), _results(result, texts), _failed(result, texts), _undecided(result, texts)]
    parts += [_findings(result, texts), markdown(texts.text("report.statement"))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(result: RunResult, texts: Texts) -> str:
    lines = ["# " + texts.text("summary.title", run=markdown_code(result.run.id))]
    if not result.run.complete:
        title, text = texts.text("report.incomplete_title"), texts.text("report.incomplete_text")
        lines += ["", f"> **{markdown(title)}** {markdown(text)}"]
    return "\n".join(lines)


def _results(result: RunResult, texts: Texts) -> str:
    rows = [f"| {texts.text('column.result')} | {texts.text('column.verdict')} | |", "|---|---|---|"]
    for name in facts.RESULTS:
        verdict = facts.verdict_of(result, name)
        rule = {"stays": "stays_policy_rule", "stays_reference": "stays_reference_rule"}.get(name)
        label = texts.text(f"result.{name}") + (f", {texts.text(f'result.{rule}')}" if rule else "")
        word, long = texts.text(f"verdict.{verdict}"), texts.text(facts.long_form(result, name))
        why = "; ".join([markdown(long), *_reasons(result, name, texts)])
        rows.append(f"| {markdown(label)} | **{markdown(word)}** | {why} |")
    counts = texts.text(
        "report.tested",
        tested=facts.tested(result),
        total=facts.total(result.counts),
        unknown=result.counts.unknown,
    )
    return "\n".join([*rows, "", markdown(counts)])


def _reasons(result: RunResult, name: str, texts: Texts) -> list[str]:
    """Why a result is not a pass, in full: a nightly run's reader has nothing else at hand."""
    reasons = () if facts.verdict_of(result, name) is Verdict.PASS else result.reasons.get(name, ())
    return [texts.reason(reason, quote=_quote, plain=markdown) for reason in reasons]


def _failed(result: RunResult, texts: Texts) -> str:
    lines = [f"## {texts.text('summary.failed')}", ""]
    failed = facts.questions_with(result, Verdict.FAIL)
    findings = [f for f in facts.worst_first(result.findings) if f.verdict is Verdict.FAIL]
    if not failed and not findings:
        return "\n".join([*lines, texts.text("summary.failed_none")])
    if findings:
        first = {"time": figures.when(findings[0].first_seen), "place": _place(findings[0])}
        lines += [texts.coded("summary", "first_failure", first, plain=markdown), ""]
    lines += [f"- {_question(question, texts)}" for question in failed]
    return "\n".join(lines).rstrip()


def _undecided(result: RunResult, texts: Texts) -> str:
    open_questions = facts.questions_with(result, Verdict.UNKNOWN)
    if not open_questions:
        return ""
    lines = [f"## {texts.text('summary.undecided')}", ""]
    return "\n".join(lines + [f"- {_question(one, texts)}" for one in open_questions])


def _question(question: QuestionResult, texts: Texts) -> str:
    return f"{markdown_code(question.id)}: {texts.reason(question.reason, quote=_quote, plain=markdown)}"


def _quote(text: str) -> str:
    return markdown_code(shortened(text, 300))


def _findings(result: RunResult, texts: Texts) -> str:
    head = f"## {texts.text('summary.findings')}\n\n"
    if not result.findings:
        whole = facts.recording_whole(result)
        return head + texts.text("report.findings_none" if whole else "report.findings_none_undecided")
    names = ("verdict", "agency", "service", "destination")
    columns = [texts.text(f"column.{name}") for name in names]
    columns += [texts.text("fact.trigger"), texts.text("fact.switch_off"), texts.text("column.evidence")]
    rows = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    worst = facts.worst_first(result.findings)
    rows += [_row(finding, texts) for finding in worst[:_MOST]]
    if len(worst) > _MOST:
        rows += ["", markdown(texts.text("summary.more", number=len(worst) - _MOST))]
    return head + "\n".join(rows)


def _row(finding: Finding, texts: Texts) -> str:
    off = finding.destination.switch_off
    cells = [
        markdown(texts.text(f"verdict.{finding.verdict}")),
        markdown_code(finding.agency),
        markdown_code(finding.service or finding.user),
        _quote(facts.target(finding)) + f", {_left(finding, texts)}",
        _quote(texts.label("trigger", finding.trigger)),
        _quote(off) if off else markdown(texts.text("summary.no_switch")),
        markdown_code(", ".join(finding.evidence)),
    ]
    return "| " + " | ".join(cells) + " |"


def _place(finding: Finding) -> str:
    service = finding.service or finding.user
    where = " ".join(markdown_code(part) for part in (finding.agency, service) if part)
    return f"{where} → {_quote(facts.target(finding))}"


def _left(finding: Finding, texts: Texts) -> str:
    if finding.kind == facts.RESIDENCY:
        return markdown(texts.label("kind", finding.kind))
    return markdown(texts.text("summary.left" if finding.passed else "summary.tried"))
