"""Writing every report of a run into its folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.errors import HarnessError
from harness.model.result import RunResult
from harness.reports.canonical import run_json
from harness.reports.html import render_html
from harness.reports.junit import render_junit
from harness.reports.readme import render_readme
from harness.reports.summary import render_summary
from harness.reports.tables import findings_csv, questions_csv, residency_csv

DERIVED = "derived"
AT_ROOT = ("README.txt", "report.html", "run.json", "questions.csv", "findings.csv")
"""What also stands at the run folder's root, where a reader looks first."""

_RENDERERS: Mapping[str, Callable[[RunResult, str], str]] = {
    "run.json": lambda result, _: run_json(result),
    "report.html": render_html,
    "junit.xml": render_junit,
    "summary.md": render_summary,
    "questions.csv": lambda result, _: questions_csv(result),
    "findings.csv": lambda result, _: findings_csv(result),
    "residency.csv": lambda result, _: residency_csv(result),
    "README.txt": render_readme,
}


def render_reports(result: RunResult, lang: str = "en") -> dict[str, bytes]:
    """Return every report by its file name; the same result gives the same bytes."""
    return {name: render(result, lang).encode() for name, render in _RENDERERS.items()}


def write_reports(result: RunResult, folder: Path, lang: str = "en") -> list[Path]:
    """Write every report into ``folder/derived`` and the first ones to read into ``folder``.

    Args:
        result: a finished run, complete or not.
        folder: the run folder; it is made where it is missing.
        lang: the language that comes first, ``en`` or ``sv``.

    Returns:
        The files that were written, in the order of writing.

    Raises:
        UsageError: there are no texts in that language.
        HarnessError: a file could not be written.
    """
    files = render_reports(result, lang)
    written = []
    for name, content in files.items():
        for path in (folder / DERIVED / name, folder / name):
            if path.parent != folder or name in AT_ROOT:
                write_file(path, content)
                written.append(path)
    return written


def write_file(path: Path, content: bytes) -> None:
    """Write a file of a run folder, which somebody else may have made: no link in it is followed.

    It is written under a name of its own first, so that a reader never sees half of it.

    Raises:
        HarnessError: it could not be written, or its folder is a link.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.is_symlink():
            raise OSError(errno.ELOOP, "the folder is a link")
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb") as file:
            file.write(content)
        part.replace(path)
    except OSError as error:
        raise HarnessError(
            f"a report could not be written: {error.strerror}",
            where=str(path),
            cure="free space or permit writing there, then run `fedharness report` on the run folder",
        ) from error
