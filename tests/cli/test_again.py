"""``check``, ``report``, ``verify`` and ``compare`` on run folders."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from harness.model.evidence import StepRecord
from harness.reports.texts import Texts
from harness.store import RunFolder, write_derived_manifest, write_manifest
from tests.cli.conftest import Command


def content(folder: Path) -> dict[str, str]:
    """Return every file below a folder with its digest."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_check_derives_the_same_bytes(fedharness: Command, finished: RunFolder) -> None:
    before = content(finished.path)
    done = fedharness("check", finished.path)
    assert done.returncode == 3
    assert "the same to the byte" in done.stdout
    assert content(finished.path) == before


def test_check_elsewhere_derives_the_same_bytes(
    fedharness: Command, finished: RunFolder, tmp_path: Path
) -> None:
    before = content(finished.path)
    moved = tmp_path / "moved"
    shutil.move(finished.path, moved)
    shutil.rmtree(moved / "derived")
    for path in moved.iterdir():
        if path.is_file() and path.name != "MANIFEST.sha256":
            path.unlink()
    done = fedharness("check", moved, TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="7")
    assert done.returncode == 3
    after = content(moved)
    assert {name: after.get(name) for name in before if name.startswith(("derived/", "evidence/"))} == {
        name: digest for name, digest in before.items() if name.startswith(("derived/", "evidence/"))
    }


def test_check_of_a_run_that_was_cut_off(fedharness: Command, unfinished: RunFolder) -> None:
    done = fedharness("check", unfinished.path)
    assert done.returncode == 3
    assert "incomplete" in done.stdout.lower()
    assert json.loads((unfinished.path / "run.json").read_text())["run"]["complete"] is False


def test_another_result_is_written_beside_the_old_one(fedharness: Command, finished: RunFolder) -> None:
    run_json = finished.derived / "run.json"
    old = run_json.read_bytes() + b"\n"
    run_json.write_bytes(old)
    done = fedharness("check", finished.path)
    assert "not the same as before: run.json" in done.stdout
    assert run_json.read_bytes() == old
    assert (finished.path / "derived-2" / "run.json").read_bytes() + b"\n" == old


def test_check_keeps_the_language_of_the_reports(fedharness: Command, finished: RunFolder) -> None:
    assert fedharness("report", finished.path, "--lang", "sv").returncode == 0
    done = fedharness("check", finished.path)
    assert "the same to the byte" in done.stdout


def test_report_in_swedish(fedharness: Command, finished: RunFolder) -> None:
    before = content(finished.path)
    assert fedharness("report", finished.path, "--lang", "sv").returncode == 0
    after = content(finished.path)
    assert after["derived/run.json"] == before["derived/run.json"]
    assert after["derived/README.txt"] != before["derived/README.txt"]
    assert fedharness("verify", finished.path).returncode == 0


def test_report_without_a_result(fedharness: Command, unfinished: RunFolder) -> None:
    done = fedharness("report", unfinished.path)
    assert done.returncode == 4
    assert "fedharness check RUN" in done.stderr


@pytest.mark.parametrize("lang", ["en", "sv"])
def test_verify_accepts_what_was_written(fedharness: Command, finished: RunFolder, lang: str) -> None:
    done = fedharness("verify", finished.path, "--lang", lang)
    assert done.returncode == 0
    first, *sentences = done.stdout.splitlines()
    assert first.startswith(f"{finished.path}: ")
    # What is said of a signature never stands alone: nothing is signed.
    assert sentences == [Texts(lang).text(f"report.{name}") for name in ("verify_meaning", "no_signature")]


@pytest.mark.parametrize("name", ["derived/run.json", "run.json"])
def test_verify_computes_the_result_again(fedharness: Command, finished: RunFolder, name: str) -> None:
    """Also where whoever touched it wrote the sums anew."""
    path = finished.path / name
    result = json.loads(path.read_text())
    result["verdicts"]["works"] = "pass"
    result["questions"] = result["questions"][1:]
    path.write_text(json.dumps(result))
    write_derived_manifest(finished.path)
    done = fedharness("verify", finished.path)
    assert done.returncode == 1
    assert "is another: works (pass → unknown), questions" in done.stdout
    assert Texts("en").text("report.verify_meaning") not in done.stdout


def test_verify_of_a_run_without_a_result(fedharness: Command, unfinished: RunFolder) -> None:
    write_manifest(unfinished.path)
    done = fedharness("verify", unfinished.path)
    assert done.returncode == 0
    assert "there is no result to compare" in done.stdout
    assert Texts("en").text("report.verify_meaning") not in done.stdout


def test_verify_names_a_touched_file(fedharness: Command, finished: RunFolder) -> None:
    steps = finished.evidence / "steps.jsonl"
    steps.write_text(steps.read_text().replace('"start"', '"stop"'))
    done = fedharness("verify", finished.path)
    assert done.returncode == 1
    assert "changed    evidence/steps.jsonl" in done.stdout


def test_verify_of_a_run_that_was_cut_off(fedharness: Command, unfinished: RunFolder) -> None:
    done = fedharness("verify", unfinished.path)
    assert done.returncode == 3
    assert "incomplete" in done.stdout


def test_no_run_folder(fedharness: Command, tmp_path: Path) -> None:
    for command in ("check", "report", "verify"):
        done = fedharness(command, tmp_path)
        assert done.returncode == 4
        assert "Traceback" not in done.stderr


def test_compare_a_run_with_itself(fedharness: Command, finished: RunFolder) -> None:
    assert fedharness("compare", finished.path, finished.path / "run.json").returncode == 0


def test_compare_names_what_differs(fedharness: Command, finished: RunFolder, tmp_path: Path) -> None:
    result = json.loads((finished.path / "run.json").read_text())
    result["verdicts"]["works"] = "fail"
    other = tmp_path / "other.json"
    other.write_text(json.dumps(result))
    for options in ((), ("--markdown",), ("--lang", "sv")):
        assert fedharness("compare", finished.path, other, *options).returncode == 1


def test_compare_with_something_else(fedharness: Command, finished: RunFolder, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")
    done = fedharness("compare", finished.path, other)
    assert done.returncode == 4
    assert "no result of a run" in done.stderr


def test_check_sees_a_changed_report_at_the_root(fedharness: Command, finished: RunFolder) -> None:
    report = finished.path / "report.html"
    report.write_text(report.read_text().replace("fedharness", "somebody else"))
    done = fedharness("check", finished.path)
    assert "not the same as before: report.html" in done.stdout


def test_check_in_another_language_finds_nothing_changed(fedharness: Command, finished: RunFolder) -> None:
    done = fedharness("check", finished.path, "--lang", "sv")
    assert "the same to the byte" in done.stdout
    assert "Funktion:" in done.stdout


@pytest.mark.parametrize("command", ["check", "report"])
def test_a_run_that_still_goes_on_is_left_alone(
    fedharness: Command, unfinished: RunFolder, command: str
) -> None:
    with unfinished.writer() as writer:
        writer.append("steps", StepRecord(ts=1769860802.0, kind="run", name="more"))
        done = fedharness(command, unfinished.path)
    assert done.returncode == 2
    assert "still goes on" in done.stderr
    assert not (unfinished.derived / "run.json").exists()
