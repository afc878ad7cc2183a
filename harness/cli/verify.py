"""``fedharness verify``: is a run folder what was written, and does its evidence still give its result?"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.console import Lang, write

if TYPE_CHECKING:
    from harness.model.result import RunResult
    from harness.reports.texts import Texts
    from harness.store import FileState, Verification

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]

_RESULTS = ("derived/run.json", "run.json")


def verify(run: RunArgument, lang: Lang = "en") -> int:
    """Check every file of a run folder against its sums and hash chains, and compute its result again.

    Status 0: the files are what was written, and give the same result. It does not show that the run
    was done properly, when it was done or by whom: a run carries no signature.
    """
    from harness import store
    from harness.reports.texts import Texts
    from harness.store.files import is_regular

    found, texts = store.verify(run), Texts(lang)
    if found.problems:
        return _touched(run, found, texts)
    written = [name for name in _RESULTS if is_regular(run / name)]
    another = list(_another_result(run, written)) if written else []
    if another:
        parts = ", ".join(dict.fromkeys(another))
        write(texts.text("verify.differs", run=run, version=version("fedharness"), parts=parts))
        return 1
    if not found.complete:
        write(texts.text("verify.incomplete", run=run))
        return 3
    if not written:
        write(texts.text("verify.not_judged", run=run, number=len(found.files)))
        return 0
    write(texts.text("verify.whole", run=run, number=len(found.files)))
    write(texts.text("report.verify_meaning"))
    write(texts.text("report.no_signature"))
    return 0


def _touched(run: Path, found: Verification, texts: Texts) -> int:
    for problem in found.problems:
        write(describe(problem))
    write(texts.text("verify.touched", run=run, number=len(found.problems), total=len(found.files)))
    return 1


def describe(problem: FileState) -> str:
    """Return one line about a file that is not what was written."""
    line = f", line {problem.line}" if problem.line else ""
    return f"{problem.status:10} {problem.path}{line}"


def _another_result(run: Path, written: list[str]) -> Iterator[str]:
    """Compute the result again; yield what each written one says otherwise."""
    from harness.checks import evaluate
    from harness.cli.again import read_result
    from harness.model.result import RunResult
    from harness.reports.canonical import run_json
    from harness.store import RunFolder

    folder = RunFolder(run)
    computed = RunResult.model_validate_json(run_json(evaluate(folder.read_inputs(), folder.read_evidence())))
    for name in written:
        yield from differences(read_result(run / name), computed)


def differences(written: RunResult, computed: RunResult) -> Iterator[str]:
    """Yield each part of a result that another computation gives otherwise, verdicts by themselves."""
    for name in type(written).model_fields:
        one, other = getattr(written, name), getattr(computed, name)
        if name != "verdicts":
            yield from [name] if one != other else []
            continue
        for verdict in type(one).model_fields:
            before, after = getattr(one, verdict), getattr(other, verdict)
            if before != after:
                yield f"{verdict} ({before} → {after})"
