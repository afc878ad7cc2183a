from types import ModuleType

import pytest

from harness.model.result import Reason, Verdicts
from harness.model.verdict import Verdict
from harness.reports.escape import visible
from harness.reports.terminal import FIRST, last_lines

P, U, F = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL


def test_the_lines_of_a_whole_run(samples: ModuleType) -> None:
    assert last_lines(samples.run(), "results/x/report.html", 1)[6:] == [
        "works: fail · stays: fail · stays, reference rule: fail · survives: pass",
        "6 of 8 tested, 4 outside destinations (3 new), 1 exception",
        "  fail: bravo · leak · 203.0.113.9:4444/udp · during the time between two scenarios"
        " · off: none known",
        "  fail: bravo · chat · matrix.org:443/tcp · during chat.delivery · off: trusted_key_servers: []",
        "  fail: charlie · chat · homeserver.db · during chat.delivery · off: none known",
        "… and 3 more findings in the report",
        "report: results/x/report.html",
        "exit 1: a verdict failed",
    ]


def test_the_same_in_swedish(samples: ModuleType) -> None:
    lines = last_lines(samples.clean(), "results/x/report.html", 0, "sv")
    assert lines == [
        "Funktion: utan avvikelse · Dataflöden: utan avvikelse · "
        "Dataflöden, referensregeln: utan avvikelse · Avbrott: utan avvikelse",
        "2 av 2 provade, 0 utomstående mottagare (0 nya), 0 undantag",
        "rapport: results/x/report.html",
        "slutkod 0: samtliga utfall enligt provets regler utan avvikelse",
    ]


def test_why_comes_before_the_results(samples: ModuleType) -> None:
    lines = last_lines(samples.run(), "r", 1)
    assert lines[:3] == [
        "why works: fail: Questions that failed: 1",
        "why stays, by the run's policy: fail: Findings outside the rule: 3",
        "why stays, reference rule: fail: Findings outside the rule: 4",
    ]
    assert [line.split(": ")[:2] for line in lines[3:6]] == [
        ["  question chat.acl", "fail"],
        ["  question egress.contact", "fail"],
        ["  question chat.encrypted", "cannot be decided"],
    ]
    assert lines[6].startswith("works: fail ·")


def test_the_same_why_in_swedish(samples: ModuleType) -> None:
    lines = last_lines(samples.run(), "r", 1, "sv")
    assert lines[0] == "skäl för Funktion: avvikelse: Provfrågor med avvikelse: 1"
    assert lines[2] == "skäl för Dataflöden, referensregeln: avvikelse: Iakttagelser utanför regeln: 4"


def test_reasons_and_questions_are_counted_where_there_are_many(samples: ModuleType) -> None:
    many = tuple(Reason(code="evidence_missing", params={"file": name}) for name in "abcde")
    asked = tuple(samples.question(f"own.q{number}", number, U, "scenario_no_end") for number in range(1, 8))
    verdicts = Verdicts(works=U, stays=P, stays_reference=P, survives=P)
    result = samples.run(verdicts=verdicts, reasons={"works": many, "stays": many}, questions=asked)
    lines = last_lines(result, "r", 3)
    assert lines[0] == (
        "why works: cannot be decided: The evidence file a is missing; The evidence file b is missing;"
        " The evidence file c is missing; and 2 more"
    )
    assert lines[1] == "  question own.q1: cannot be decided: The scenario's end was not recorded"
    assert lines[5:7] == [
        "  question own.q5: cannot be decided: The scenario's end was not recorded",
        "  … and 2 more questions in the report",
    ]
    assert lines[7].startswith("works: cannot be decided ·")


def test_a_clean_run_has_nothing_to_explain(samples: ModuleType) -> None:
    assert last_lines(samples.clean(), "r", 0)[0].startswith("works: pass ·")


def test_a_long_reason_is_one_short_line(samples: ModuleType) -> None:
    text = {"text": "assert [1]\n == [2]\n" + "x" * 900}
    asked = samples.question("own.q", 1, F, "scenario_failed", params=text)
    [line] = [x for x in last_lines(samples.run(questions=(asked,)), "r", 1) if x.startswith("  question")]
    assert "assert [1] == [2]" in line
    assert len(line) < 200


def test_new_is_what_the_baseline_did_not_see(samples: ModuleType) -> None:
    known = samples.run()
    [counts] = [x for x in last_lines(known, "r", 1, baseline=known) if " tested, " in x]
    assert "(0 new)" in counts
    [counts] = [x for x in last_lines(known, "r", 1, baseline=samples.clean()) if " tested, " in x]
    assert "(4 new)" in counts


def test_an_incomplete_run_says_so_first(samples: ModuleType) -> None:
    assert last_lines(samples.incomplete(), "r", 1)[0] == "INCOMPLETE RUN"
    assert last_lines(samples.empty(), "r", 3, "sv")[0] == "OFULLSTÄNDIG KÖRNING"


def test_control_characters_never_reach_the_terminal(samples: ModuleType) -> None:
    findings = [
        samples.finding(f"f-{number}", "outside", service=text, trigger=text, product=text)
        for number, text in enumerate(samples.HOSTILE)
    ]
    lines = last_lines(samples.run(findings=tuple(findings)), f"x{samples.TERMINAL}", 1)
    assert [visible(line) for line in lines] == lines
    assert len([line for line in lines if line.startswith("  fail: ")]) == FIRST


@pytest.mark.parametrize("status", [0, 1, 2, 3, 4, 130])
def test_every_exit_status_has_a_meaning(status: int, samples: ModuleType) -> None:
    line = last_lines(samples.clean(), "r", status)[-1]
    assert line.startswith(f"exit {status}: ")
    assert len(line) > len("exit 130: ")
