import csv
import io
from types import ModuleType

import pytest

from harness.reports.tables import findings_csv, questions_csv, residency_csv


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_questions_hold_codes_and_both_languages(samples: ModuleType) -> None:
    found = {row["id"]: row for row in rows(questions_csv(samples.run()))}
    assert list(found) == [question.id for question in samples.questions()]
    row = found["egress.contact"]
    assert (row["verdict"], row["verdict_en"], row["verdict_sv"]) == ("fail", "Fail", "Avvikelse")
    assert row["reason"] == "outside_traffic"
    assert row["reason_sv"] == "Flöde till utomstående observerades; iakttagelser: 2"
    assert found["video.call"]["seconds"] == ""


def test_findings_hold_who_where_when_and_how_much(samples: ModuleType) -> None:
    row = rows(findings_csv(samples.run()))[0]
    wanted = {
        "id": "f-0001", "agency": "bravo", "service": "chat", "name": "matrix.org", "port": "443",
        "proto": "tcp",
        "bytes": "3120", "count": "3", "first_seen_utc": "2026-11-24T04:03:32.750Z", "passed": "true",
        "attribution": "host", "switch_off": "trusted_key_servers: []",
        "evidence": "ledger:31-34; sinkhole:2-2; dns:9-9",
    }  # fmt: skip
    assert {key: row[key] for key in wanted} == wanted


def test_residency_names_its_columns_as_run_json_does(samples: ModuleType) -> None:
    found = rows(residency_csv(samples.run()))
    assert len(found) == len(samples.residency())
    assert found[0]["class"] == "content"
    assert found[3]["verdict"] == "fail"


@pytest.mark.parametrize("table", [questions_csv, findings_csv, residency_csv])
@pytest.mark.parametrize("variant", ["run", "clean", "incomplete", "empty"])
def test_every_table_is_safe_to_open(table: object, variant: str, samples: ModuleType) -> None:
    assert callable(table)
    text = table(getattr(samples, variant)())
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    parsed = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert {len(row) for row in parsed} == {len(parsed[0])}
    for cell in (cell for row in parsed for cell in row):
        assert cell[:1] not in tuple("=+-@\t\r＝＋－＠")
        assert "\x1b" not in cell
        assert "\u202e" not in cell


def test_a_formula_is_kept_as_text(samples: ModuleType) -> None:
    [row] = [row for row in rows(findings_csv(samples.run())) if row["id"] == "f-0003"]
    assert row["product"] == "'" + samples.FORMULA
