"""A run folder gives back what was put in, and says what is wrong with it."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path

import pytest

from harness.errors import EvidenceError
from harness.model.evidence import RECORD_TYPES, StepRecord
from harness.model.inputs import Inputs
from harness.store import EvidenceWriter, RunFolder, new_run_id
from harness.store.run_folder import RUN_ID


def rewrite(path: Path, pattern: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert re.search(pattern, content)
    path.write_bytes(re.sub(pattern, new, content, count=1))


def test_a_run_id_says_when_and_what() -> None:
    run_id = new_run_id("poc", 1769860800.9)
    assert run_id.startswith("20260131T120000Z-poc-")
    assert RUN_ID.fullmatch(run_id)
    assert len({new_run_id("poc", 0.0) for _ in range(50)}) > 45


def test_inputs_come_back_as_they_were(run: RunFolder, inputs: Inputs) -> None:
    assert run.read_inputs() == inputs


def test_agencies_keep_the_order_of_the_file(run: RunFolder) -> None:
    assert list(run.read_inputs().federation.agencies) == ["beta", "alfa"]


def test_the_same_inputs_make_the_same_bytes(run: RunFolder, inputs: Inputs, tmp_path: Path) -> None:
    other = RunFolder.create(tmp_path, "other", inputs)
    for name in ("run", "federation", "questions", "destinations"):
        assert (run.inputs / f"{name}.json").read_bytes() == (other.inputs / f"{name}.json").read_bytes()


def test_the_run_input_can_be_rewritten(run: RunFolder, inputs: Inputs) -> None:
    changed = inputs.run.model_copy(update={"blind": ("relay",)})
    run.update_run(changed)
    assert run.read_inputs().run == changed
    assert sorted(path.name for path in run.inputs.iterdir()) == [
        "destinations.json",
        "federation.json",
        "questions.json",
        "run.json",
    ]


def test_evidence_comes_back_with_its_numbers(run: RunFolder) -> None:
    evidence = run.read_evidence()
    assert evidence.damaged == ()
    assert set(evidence.records) == {"steps", "logs"}
    assert [(seq, step.name) for seq, step in evidence.of("steps", StepRecord)] == [
        (1, "step 0"),
        (2, "step 1"),
        (3, "step 2"),
    ]


def test_a_torn_last_line_makes_its_file_damaged(run: RunFolder) -> None:
    path = run.evidence / "steps.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    evidence = run.read_evidence()
    assert evidence.damaged == ("steps",)
    assert len(evidence.records["steps"]) == 2
    assert len(evidence.records["logs"]) == 3


def test_a_broken_chain_keeps_what_can_be_read(run: RunFolder) -> None:
    rewrite(run.evidence / "steps.jsonl", rb"step 1", b"step 9")
    evidence = run.read_evidence()
    assert evidence.damaged == ("steps",)
    assert [record.name for _, record in evidence.of("steps", StepRecord)] == ["step 0", "step 9", "step 2"]


def test_a_line_that_is_no_record_after_a_break_is_passed_over(run: RunFolder) -> None:
    rewrite(run.evidence / "steps.jsonl", rb'"step 1"', b"[[[[")
    evidence = run.read_evidence()
    assert evidence.damaged == ("steps",)
    assert [seq for seq, _ in evidence.records["steps"]] == [1, 3]


def test_evidence_of_a_newer_harness_is_refused_with_a_cure(run: RunFolder) -> None:
    (run.evidence / "browser.jsonl").write_text("")
    with pytest.raises(EvidenceError) as caught:
        run.read_evidence()
    assert caught.value.where.endswith("browser.jsonl")
    assert "newer" in caught.value.cure


def test_an_unknown_field_names_file_line_and_field(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    class Newer(StepRecord):
        mood: str = "fine"

    with monkeypatch.context() as patch:
        patch.setitem(RECORD_TYPES, "steps", Newer)
        with EvidenceWriter(run.evidence) as writer:
            writer.append("steps", Newer(ts=9.0, kind="action", name="new"))
    with pytest.raises(EvidenceError, match="mood") as caught:
        run.read_evidence()
    assert caught.value.where.endswith("steps.jsonl:4")
    assert "newer" in caught.value.cure


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("run.json", b'{"id": 1}', "run.json"),
        ("federation.json", b"not json", "federation.json"),
        ("questions.json", b"[" * 100_000, "questions.json"),
        ("destinations.json", b"\xff\xfe", "destinations.json"),
        ("run.json", None, "run.json"),
    ],
)
def test_a_damaged_input_is_an_error_with_a_cure(
    run: RunFolder, name: str, content: bytes | None, said: str
) -> None:
    if content is None:
        (run.inputs / name).unlink()
    else:
        (run.inputs / name).write_bytes(content)
    with pytest.raises(EvidenceError) as caught:
        run.read_inputs()
    assert caught.value.where.endswith(said)
    assert caught.value.cure


def test_deeply_nested_evidence_is_damage(run: RunFolder) -> None:
    (run.evidence / "hosts.jsonl").write_bytes(b"[" * 200_000 + b"\n")
    assert run.read_evidence().damaged == ("hosts",)


def test_a_link_or_pipe_in_place_of_evidence_is_refused(run: RunFolder) -> None:
    os.mkfifo(run.evidence / "hosts.jsonl")
    with pytest.raises(EvidenceError, match="not a regular file"):
        run.read_evidence()
    (run.inputs / "run.json").unlink()
    (run.inputs / "run.json").symlink_to(run.inputs / "federation.json")
    with pytest.raises(EvidenceError, match="not a regular file"):
        run.read_inputs()


def test_a_folder_that_is_no_run_is_an_error_with_a_cure(tmp_path: Path) -> None:
    for read in (RunFolder(tmp_path).read_inputs, RunFolder(tmp_path / "no").read_evidence):
        with pytest.raises(EvidenceError, match="no run folder") as caught:
            read()
        assert caught.value.cure


def test_a_run_folder_is_made_once(run: RunFolder, inputs: Inputs) -> None:
    with pytest.raises(EvidenceError, match="there already"):
        RunFolder.create(run.path.parent, run.path.name, inputs)


def test_a_root_that_is_a_file_is_an_error_with_a_cure(tmp_path: Path, inputs: Inputs) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EvidenceError, match=os.strerror(errno.ENOTDIR)) as caught:
        RunFolder.create(tmp_path / "file", "run", inputs)
    assert "--out" in caught.value.cure


def test_records_go_to_their_own_file_only(run: RunFolder) -> None:
    step = StepRecord(ts=0.0, kind="action", name="x")
    with run.writer() as writer:
        with pytest.raises(TypeError, match="LogRecord"):
            writer.append("logs", step)
        with pytest.raises(TypeError):
            writer.append("../steps", step)
    with pytest.raises(EvidenceError, match="ended"):
        writer.append("steps", step)


def test_inputs_are_plain_json(run: RunFolder) -> None:
    assert (
        json.loads((run.inputs / "questions.json").read_text("utf-8"))["questions"][0]["title"]["sv"] == "?å"
    )


def test_a_new_folder_says_that_the_run_has_not_ended(tmp_path: Path, inputs: Inputs) -> None:
    folder = RunFolder.create(tmp_path, "one", inputs)
    text = (folder.path / "README.txt").read_text(encoding="utf-8")
    assert "INCOMPLETE RUN" in text
    assert "OFULLSTÄNDIG KÖRNING" in text
    assert "fedharness check" in text
