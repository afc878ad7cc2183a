"""Manifests are read by sha256sum itself, and verify names every touched file."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import EvidenceError
from harness.store import RunFolder, Verification, verify, write_derived_manifest, write_manifest
from harness.store.manifest import DERIVED_MANIFEST, EVIDENCE_MANIFEST, _format, read_manifest
from harness.store.verification import FileState

MANIFESTS = (EVIDENCE_MANIFEST, DERIVED_MANIFEST)


def sha256sum(folder: Path, manifest: str) -> subprocess.CompletedProcess[bytes]:
    command = ["sha256sum", "-c", "--strict", manifest]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


def problems(verification: Verification) -> set[tuple[str, str]]:
    return {(state.path, state.status) for state in verification.problems}


def test_an_untouched_run_is_intact(finished: RunFolder) -> None:
    verification = verify(finished.path)
    assert verification.intact
    assert verification.problems == ()
    assert {state.path for state in verification.files} == {
        "MANIFEST.sha256",
        "README.txt",
        "derived/sums.json",
        "evidence/inputs/destinations.json",
        "evidence/inputs/federation.json",
        "evidence/inputs/questions.json",
        "evidence/inputs/run.json",
        "evidence/logs.jsonl",
        "evidence/steps.jsonl",
        "report.html",
    }


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_sha256sum_reads_the_manifests(finished: RunFolder, manifest: str) -> None:
    done = sha256sum(finished.path, manifest)
    assert done.returncode == 0, done.stderr
    lines = (finished.path / manifest).read_text().splitlines()
    assert lines == sorted(lines, key=lambda line: line[66:])


def test_sha256sum_reads_names_with_odd_characters(run: RunFolder) -> None:
    odd = run.evidence / "shot \\n a\nb\r é.png"
    odd.write_bytes(b"x")
    (run.evidence / os.fsdecode(b"not-utf8-\xff")).write_bytes(b"y")
    write_manifest(run.path)
    assert sha256sum(run.path, EVIDENCE_MANIFEST).returncode == 0
    assert verify(run.path).intact
    odd.write_bytes(b"z")
    assert problems(verify(run.path)) == {("evidence/shot \\n a\nb\r é.png", "changed")}


def test_the_manifest_of_evidence_is_written_once(finished: RunFolder) -> None:
    before = (finished.path / EVIDENCE_MANIFEST).read_bytes()
    (finished.evidence / "steps.jsonl").write_text("forged\n")
    with pytest.raises(EvidenceError, match="already"):
        write_manifest(finished.path)
    assert (finished.path / EVIDENCE_MANIFEST).read_bytes() == before
    assert not list(finished.path.glob("*.new"))


def test_the_manifest_of_what_is_derived_can_be_written_again(finished: RunFolder) -> None:
    (finished.path / "report.html").write_text("again")
    assert problems(verify(finished.path)) == {("report.html", "changed")}
    write_derived_manifest(finished.path)
    assert verify(finished.path).intact


def test_a_changed_record_is_named_by_file_and_line(finished: RunFolder) -> None:
    path = finished.evidence / "steps.jsonl"
    path.write_bytes(path.read_bytes().replace(b"step 1", b"step 7"))
    assert set(verify(finished.path).problems) == {
        FileState("evidence/steps.jsonl", "changed"),
        FileState("evidence/steps.jsonl", "broken", 2),
    }


def test_every_kind_of_touch_is_named(finished: RunFolder) -> None:
    (finished.evidence / "logs.jsonl").unlink()
    (finished.evidence / "inputs" / "run.json").write_text("{}")
    (finished.evidence / "inputs" / "more.json").write_text("{}")
    (finished.derived / "sums.json").unlink()
    (finished.path / "report.html").write_text("")
    (finished.path / "new.txt").write_text("")
    verification = verify(finished.path)
    assert not verification.intact
    assert problems(verification) == {
        ("evidence/logs.jsonl", "missing"),
        ("evidence/inputs/run.json", "changed"),
        ("evidence/inputs/more.json", "extra"),
        ("derived/sums.json", "missing"),
        ("report.html", "changed"),
        ("new.txt", "extra"),
    }


def test_a_changed_manifest_of_evidence_is_seen_by_the_other(finished: RunFolder) -> None:
    manifest = finished.path / EVIDENCE_MANIFEST
    manifest.write_text("".join(manifest.read_text().splitlines(keepends=True)[1:]))
    assert (EVIDENCE_MANIFEST, "changed") in problems(verify(finished.path))


def test_a_run_that_was_cut_off_is_incomplete_and_readable(run: RunFolder) -> None:
    path = run.evidence / "steps.jsonl"
    path.write_bytes(path.read_bytes()[:-4])
    verification = verify(run.path)
    assert not verification.complete
    assert not verification.intact
    assert verification.problems == (FileState("evidence/steps.jsonl", "torn", 3),)
    assert FileState("evidence/logs.jsonl", "unlisted") in verification.files


def test_folders_that_no_manifest_covers_are_listed_as_such(finished: RunFolder) -> None:
    (finished.path / "derived-2").mkdir()
    (finished.path / "derived-2" / "run.json").write_text("{}")
    verification = verify(finished.path)
    assert FileState("derived-2/run.json", "unlisted") in verification.files
    assert verification.intact


def test_links_are_never_followed(finished: RunFolder, tmp_path: Path) -> None:
    path = finished.evidence / "inputs" / "run.json"
    shutil.copy(path, tmp_path / "copy.json")
    path.unlink()
    path.symlink_to(tmp_path / "copy.json")
    (finished.evidence / "folder").symlink_to("/etc")
    os.mkfifo(finished.derived / "pipe")
    assert problems(verify(finished.path)) == {
        ("evidence/inputs/run.json", "changed"),
        ("evidence/folder", "extra"),
        ("derived/pipe", "extra"),
    }


@pytest.mark.parametrize(
    "line",
    ["nonsense", "0" * 64 + "  ../outside", "0" * 64 + "  /etc/passwd", "0" * 63 + "  evidence/x", "0" * 64],
)
def test_a_malformed_manifest_is_named_by_its_line(finished: RunFolder, line: str) -> None:
    manifest = finished.path / EVIDENCE_MANIFEST
    good = manifest.read_text()
    manifest.write_text(good + line + "\n")
    found = set(verify(finished.path).problems)
    assert FileState(EVIDENCE_MANIFEST, "malformed", good.count("\n") + 1) in found
    assert {state.path for state in found} == {EVIDENCE_MANIFEST}


def test_a_folder_that_is_no_run_is_an_error_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError) as caught:
        verify(tmp_path)
    assert caught.value.cure


@given(st.text(alphabet=st.characters(exclude_characters="\0/", codec="utf-8"), min_size=1))
def test_every_name_survives_the_format(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    if name in (".", ".."):
        return
    path = tmp_path_factory.mktemp("names") / EVIDENCE_MANIFEST
    path.write_text(_format(name, "0" * 64), encoding="utf-8", newline="\n")
    assert read_manifest(path) == ({name: "0" * 64}, [])
