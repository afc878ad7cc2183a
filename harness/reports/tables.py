"""``questions.csv``, ``findings.csv`` and ``residency.csv``: for spreadsheets.

Comma, CRLF and double quotes as in RFC 4180; UTF-8 with a byte order mark, because the
spreadsheets that case officers have read å, ä and ö wrongly without one. Python reads the
files with ``encoding="utf-8-sig"``; tools should rather read ``run.json``. Column names
are the field names of ``run.json``; texts stand beside their codes in both languages.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from harness.model.result import Finding, QuestionResult, Residency, RunResult
from harness.reports import figures
from harness.reports.escape import csv_cell
from harness.reports.texts import LANGUAGES, Texts

BYTE_ORDER_MARK = "\ufeff"
_MANY = "; "

_QUESTIONS = ("id", "number", "title_en", "title_sv", "function", "result", "verdict", "verdict_en",
              "verdict_sv", "reason", "reason_en", "reason_sv", "seconds", "agencies",
              "evidence")  # fmt: skip
_FINDINGS = ("id", "kind", "kind_en", "kind_sv", "verdict", "reference_verdict", "agency", "service",
             "product", "user", "name", "name_source", "address", "port", "proto", "destination_class",
             "operator", "country", "feature", "switch_off", "catalogue_id", "packets", "bytes", "count",
             "first_seen_utc", "last_seen_utc", "passed", "attribution", "attribution_host",
             "attribution_scenarios", "trigger", "accepted", "detail", "would_have_sent", "questions",
             "requirements", "evidence")  # fmt: skip
_RESIDENCY = ("canary", "class", "owner", "agency", "service", "store", "form", "place", "sweep", "verdict",
              "scenario")  # fmt: skip


def questions_csv(result: RunResult) -> str:
    """Return one row a question, in the order of the list."""
    texts = [Texts(lang) for lang in LANGUAGES]
    return _table(_QUESTIONS, (_question(question, texts) for question in result.questions))


def findings_csv(result: RunResult) -> str:
    """Return one row a finding, in the order of ``run.json``."""
    texts = [Texts(lang) for lang in LANGUAGES]
    return _table(_FINDINGS, (_finding(finding, texts) for finding in result.findings))


def residency_csv(result: RunResult) -> str:
    """Return one row for each place in which a planted word was found."""
    return _table(_RESIDENCY, (_rest(row) for row in result.residency))


def _question(question: QuestionResult, texts: Sequence[Texts]) -> list[object]:
    return [
        question.id, question.number, question.title.get("en", ""), question.title.get("sv", ""),
        question.function, question.result, question.verdict,
        *(one.text(f"verdict.{question.verdict}") for one in texts),
        question.reason.code, *(one.reason(question.reason) for one in texts),
        "" if question.seconds is None else f"{question.seconds:.3f}",
        _MANY.join(question.agencies), _MANY.join(question.evidence),
    ]  # fmt: skip


def _finding(finding: Finding, texts: Sequence[Texts]) -> list[object]:
    place, cause = finding.destination, finding.attribution
    return [
        finding.id, finding.kind, *(one.label("kind", finding.kind) for one in texts),
        finding.verdict, finding.reference_verdict, finding.agency, finding.service,
        finding.product, finding.user,
        place.name, place.name_source, place.address, place.port, place.proto, place.destination_class,
        place.operator, place.country, place.feature, place.switch_off, place.catalogue_id,
        finding.packets, finding.bytes, finding.count,
        figures.exact(finding.first_seen), figures.exact(finding.last_seen),
        "true" if finding.passed else "false", cause.how, cause.host, _MANY.join(cause.scenarios),
        finding.trigger, finding.accepted, finding.detail, _MANY.join(finding.would_have_sent),
        _MANY.join(finding.questions), _MANY.join(finding.requirements), _MANY.join(finding.evidence),
    ]  # fmt: skip


def _rest(row: Residency) -> list[object]:
    return [
        row.canary, row.data_class, row.owner, row.agency, row.service, row.store, row.form, row.place,
        row.sweep, row.verdict, row.scenario,
    ]  # fmt: skip


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if value is None else csv_cell(str(value)) for value in row])
    return BYTE_ORDER_MARK + text.getvalue()
