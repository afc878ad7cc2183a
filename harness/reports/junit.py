"""``junit.xml``: what a CI system reads: a test case for each question and each *stays*."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from harness.model.result import Finding, QuestionResult, RunResult
from harness.model.verdict import Verdict
from harness.reports import facts
from harness.reports.escape import visible
from harness.reports.texts import Texts

_MOST = 20


def render_junit(result: RunResult, lang: str = "en") -> str:
    """Return the result as JUnit XML.

    A verdict that cannot be decided is an ``error``, so that no CI system takes it for a
    pass; ``not_tested`` and ``not_applicable`` are ``skipped``. A run that did not come to
    its end has a case of its own that says so.

    Args:
        result: the run.
        lang: the language of titles and reasons.
    """
    texts = Texts(lang)
    suite = ET.Element("testsuite", _attributes(result))
    if not result.run.complete:
        broken = _case(suite, "run.complete", texts.text("report.incomplete_title"))
        _problem(broken, "error", texts.text("report.incomplete_title"), texts.text("report.incomplete_text"))
    for question in result.questions:
        _question(suite, question, texts)
    for name in ("stays", "stays_reference"):
        _stays(suite, result, name, texts)
    _count(suite)
    suites = ET.Element("testsuites", {"name": "fedharness"})
    suites.append(suite)
    ET.indent(suites, " ")
    return ET.tostring(suites, encoding="unicode", xml_declaration=False).join(
        ("<?xml version='1.0' encoding='utf-8'?>\n", "\n")
    )


def _attributes(result: RunResult) -> dict[str, str]:
    run = result.run
    started = datetime.fromtimestamp(run.started, UTC).isoformat(timespec="seconds")
    seconds = 0.0 if run.ended is None else run.ended - run.started
    name = visible(f"{result.federation.name} {run.id}")
    return {"name": name, "timestamp": started, "time": f"{seconds:.3f}"}


def _question(suite: ET.Element, question: QuestionResult, texts: Texts) -> None:
    title = question.title.get(texts.lang) or question.title.get("en") or question.id
    case = _case(suite, question.id, title, question.seconds)
    reason = texts.reason(question.reason)
    evidence = f"{texts.text('fact.evidence')}: {', '.join(question.evidence)}"
    _outcome(case, question.verdict, reason, evidence, texts)


def _stays(suite: ET.Element, result: RunResult, name: str, texts: Texts) -> None:
    verdict = facts.verdict_of(result, name)
    rule = "stays_reference_rule" if name == "stays_reference" else "stays_policy_rule"
    title = f"{texts.text(f'result.{name}')}, {texts.text(f'result.{rule}')}"
    case = _case(suite, f"result.{name}", title)
    against = [f for f in facts.worst_first(result.findings) if _verdict_by(f, name) is verdict]
    lines = [_line(finding, texts) for finding in against[:_MOST]]
    if len(against) > _MOST:
        lines.append(texts.text("report.more_reasons", number=len(against) - _MOST))
    lines += [texts.reason(reason) for reason in result.reasons.get(name, ())]
    _outcome(case, verdict, texts.text(facts.long_form(result, name)), "\n".join(lines), texts)


def _verdict_by(finding: Finding, name: str) -> Verdict:
    return finding.reference_verdict if name == "stays_reference" else finding.verdict


def _line(finding: Finding, texts: Texts) -> str:
    where = " · ".join(part for part in (finding.agency, finding.service) if part)
    kind = texts.label("kind", finding.kind)
    return f"{finding.id}: {kind}: {where} → {facts.target(finding)}"


def _case(suite: ET.Element, name: str, title: str, seconds: float | None = None) -> ET.Element:
    group = f"fedharness.{name.split('.')[0]}"
    attributes = {"classname": group, "name": visible(f"{name}: {title}"), "time": f"{seconds or 0.0:.3f}"}
    return ET.SubElement(suite, "testcase", attributes)


def _outcome(case: ET.Element, verdict: Verdict, message: str, detail: str, texts: Texts) -> None:
    if verdict is Verdict.FAIL:
        _problem(case, "failure", message, detail)
    elif verdict is Verdict.UNKNOWN:
        _problem(case, "error", f"{texts.text('verdict.unknown')}: {message}", detail)
    elif verdict is not Verdict.PASS:
        ET.SubElement(case, "skipped", {"message": visible(f"{texts.text(f'verdict.{verdict}')}: {message}")})


def _problem(case: ET.Element, tag: str, message: str, detail: str) -> None:
    element = ET.SubElement(case, tag, {"message": visible(message)})
    element.text = "\n".join(visible(line) for line in detail.split("\n"))


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
