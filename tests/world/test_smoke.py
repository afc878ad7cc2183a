"""The smoke suite on the hardened file: everything passes, and the result can be checked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.model.verdict import Verdict
from harness.paths import deploy_folder

HARDENED = deploy_folder() / "federations" / "hardened.yaml"


@pytest.fixture(scope="module")
def clean(run: Callable[..., Any]) -> Any:
    return run("--suite", "smoke", "--federation", HARDENED)


def fedharness(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "harness", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


def test_a_hardened_federation_passes_with_nothing_outside(clean: Any) -> None:
    assert clean.status == 0, clean.output
    result = clean.result
    assert result.run.complete
    assert set(result.verdicts.model_dump().values()) == {Verdict.PASS}
    assert result.findings == ()
    assert {coverage.listed for coverage in result.coverage} == {Verdict.PASS}


def test_every_byte_at_the_far_end_is_in_a_ledger(clean: Any) -> None:
    rows = (clean.folder / "evidence" / "coverage.jsonl").read_text()
    assert '"kind":"count"' in rows
    assert '"kind":"probe"' in rows
    assert '"listed":false' not in rows


def test_the_last_lines_say_the_results_the_place_and_the_status(clean: Any) -> None:
    last = clean.output.strip().splitlines()
    assert last[-1].startswith("exit 0")
    assert str(clean.folder / "report.html") in last[-2]


def test_the_run_folder_has_what_a_reader_looks_for(clean: Any) -> None:
    names = {path.name for path in clean.folder.iterdir()}
    expected = {"README.txt", "report.html", "run.json", "questions.csv", "findings.csv"}
    assert expected | {"federation.yaml", "policy.yaml", "MANIFEST.sha256", "evidence", "derived"} <= names


def test_verify_and_check_agree_with_what_is_there(clean: Any) -> None:
    assert fedharness("verify", clean.folder).returncode == 0
    again = fedharness("check", clean.folder)
    assert again.returncode == 0
    assert "the same to the byte" in again.stdout


def test_sha256sum_accepts_the_manifest(clean: Any) -> None:
    line = ["sha256sum", "-c", "--quiet", "MANIFEST.sha256"]
    assert subprocess.run(line, cwd=clean.folder, check=False).returncode == 0


def test_a_touched_file_is_named(clean: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(clean.folder, copy)
    ledger = copy / "evidence" / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b'"packets":1,', b'"packets":2,', 1))
    answer = fedharness("verify", copy)
    assert answer.returncode != 0
    assert "evidence/ledger.jsonl" in answer.stdout + answer.stderr


def test_without_the_recorder_s_coverage_nothing_passes(clean: Any, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(clean.folder, copy)
    (copy / "evidence" / "coverage.jsonl").unlink()
    shutil.rmtree(copy / "derived")
    assert fedharness("check", copy).returncode == 3


def test_two_runs_of_one_file_compare_as_the_same(clean: Any) -> None:
    answer = fedharness("compare", clean.folder, clean.folder)
    assert answer.returncode == 0, answer.stdout
