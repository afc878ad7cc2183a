"""A comparison as plain text and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from harness.model.verdict import Verdict
from harness.reports import facts
from harness.reports.compare import Change, Comparison, FindingChange
from harness.reports.escape import markdown, markdown_code, visible
from harness.reports.texts import Quote, Texts


def compare_lines(comparison: Comparison, lang: str = "en") -> list[str]:
    """Return the comparison as lines for a terminal."""
    texts = Texts(lang)
    lines = [_title(comparison, texts, visible, visible)]
    for heading, items in _sections(comparison, texts, visible, visible):
        lines += ["", f"{heading}:", *(f"  {item}" for item in items)]
    return lines


def compare_markdown(comparison: Comparison, lang: str = "en") -> str:
    """Return the comparison as Markdown."""
    texts = Texts(lang)
    lines = ["# " + _title(comparison, texts, markdown_code, markdown)]
    for heading, items in _sections(comparison, texts, markdown_code, markdown):
        lines += ["", f"## {markdown(heading)}", "", *(f"- {item}" for item in items)]
    return "\n".join(lines) + "\n"


def _title(comparison: Comparison, texts: Texts, quote: Quote, plain: Quote) -> str:
    params = {"a": comparison.a, "b": comparison.b}
    return texts.coded("compare", "title", params, quote=quote, plain=plain)


def _sections(
    comparison: Comparison, texts: Texts, quote: Quote, plain: Quote
) -> list[tuple[str, Sequence[str]]]:
    warnings = [
        texts.coded("compare.warning", warn.code, {"a": warn.a, "b": warn.b}, quote=quote, plain=plain)
        for warn in comparison.warnings
    ]
    results = [_change(one, texts, quote, plain, named="result") for one in comparison.results]
    questions = [_change(one, texts, quote, plain) for one in comparison.questions]
    finding_changes = (*comparison.appeared, *comparison.disappeared, *comparison.changed)
    findings = [_finding(one, texts, quote, plain) for one in finding_changes]
    if comparison.same:
        results = [plain(texts.text("compare.none"))]
    found = {"warnings": warnings, "results": results, "questions": questions, "findings": findings}
    return [(texts.text(f"compare.{name}"), items) for name, items in found.items() if items]


def _change(change: Change, texts: Texts, quote: Quote, plain: Quote, named: str = "") -> str:
    what = _result_name(change.name, texts, plain) if named else quote(change.name)
    before, after = _word(change.before, texts, plain), _word(change.after, texts, plain)
    line = texts.text("compare.change", what=what, before=before, after=after)
    return f"{line} ({plain(texts.text('verdict_note.flake'))})" if change.flake else line


def _result_name(name: str, texts: Texts, plain: Quote) -> str:
    rule = {"stays": "stays_policy_rule", "stays_reference": "stays_reference_rule"}.get(name)
    label = texts.text(f"result.{name}")
    return plain(f"{label}, {texts.text(f'result.{rule}')}" if rule else label)


def _word(verdict: Verdict | None, texts: Texts, plain: Quote) -> str:
    return plain(texts.text(f"verdict.{verdict}" if verdict is not None else "compare.absent"))


def _finding(change: FindingChange, texts: Texts, quote: Quote, plain: Quote) -> str:
    finding = change.shown
    place = [quote(part) for part in (finding.agency, finding.service or finding.user) if part]
    target = facts.target(finding)
    where = " ".join(place) + (f" → {quote(target)}" if target else "")
    what = f"{plain(texts.label('kind', finding.kind))}: {where}"
    if change.before is None:
        return f"{what}: {plain(texts.text('compare.appeared'))}"
    if change.after is None:
        return f"{what}: {plain(texts.text('compare.disappeared'))}"
    amounts = {"before": change.before.bytes, "after": change.after.bytes}
    return f"{what}: {plain(texts.text('compare.changed', **amounts))}"
