"""Run folders: ``<root>/<run id>/`` with ``evidence/`` and ``derived/``."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from harness.errors import EvidenceError
from harness.model.base import Record
from harness.model.evidence import RECORD_TYPES
from harness.model.federation import Federation
from harness.model.inputs import DestinationCatalogue, Evidence, Inputs, Numbered, RunInputs
from harness.model.question import QuestionCatalogue
from harness.store.chain import ChainContent, read_chain
from harness.store.files import is_locked, open_regular
from harness.store.writer import EvidenceWriter

R = TypeVar("R", bound=Record)

RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[a-z0-9._-]{1,60}-[a-z2-7]{4}")
_UNFINISHED = """INCOMPLETE RUN / OFULLSTÄNDIG KÖRNING

This run still goes on, or was ended before its end. What it has recorded is in evidence/.
Judge what there is:  fedharness check FOLDER

Körningen pågår ännu, eller avslutades i förtid. Det som har registrerats finns i evidence/.
Bedöm det som finns:  fedharness check MAPP
"""
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_NEWER = "read it with the fedharness that wrote it, or a newer one (evidence/inputs/run.json names it)"


def new_run_id(federation: str, started: float) -> str:
    """Return a run id, ``YYYYMMDDTHHMMSSZ-<federation>-<4 random characters>``.

    Args:
        federation: the federation's name.
        started: when the run started, in seconds since the epoch.
    """
    stamp = datetime.fromtimestamp(started, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{stamp}-{federation}-{''.join(secrets.choice(_BASE32) for _ in range(4))}"


class RunFolder:
    """One run's folder.

    Args:
        path: the folder; it need not exist until something is read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, root: Path, run_id: str, inputs: Inputs) -> RunFolder:
        """Make a new run folder with its ``evidence/inputs/``.

        Raises:
            EvidenceError: the folder exists or cannot be written.
        """
        folder = cls(root / run_id)
        with _writing(folder.path):
            folder.inputs.mkdir(parents=True)
            folder.derived.mkdir()
            # Whatever ends the run, its folder says from the start that it is not complete.
            (folder.path / "README.txt").write_text(_UNFINISHED, encoding="utf-8")
        folder._write_input("run", inputs.run)
        folder._write_input("federation", inputs.federation)
        folder._write_input("questions", inputs.questions)
        folder._write_input("destinations", inputs.destinations)
        return folder

    @property
    def evidence(self) -> Path:
        """What was observed; never rewritten."""
        return self.path / "evidence"

    @property
    def inputs(self) -> Path:
        """What the run was given."""
        return self.evidence / "inputs"

    @property
    def derived(self) -> Path:
        """What can be made again from the evidence."""
        return self.path / "derived"

    @property
    def recording(self) -> bool:
        """Say whether some process still writes evidence; each writer holds a lock on its file."""
        return any(is_locked(path) for path in self.evidence.glob("*.jsonl"))

    def writer(self) -> EvidenceWriter:
        """Return a writer of this run's evidence."""
        return EvidenceWriter(self.evidence)

    def update_run(self, run: RunInputs) -> None:
        """Rewrite ``inputs/run.json``; only before the first product starts.

        Raises:
            EvidenceError: it cannot be written.
        """
        self._write_input("run", run)

    def update_questions(self, questions: QuestionCatalogue) -> None:
        """Rewrite ``inputs/questions.json``; only before the first product starts.

        Raises:
            EvidenceError: it cannot be written.
        """
        self._write_input("questions", questions)

    def read_inputs(self) -> Inputs:
        """Read everything that the run was given.

        Raises:
            EvidenceError: this is no run folder, or an input is missing or damaged.
        """
        return Inputs(
            run=self._read_input("run", RunInputs),
            federation=self._read_input("federation", Federation),
            questions=self._read_input("questions", QuestionCatalogue),
            destinations=self._read_input("destinations", DestinationCatalogue),
        )

    def read_evidence(self) -> Evidence:
        """Read every evidence file. A cut-off last line or a broken chain makes the file
        ``damaged``; what can still be read of it is there.

        Raises:
            EvidenceError: this is no run folder, a file cannot be read, or the evidence
                was written by a newer fedharness.
        """
        self._refuse_unknown_files()
        records: dict[str, tuple[Numbered, ...]] = {}
        damaged: list[str] = []
        for stem, kind in RECORD_TYPES.items():
            path = self.evidence / f"{stem}.jsonl"
            if not path.exists():
                continue
            content = read_chain(path)
            records[stem] = tuple(_records(path, kind, content))
            if content.state != "whole":
                damaged.append(stem)
        return Evidence(records=records, damaged=tuple(damaged))

    def _refuse_unknown_files(self) -> None:
        if not self.evidence.is_dir():
            raise _no_run_folder(self.path)
        for path in sorted(self.evidence.glob("*.jsonl")):
            if path.stem not in RECORD_TYPES:
                raise EvidenceError("this kind of evidence is not known here", where=str(path), cure=_NEWER)

    def _write_input(self, name: str, value: Record) -> None:
        """Write one input as JSON in the models' own order: a federation's order has meaning."""
        path = self.inputs / f"{name}.json"
        new = path.with_suffix(".new")
        with _writing(path):
            new.write_text(value.model_dump_json(by_alias=True, indent=2) + "\n", encoding="utf-8")
            new.replace(path)

    def _read_input(self, name: str, kind: type[R]) -> R:
        path = self.inputs / f"{name}.json"
        if not self.inputs.is_dir():
            raise _no_run_folder(self.path)
        try:
            with open_regular(path) as file:
                return kind.model_validate_json(file.read())
        except ValidationError as error:
            raise _bad_record(str(path), error) from error


def _records(path: Path, kind: type[Record], content: ChainContent) -> Iterator[Numbered]:
    for line in content.lines:
        try:
            yield Numbered(line.seq, kind.model_validate(line.fields))
        except ValidationError as error:
            if line.seq <= content.whole_lines:
                raise _bad_record(f"{path}:{line.seq}", error) from error


def _bad_record(where: str, error: ValidationError) -> EvidenceError:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return EvidenceError(f"the field `{place[:60]}` is not known here", where=where, cure=_NEWER)
    what = f"`{place[:60]}`: {first['msg']}" if place else first["msg"]
    return EvidenceError(what, where=where, cure="copy the run folder again; " + _NEWER)


def _no_run_folder(path: Path) -> EvidenceError:
    cure = "name a folder that `fedharness run` has written, such as results/runs/<run id>"
    return EvidenceError("this is no run folder", where=str(path), cure=cure)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        cure = "name another folder with --out, or run again"
        raise EvidenceError("the run folder is there already", where=str(path), cure=cure) from error
    except OSError as error:
        what = f"the run folder cannot be written: {error.strerror}"
        cure = "free space on the disk, or name a writable folder with --out"
        raise EvidenceError(what, where=str(path), cure=cure) from error
