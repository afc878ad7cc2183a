"""The history of many runs names what did not pass."""

from __future__ import annotations

import csv
from pathlib import Path

from bench.history import COLUMNS, main
from harness.model.result import RunResult
from tests.checks.conftest import Run


def kept(folder: Path, name: str, result: RunResult) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "run.json").write_text(result.model_dump_json(by_alias=True), "utf-8")


def history(runs: Path) -> tuple[int, list[dict[str, str]]]:
    file = runs.with_suffix(".csv")
    status = main([str(runs), str(file)])
    return status, list(csv.DictReader(file.read_text("utf-8").splitlines()))


def test_a_run_that_is_no_pass_is_named(tmp_path: Path) -> None:
    good, bad = Run.clean(), Run.clean()
    good.scenario("chat.delivery", "passed")
    bad.scenario("chat.delivery", "failed")
    kept(tmp_path / "runs", "1", good.result())
    kept(tmp_path / "runs", "2", bad.result())
    status, (first, second) = history(tmp_path / "runs")
    assert status == 1
    assert tuple(first) == COLUMNS
    assert (first["works"], first["not_passed"]) == ("pass", "")
    assert (second["works"], second["not_passed"]) == ("fail", "chat.delivery")


def test_passes_alone_are_a_pass(tmp_path: Path) -> None:
    run = Run.clean()
    run.scenario("chat.delivery", "passed")
    kept(tmp_path / "runs", "1", run.result())
    assert history(tmp_path / "runs")[0] == 0


def test_no_run_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    assert history(tmp_path / "runs") == (1, [])
