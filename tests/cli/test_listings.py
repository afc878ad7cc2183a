"""``stacks``, ``scenarios``, ``doctor`` and ``clean``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import doctor as doctor_command
from harness.doctor import diagnose as diagnosing
from harness.doctor.probe import Outcome
from tests.cli.conftest import Command

MISSING = Outcome(
    name="jail", needed=True, there=False, step="run it", detail="EPERM", lost="all", cure="do this"
)
ABSENT = Outcome(name="netem", needed=False, there=False, step="add it", detail="gone", lost="some")
THERE = Outcome(name="Python", needed=True, there=True, detail="3.11")


def test_stacks(fedharness: Command) -> None:
    rows = json.loads(fedharness("stacks", "--json").stdout)
    products = {row["product"]: row for row in rows}
    assert products["synapse"]["functions"] == ["chat"]
    assert products["synapse"]["test_double"] is False
    assert len(products["synapse"]["versions"]) >= 2
    assert products["leaker"]["test_double"] is True
    plain = fedharness("stacks").stdout
    assert "synapse" in plain
    assert "test double" in plain


def test_scenarios(fedharness: Command) -> None:
    rows = json.loads(fedharness("scenarios", "--json", "--lang", "sv").stdout)
    by_question = {row["question"]: row for row in rows}
    delivery = by_question["chat.delivery"]
    assert delivery["scenario"].startswith("chat/test_delivery.py::test_")
    assert all(row["title"] for row in rows)


MINE = '''"""Does mine hold?"""

import harness

@harness.question("own.thing")
async def test_mine(federation): ...

class TestMore:
    @harness.question("own.more")
    async def test_more(self, federation):
        """Does more hold?"""

async def test_forgotten(federation): ...
'''


def test_scenarios_of_a_folder_of_one_s_own(fedharness: Command, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(MINE)
    done = fedharness("scenarios", tmp_path)
    assert done.returncode == 0
    assert [" ".join(line.split()) for line in done.stdout.splitlines()] == [
        "own.thing Does mine hold?",
        "test_mine.py::test_mine",
        "own.more Does more hold?",
        "test_mine.py::TestMore::test_more",
        "- left out of a run: it has no @question",
        "test_mine.py::test_forgotten",
    ]
    rows = json.loads(fedharness("scenarios", "test_mine.py", "--json").stdout)
    assert [row["question"] for row in rows] == ["own.thing", "own.more", ""]


def test_files_that_no_run_could_take_are_named(fedharness: Command, tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("def (\n")
    (tmp_path / "test_imports.py").write_text("import no_such_module\n")
    (tmp_path / "test_mine.py").write_text(MINE)
    (tmp_path / "test_sync.py").write_text('@question("own.sync")\ndef test_sync(federation): ...\n')
    done = fedharness("scenarios", tmp_path)
    assert done.returncode == 2
    assert "own.thing" in done.stdout
    for said in (
        "test_broken.py:1: this is no Python file: invalid syntax",
        "test_imports.py:1: the file cannot be imported: there is no module `no_such_module`",
        "test_sync.py:2: @question of test_sync: the function is not async",
    ):
        assert f"fedharness: {tmp_path}/{said}\n  cure: " in done.stderr


def test_a_folder_without_scenarios_says_so(fedharness: Command, tmp_path: Path) -> None:
    done = fedharness("scenarios", tmp_path)
    assert done.returncode == 2
    assert "there is no scenario here" in done.stderr


def test_doctor_in_json(fedharness: Command) -> None:
    done = fedharness("doctor", "--json")
    rows = json.loads(done.stdout)
    assert {row["name"] for row in rows} >= {"user namespace", "jail", "firewall"}
    assert done.returncode == (0 if all(row["there"] for row in rows if row["needed"]) else 4)


def test_doctor_counts_agencies(fedharness: Command) -> None:
    rows = json.loads(fedharness("doctor", "--json", "--agencies", "50").stdout)
    namespaces = next(row for row in rows if row["name"] == "network namespaces")
    assert "1202" in namespaces["detail"] + namespaces["step"]


@pytest.mark.parametrize(
    ("outcomes", "status", "last"),
    [
        ([THERE], 0, "this machine can run everything"),
        ([THERE, ABSENT], 0, "this machine can run the embedded runtime; without: netem"),
        ([THERE, ABSENT, MISSING], 4, "this machine cannot run the embedded runtime: jail missing"),
    ],
)
def test_doctor_s_last_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    outcomes: list[Outcome],
    status: int,
    last: str,
) -> None:
    monkeypatch.setattr(diagnosing, "diagnose", lambda question: outcomes)
    assert doctor_command.doctor() == status
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_doctor_says_loss_and_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(diagnosing, "diagnose", lambda question: [MISSING])
    doctor_command.doctor(plain=True)
    out = capsys.readouterr().out
    assert "missing  jail: could not run it: EPERM" in out
    assert "lost: all" in out
    assert "cure: do this" in out


def test_doctor_s_table_has_the_same_words() -> None:
    from rich.console import Console

    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        console.print(doctor_command.table([THERE, ABSENT, MISSING]))
        text = console.export_text()
    for words in ("could not run it: EPERM", "lost: some", "cure: do this", "3.11"):
        assert words in text


def test_clean_removes_what_is_out_of_use(fedharness: Command, tmp_path: Path) -> None:
    old = tmp_path / "cache" / "packages" / "synapse-0.1-cpython-311-000000000000"
    old.mkdir(parents=True)
    old.with_name(old.name + ".lock").touch()
    done = fedharness("clean", FEDHARNESS_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0
    assert "1 removed, 0 kept" in done.stdout
    assert list((tmp_path / "cache" / "packages").iterdir()) == []


def test_clean_without_a_cache(fedharness: Command, tmp_path: Path) -> None:
    assert "0 removed" in fedharness("clean", FEDHARNESS_CACHE=str(tmp_path / "none")).stdout
