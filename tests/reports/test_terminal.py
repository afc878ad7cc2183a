from types import ModuleType

import pytest

from harness.reports.escape import visible
from harness.reports.terminal import FIRST, last_lines


def test_the_lines_of_a_whole_run(samples: ModuleType) -> None:
    assert last_lines(samples.run(), "results/x/report.html", 1) == [
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
        "slutkod 0: samtliga utfall utan avvikelse",
    ]


def test_new_is_what_the_baseline_did_not_see(samples: ModuleType) -> None:
    known = samples.run()
    [counts] = [x for x in last_lines(known, "r", 1, baseline=known) if "outside" in x]
    assert "(0 new)" in counts
    [counts] = [x for x in last_lines(known, "r", 1, baseline=samples.clean()) if "outside" in x]
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
