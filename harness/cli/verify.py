"""``fedharness verify``: was a run folder touched after it was written?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.console import write

if TYPE_CHECKING:
    from harness.store import FileState

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]


def verify(run: RunArgument) -> int:
    """Check every file of a run folder against its manifests and hash chains."""
    from harness import store

    found = store.verify(run)
    for problem in found.problems:
        write(describe(problem))
    if found.problems:
        write(f"{run}: not what was written ({len(found.problems)} of {len(found.files)} entries)")
        return 1
    if not found.complete:
        write(f"{run}: incomplete; the run did not come to its end, what it recorded is untouched")
        return 3
    write(f"{run}: {len(found.files)} files are what was written")
    return 0


def describe(problem: FileState) -> str:
    """Return one line about a file that is not what was written."""
    line = f", line {problem.line}" if problem.line else ""
    return f"{problem.status:10} {problem.path}{line}"
