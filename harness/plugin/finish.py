"""From evidence to verdicts and reports: what every run ends with, and `check` does again."""

from __future__ import annotations

import yaml
from rich.console import Console
from rich.markup import escape

from harness.checks import evaluate
from harness.model.result import RunResult
from harness.model.verdict import Verdict, worst
from harness.reports.terminal import last_lines
from harness.reports.write import write_file, write_reports
from harness.store.manifest import write_derived_manifest, write_manifest
from harness.store.run_folder import RunFolder
from harness.topology import dump

_STATUS = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.UNKNOWN: 3}


def finish(folder: RunFolder, *, lang: str, status: int | None = None) -> int:
    """Judge a run, print its last lines, and return the exit status.

    Args:
        folder: a run folder whose recording has ended.
        lang: ``en`` or ``sv``.
        status: the exit status where the verdicts do not decide it.

    Raises:
        EvidenceError: the folder cannot be read or written.
    """
    result = judge(folder, lang)
    chosen = exit_status(result) if status is None else status
    console = Console(highlight=False, soft_wrap=True)
    for line in last_lines(result, folder.path / "report.html", chosen, lang):
        console.print(escape(line))
    return chosen


def judge(folder: RunFolder, lang: str) -> RunResult:
    """Seal the evidence, judge it, and write every report; the evidence decides alone."""
    write_manifest(folder.path)
    return derive(folder, lang)


def derive(folder: RunFolder, lang: str) -> RunResult:
    """Judge a run and write every report; what was observed is only read."""
    inputs = folder.read_inputs()
    result = evaluate(inputs, folder.read_evidence())
    write_reports(result, folder.path, lang)
    write_file(folder.path / "federation.yaml", dump(inputs.federation).encode())
    policy = inputs.federation.policy.model_dump(mode="json")
    write_file(folder.path / "policy.yaml", yaml.safe_dump(policy, sort_keys=False).encode())
    write_derived_manifest(folder.path)
    return result


def exit_status(result: RunResult) -> int:
    """Return 0 all pass, 1 a verdict failed, 3 something could not be decided."""
    results = result.verdicts
    return _STATUS[worst((results.works, results.stays, results.survives))]
