"""Checks a run folder against its manifests and chains, and names every touched file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.errors import EvidenceError
from harness.store.chain import read_chain
from harness.store.files import is_regular
from harness.store.manifest import (
    DERIVED_MANIFEST,
    EVIDENCE_MANIFEST,
    derived_files,
    evidence_files,
    other_files,
    read_manifest,
    sha256_of,
)

FileStatus = Literal["ok", "changed", "missing", "extra", "unlisted", "malformed", "broken", "torn"]


@dataclass(frozen=True)
class FileState:
    """What one file turned out to be.

    Args:
        path: from the run folder.
        status: ``ok``; ``changed``, ``missing`` or ``extra`` against the manifest;
            ``unlisted`` where no manifest covers it; ``malformed`` for a manifest; ``broken``
            or ``torn`` for a hash chain. A file whose chain broke is listed for both.
        line: ``broken`` and ``torn``: the first line that is not what was written;
            ``malformed``: the first line that is not of the format.
    """

    path: str
    status: FileStatus
    line: int | None = None


@dataclass(frozen=True)
class Verification:
    """What became of a run folder since it was written.

    Args:
        files: every file's state, in order of name.
        complete: the run came to its end and wrote its manifest.
    """

    files: tuple[FileState, ...]
    complete: bool

    @property
    def problems(self) -> tuple[FileState, ...]:
        """The files that are not what was written."""
        return tuple(state for state in self.files if state.status not in ("ok", "unlisted"))

    @property
    def intact(self) -> bool:
        """Complete, and no file was touched."""
        return self.complete and not self.problems


def verify(folder: Path) -> Verification:
    """Check every file of a run folder.

    Raises:
        EvidenceError: the folder is no run folder, or a file in it cannot be read.
    """
    if not (folder / "evidence").is_dir():
        cure = "name a folder that `fedharness run` has written"
        raise EvidenceError("this is no run folder", where=str(folder), cure=cure)
    states = [
        *_compare(folder, EVIDENCE_MANIFEST, evidence_files),
        *_compare(folder, DERIVED_MANIFEST, derived_files),
        *(FileState(name, "unlisted") for name in other_files(folder)),
        *_chains(folder),
    ]
    ordered = sorted(states, key=lambda state: (state.path, state.status))
    return Verification(tuple(ordered), complete=is_regular(folder / EVIDENCE_MANIFEST))


def _compare(folder: Path, manifest: str, listing: Callable[[Path], list[str]]) -> Iterator[FileState]:
    present = listing(folder)
    if not is_regular(folder / manifest):
        yield from (FileState(name, "unlisted") for name in present if name != EVIDENCE_MANIFEST)
        return
    entries, malformed = read_manifest(folder / manifest)
    if malformed:
        yield FileState(manifest, "malformed", malformed[0])
    for name in sorted({*present, *entries}):
        yield FileState(name, _status(folder / name, name in present, entries.get(name)))


def _status(path: Path, present: bool, expected: str | None) -> FileStatus:
    if expected is None:
        return "extra"
    if not present:
        return "missing"
    return "ok" if is_regular(path) and sha256_of(path) == expected else "changed"


def _chains(folder: Path) -> Iterator[FileState]:
    for path in sorted((folder / "evidence").glob("*.jsonl")):
        if not is_regular(path):
            continue
        content = read_chain(path)
        if content.state != "whole":
            name = path.relative_to(folder).as_posix()
            yield FileState(name, content.state, content.whole_lines + 1)
