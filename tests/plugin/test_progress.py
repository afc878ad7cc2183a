"""What a person reads while a run goes on."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.plugin.progress import Progress, standard_output
from harness.plugin.recorded import Recorded


def lines(out: io.StringIO) -> list[str]:
    """Return what was printed, without the seconds."""
    return [re.sub(r"^ +[0-9.]+ s  ", "", line) for line in out.getvalue().splitlines()]


def whole_run(progress: Progress) -> None:
    progress.planned(1)
    progress.service("alfa/chat", "starting")
    progress.service("alfa/chat", "ready")
    progress.scenario("chat.kick")
    progress.outcome("chat.kick", "passed")
    progress.closing()
    progress.stop()


def test_the_lines_of_a_run() -> None:
    out = io.StringIO()
    whole_run(Progress(out=out))
    assert lines(out) == [
        "1 scenario; bringing the world up",
        "alfa/chat: starting",
        "alfa/chat: ready",
        "[1/1] chat.kick",
        "✓ chat.kick: passed",
        "sweeping stores, closing the ledgers",
    ]


def test_the_same_in_swedish() -> None:
    out = io.StringIO()
    whole_run(Progress(out=out, lang="sv"))
    assert lines(out) == [
        "1 scenario; miljön startas",
        "alfa/chat: startar",
        "alfa/chat: klar",
        "[1/1] chat.kick",
        "✓ chat.kick: utan avvikelse",
        "genomsöker lagren, avslutar registreringen",
    ]


def test_two_scenarios_are_plural() -> None:
    out = io.StringIO()
    Progress(out=out).planned(2)
    assert lines(out) == ["2 scenarios; bringing the world up"]


@pytest.mark.parametrize(
    ("outcome", "english", "swedish"),
    [
        ("failed", "✗ own.q: failed: why", "✗ own.q: avvikelse: why"),
        ("error", "! own.q: error: why", "! own.q: kunde inte genomföras: why"),
        ("not_tested", "– own.q: not tested: why", "– own.q: ej provat: why"),
        ("interrupted", "! own.q: interrupted: why", "! own.q: avbröts: why"),
    ],
)
def test_every_outcome_has_its_words(outcome: str, english: str, swedish: str) -> None:
    for lang, expected in (("en", english), ("sv", swedish)):
        out = io.StringIO()
        Progress(out=out, lang=lang).outcome("own.q", outcome, "why")
        assert lines(out) == [expected]


def test_a_reason_is_one_short_line() -> None:
    out = io.StringIO()
    Progress(out=out).outcome("own.q", "failed", "assert [1]\n  == [2]\n" + "x" * 900)
    (line,) = lines(out)
    assert line.startswith("✗ own.q: failed: assert [1] == [2] xxx")
    assert len(line) < 300


def test_quiet_prints_only_what_must_not_be_missed() -> None:
    out = io.StringIO()
    progress = Progress(quiet=True, out=out)
    whole_run(progress)
    progress.note("left_out", name="test_x", file="test_own.py")
    progress.service_ended("alfa/chat/homeserver", "-9", ["last", "words"])
    progress.trouble(UsageError("two agencies share a domain", where="f.yaml:3", cure="rename one"))
    assert lines(out) == [
        "left out: test_x in test_own.py has no @question",
        "alfa/chat/homeserver ended by itself with status -9; its last lines:",
        "    last",
        "    words",
        "f.yaml:3: two agencies share a domain",
        "  cure: rename one",
    ]


def test_a_product_s_text_neither_moves_the_cursor_nor_is_markup() -> None:
    out = io.StringIO()
    Progress(out=out).service_ended("alfa/chat", "1", ["\x1b[2J[red]:smile: x"])
    assert "⟨U+001B⟩[2J[red]:smile: x" in out.getvalue()


def test_lines_go_where_output_went_when_the_run_began(tmp_path: Path) -> None:
    before, during = tmp_path / "before", tmp_path / "during"
    kept = os.dup(1)
    try:
        with before.open("w") as first, during.open("w") as second:
            os.dup2(first.fileno(), 1)
            with standard_output() as out:
                # As pytest does to what a scenario prints.
                os.dup2(second.fileno(), 1)
                Progress(out=out).service("alfa/chat", "ready")
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert "alfa/chat: ready" in before.read_text()
    assert during.read_text() == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_live_line_tells_what_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    first, end = '{"event":"first"}\n', '{"event":"end"}\n'
    (tmp_path / "flows.jsonl").write_text(f"{first}{end}{first}{first[:10]}")
    (tmp_path / "dns.jsonl").write_text("{}\n" * 3)
    out = Terminal()
    progress = Progress(out=out, recorded=Recorded(tmp_path))
    progress.planned(1)
    with (tmp_path / "flows.jsonl").open("a") as file:
        file.write(first[10:])
    progress.scenario("chat.kick")
    progress.stop()
    assert "bringing the world up · recorded: 2 connections, 3 look-ups" in out.getvalue()
    assert "[1/1] chat.kick · recorded: 3 connections, 3 look-ups" in out.getvalue()
