"""``python -m bench.history RUNS FILE``: what each of many runs came to, as one CSV file.

``fedharness run --suite chat --repeat 60 --out RUNS`` makes the runs. One line each: when,
how long, the results, how many questions of each verdict, and the names of those that did not
pass; so that a flake, if there is one, has a date and a name.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness.model.result import RunResult
from harness.model.verdict import Verdict

COLUMNS = (
    *("run", "started", "seconds", "complete", "works", "stays", "stays_reference", "survives"),
    *("passed", "unknown", "failed", "findings", "not_passed"),
)
_TRIED = (Verdict.UNKNOWN, Verdict.FAIL)


def rows(folder: Path) -> Iterator[dict[str, str]]:
    """Yield a row for each run folder, oldest first; its run.json is read, nothing else.

    Raises:
        ValueError: a run.json is not of the present schema.
    """
    for path in sorted(folder.glob("*/run.json")):
        yield row(RunResult.model_validate(json.loads(path.read_text("utf-8"))))


def row(result: RunResult) -> dict[str, str]:
    """Return what one run came to, as text."""
    verdicts, counts, run = result.verdicts, result.counts, result.run
    seconds = None if run.ended is None else round(run.ended - run.started, 1)
    started = datetime.fromtimestamp(run.started, UTC).isoformat(timespec="seconds")
    values = (
        *(run.id, started, seconds, run.complete),
        *(verdicts.works, verdicts.stays, verdicts.stays_reference, verdicts.survives),
        *(counts.passed, counts.unknown, counts.failed, len(result.findings)),
        " ".join(question.id for question in result.questions if question.verdict in _TRIED),
    )
    return {column: str(value) for column, value in zip(COLUMNS, values, strict=True)}


def main(arguments: list[str]) -> int:
    """Write the file and return the exit status: 1 where a run was not a pass throughout."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m bench.history RUNS FILE\n")
        return 2
    found = list(rows(Path(arguments[0])))
    with Path(arguments[1]).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    wrong = [each["run"] for each in found if each["not_passed"] or each["complete"] != "True"]
    sys.stdout.write(f"{len(found)} runs, {len(wrong)} not a pass throughout: {' '.join(wrong) or 'none'}\n")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
