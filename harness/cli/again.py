"""``fedharness check`` and ``report``: what a run folder says, derived again from itself alone."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from harness.cli.console import Lang, Language, write
from harness.cli.verify import RunArgument
from harness.errors import CannotRun, EvidenceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model.result import RunResult
    from harness.store import RunFolder

_LANGUAGES: tuple[Language, ...] = ("en", "sv")
_LONGEST = 256 << 20
"""Bytes of the longest report that is read: more is no report."""
_MARK = "README.txt"
"""The file whose language tells in which one the reports were written."""


def check(
    run: RunArgument,
    lang: Annotated[
        Language | None,
        typer.Option("--lang", help="Language of the last lines; default: that of the reports."),
    ] = None,
) -> int:
    """Judge a run folder's evidence again, and compare with the reports that are there.

    Where something differs, the new reports go into a folder beside the old ones.
    """
    from harness.checks import evaluate
    from harness.plugin.finish import exit_status
    from harness.reports.terminal import last_lines
    from harness.reports.write import DERIVED, render_reports
    from harness.store import RunFolder

    folder = RunFolder(run)
    refuse_running(folder)
    result = evaluate(folder.read_inputs(), folder.read_evidence())
    written = written_language(run, result)
    place = place_again(folder, render_reports(result, written), written)
    report = run / "report.html" if place.name == DERIVED else place / "report.html"
    status = exit_status(result)
    for line in last_lines(result, report, status, lang or written):
        write(line)
    return status


def refuse_running(folder: RunFolder) -> None:
    """Refuse a run that still goes on.

    Raises:
        UsageError: it does.
    """
    if folder.recording:
        raise UsageError(
            "the run still goes on", where=str(folder.path), cure="wait until it has ended, or end it"
        )


def written_language(run: Path, result: RunResult) -> Language:
    """Return the language that a run folder's reports were written in; English where unclear."""
    from harness.reports.write import DERIVED, render_reports

    present = content_of(run / DERIVED / _MARK)
    return next((lang for lang in _LANGUAGES if render_reports(result, lang)[_MARK] == present), "en")


def place_again(folder: RunFolder, files: Mapping[str, bytes], lang: Language) -> Path:
    """Put derived files where they belong, and return that folder.

    The old folder is left alone unless it has no result yet.
    """
    from harness.plugin.finish import derive
    from harness.reports.write import AT_ROOT

    old = folder.derived
    if not (old / "run.json").exists():
        derive(folder, lang)
        write(f"{len(files)} reports derived from the evidence")
        return old
    copies = {old / name: content for name, content in files.items()}
    copies |= {folder.path / name: files[name] for name in AT_ROOT}
    differing = sorted({path.name for path, content in copies.items() if not same(path, content)})
    if not differing:
        write(f"{len(files)} reports derived again from the evidence, the same to the byte")
        return old
    new = next(place for number in count(2) if not (place := folder.path / f"{old.name}-{number}").exists())
    write_all(new, files)
    write(f"not the same as before: {', '.join(differing)}; the new reports are in {new}")
    return new


def same(path: Path, content: bytes) -> bool:
    """Say whether a file has that content."""
    return content_of(path) == content


def content_of(path: Path) -> bytes | None:
    """Return a report's bytes; ``None`` where it is missing, no regular file, or far too long for one."""
    from harness.store.files import open_regular

    try:
        with open_regular(path) as file:
            content = file.read(_LONGEST + 1)
    except EvidenceError:
        return None
    return content if len(content) <= _LONGEST else None


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new folder.

    Raises:
        CannotRun: they cannot be written.
    """
    try:
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise CannotRun(
            f"the reports cannot be written: {error.strerror}",
            where=str(error.filename or folder),
            cure="free space, or copy the run folder to a place where you may write",
        ) from error


def report(run: RunArgument, lang: Lang = "en") -> int:
    """Write a run folder's reports again from its run.json, in the language that is asked for."""
    from harness.reports.write import write_reports
    from harness.store import RunFolder, write_derived_manifest

    if run.is_dir():
        refuse_running(RunFolder(run))
    written = write_reports(read_result(run), run, lang)
    write_derived_manifest(run)
    for path in written:
        write(str(path))
    return 0


def read_result(run: Path) -> RunResult:
    """Read the result of a run folder, or of a ``run.json`` file.

    Raises:
        EvidenceError: there is none, or it is no such result.
    """
    from harness.model.result import RunResult

    path = run / "derived" / "run.json" if run.is_dir() else run
    content = content_of(path)
    if content is None:
        cure = "judge the run folder first: fedharness check RUN"
        raise EvidenceError("no result can be read", where=str(path), cure=cure)
    try:
        return RunResult.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        what = f"this is no result of a run: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise EvidenceError(what, where=str(path), cure="name a run folder or its run.json") from error
